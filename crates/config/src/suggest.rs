//! "Did you mean": the nearest keyword by edit distance.

/// Words that people use for a keyword.
const SYNONYMS: &[(&str, &str)] = &[
    ("vrid", "virtual_router_id"),
    ("router", "router_id"),
    ("lvs_id", "router_id"),
    ("iface", "interface"),
    ("nic", "interface"),
    ("dev", "interface"),
    ("advertisement_interval", "advert_int"),
    ("advert_interval", "advert_int"),
    ("vip", "virtual_ipaddress"),
    ("vips", "virtual_ipaddress"),
    ("virtual_address", "virtual_ipaddress"),
    ("peer", "unicast_peer"),
    ("peers", "unicast_peer"),
    ("no_preempt", "nopreempt"),
    ("password", "auth_pass"),
    ("type", "auth_type"),
    ("scheduler", "lb_algo"),
    ("algorithm", "lb_algo"),
    ("method", "lb_kind"),
    ("notify_email", "notification_email"),
    ("timeout", "connect_timeout"),
    ("port", "connect_port"),
    ("check_interval", "delay_loop"),
    ("server", "real_server"),
    ("command", "script"),
    ("check_script", "script"),
    ("exec", "script"),
    ("lb_kind", "lvs_method"),
    ("https_get", "SSL_GET"),
    ("script", "misc_path"),
    ("file", "track_file"),
    ("net_mask", "persistence_granularity"),
];

/// The keyword of a block that was meant: spelt nearly so, or called so elsewhere.
pub(crate) fn keyword<'k>(
    word: &str,
    known: impl Iterator<Item = &'k str> + Clone,
) -> Option<&'k str> {
    let plain = word.to_ascii_lowercase().replace('-', "_");
    let meant = SYNONYMS.iter().find(|(other, _)| *other == plain);
    let meant = meant.and_then(|(_, meant)| known.clone().find(|name| name == meant));
    meant.or_else(|| nearest(word, known))
}

/// The shortest keyword of a block that begins so.
pub(crate) fn begun<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = word.to_ascii_lowercase().replace('-', "_");
    let long = plain.len() >= 4;
    let begun = known.filter(|name| long && name.starts_with(&plain));
    begun.min_by_key(|name| name.len())
}

/// The nearest of `known` within a quarter of the word's length (at most 3 edits), the first of
/// equals.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // Longer than every keyword: nothing is near, and the cost stays bounded.
    if word.len() > 48 {
        return None;
    }
    let length = word.chars().count();
    let limit = limit(length);
    let letters = letters(word);
    known
        .filter(|name| may_be_near(length, letters, name, limit))
        .map(|name| (distance(word, name), name))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// Cheap to say, and right about nearly every keyword that is not near: each character too many, and
/// each letter that the other word has not, takes an edit.
fn may_be_near(length: usize, letters: u32, name: &str, limit: usize) -> bool {
    let other = self::letters(name);
    let missing = (letters & !other)
        .count_ones()
        .max((other & !letters).count_ones());
    length.abs_diff(name.len()) <= limit && missing as usize <= limit
}

/// Which letters a word has, capital or not: a bit each.
fn letters(word: &str) -> u32 {
    let letters = word.bytes().filter(u8::is_ascii_alphabetic);
    letters.fold(0, |bits, letter| bits | 1 << (letter & 31))
}

/// Edits of a word of that length, at the most.
fn limit(length: usize) -> usize {
    (length / 4).clamp(1, 3)
}

/// Insertions, deletions, replacements, neighbours in the wrong order; another case costs nothing.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    // the row before, and the character that it was for
    let mut above: Vec<usize> = Vec::new();
    let mut last: Option<char> = None;
    for (i, x) in a.chars().enumerate() {
        let before = row.clone();
        let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
        let mut left = i + 1;
        let mut previous: Option<char> = None;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (j, y) in b.iter().enumerate() {
            let replace = at(&before, j) + usize::from(!x.eq_ignore_ascii_case(y));
            left = replace.min(left + 1).min(at(&before, j + 1) + 1);
            let same = |one: Option<char>, other: char| {
                one.is_some_and(|one| one.eq_ignore_ascii_case(&other))
            };
            if j > 0 && same(last, *y) && same(previous, x) {
                left = left.min(at(&above, j - 1) + 1);
            }
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = left;
            }
            previous = Some(*y);
        }
        above = before;
        last = Some(x);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = [
            "real_server",
            "priority",
            "lb_algo",
            "TCP_CHECK",
            "vrrp_instance",
        ];
        let near = |word| nearest(word, known.into_iter());
        assert_eq!(near("realserver"), Some("real_server"));
        assert_eq!(near("prioirty"), Some("priority"));
        assert_eq!(near("tcp_check"), Some("TCP_CHECK"));
        assert_eq!(near("vrrp_instnce"), Some("vrrp_instance"));
        assert_eq!(near("lb_aglo"), Some("lb_algo"));
        assert_eq!(near("yum"), None);
        assert_eq!((distance("lable", "label"), distance("ab", "ba")), (1, 1));
        assert_eq!(near(&"x".repeat(1000)), None);
    }

    #[test]
    fn other_names_and_beginnings() {
        let known = [
            "virtual_ipaddress_excluded",
            "virtual_ipaddress",
            "priority",
        ];
        let meant = |word| keyword(word, known.into_iter());
        assert_eq!(meant("vip"), Some("virtual_ipaddress"));
        let begun = |word| begun(word, known.into_iter());
        assert_eq!(begun("virtual_ip"), Some("virtual_ipaddress"));
        assert_eq!(begun("prio"), Some("priority"));
        assert_eq!(meant("vrid"), None, "not a keyword of this block");
        assert_eq!(begun("pri"), None, "too short to tell");
    }

    #[test]
    fn nothing_near_is_passed_over() {
        let names: Vec<_> = crate::manual().iter().map(|keyword| keyword.name).collect();
        for word in names.iter().step_by(9) {
            // cut off, with a letter more, turned around
            let (head, tail) = word.split_at(word.len() / 2);
            for typo in [
                head.to_owned(),
                format!("{head}Q{tail}"),
                format!("{tail}{head}"),
            ] {
                let length = typo.chars().count();
                let limit = limit(length);
                for name in names.iter().filter(|name| distance(&typo, name) <= limit) {
                    assert!(
                        may_be_near(length, letters(&typo), name, limit),
                        "{typo} {name}"
                    );
                }
            }
        }
    }
}
