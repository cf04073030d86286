//! "Did you mean": the nearest keyword by edit distance.

/// The nearest of `known` within a third of the word's length (at most 3 edits), the first of
/// equals.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // Longer than every keyword: nothing is near, and the cost stays bounded.
    if word.len() > 48 {
        return None;
    }
    let limit = (word.chars().count() / 3).clamp(1, 3);
    known
        .map(|name| (distance(word, name), name))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// Insertions, deletions, replacements; another case costs nothing.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let replace = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = *cell;
            left = replace.min(left + 1).min(*cell + 1);
            *cell = left;
        }
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
        assert_eq!(near("yum"), None);
        assert_eq!(near(&"x".repeat(1000)), None);
    }
}
