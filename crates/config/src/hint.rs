//! What to do about a value that does not fit: the slip that was probably made, by what it looks like.

use crate::code;
use crate::suggest;
use crate::value::address as ip;

/// What to write instead of `found`, when its slip is a known one. `expected` is what was asked for.
pub(crate) fn for_value(code: &str, found: &str, expected: &str) -> Option<String> {
    foreign_character(found)
        .or_else(|| variable(found))
        .or_else(|| punctuation(found))
        .or_else(|| match code {
            code::CHOICE => choice(found, expected),
            code::ADDRESS => address(found, expected),
            code::NUMBER => unit(found, expected),
            code::TOO_LONG if expected.contains("interface") => Some(for_interface(found)),
            _ => None,
        })
}

/// What to do about an interface that does not exist.
pub(crate) fn for_interface(found: &str) -> String {
    let slip = foreign_character(found)
        .or_else(|| variable(found))
        .or_else(|| punctuation(found));
    if let Some(slip) = slip {
        return slip;
    }
    match found.split_once(':') {
        Some((name, _)) if !name.is_empty() => format!(
            "`{found}` is a label, not an interface: write `{name}`, and `label {found}` behind an address that needs it"
        ),
        _ => "create the interface first, or correct its name (`ip link` lists them)".to_owned(),
    }
}

/// Starts the word a comment of another language?
pub(crate) fn foreign_comment(word: &str) -> bool {
    let marks = ["//", "/*", "--", "<!--", "*/"];
    marks.iter().any(|mark| word.starts_with(mark))
}

/// A character that looks like nothing, or like another one.
fn foreign_character(found: &str) -> Option<String> {
    let odd = found.chars().find(|c| !c.is_ascii())?;
    if matches!(odd, '“' | '”' | '„' | '‘' | '’' | '«' | '»') {
        return Some(format!(
            "`{odd}` is no quote here: write \" on both sides, or none"
        ));
    }
    Some(format!(
        "it holds the character U+{:04X}, which only looks like a plain one or like nothing: type the word anew",
        u32::from(odd)
    ))
}

fn variable(found: &str) -> Option<String> {
    if found == "$" {
        return Some("only `$NAME` and `${NAME}` are replaced, without a default inside: write `$NAME=value` on a line above".to_owned());
    }
    let (_, name) = found.split_once('$')?;
    let name = name.trim_start_matches('{').trim_end_matches('}');
    let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    (plain && !name.is_empty())
        .then(|| format!("`${name}` has no value: write `${name}=value` on a line above"))
}

/// `51;`, `=`, `'eth0'`.
fn punctuation(found: &str) -> Option<String> {
    let bare = found.trim_end_matches([';', ',']);
    if bare.is_empty() {
        return Some("remove it: lines end without a mark".to_owned());
    }
    if bare != found && !bare.contains([';', ',']) {
        return Some(format!(
            "write `{bare}`: lines and values end without a mark"
        ));
    }
    if let Some(value) = found.strip_prefix(['=', ':']) {
        return Some(if value.is_empty() {
            format!("remove the `{found}`: the value follows its keyword after a blank")
        } else {
            format!("write a blank and `{value}`, without the mark before it")
        });
    }
    let inside = found.strip_prefix('\'')?;
    let inside = inside.trim_end_matches('\'');
    Some(format!(
        "write `{inside}`: single quotes are a part of the value"
    ))
}

/// Other words for a choice.
const SYNONYMS: &[(&str, &str)] = &[
    ("active", "MASTER"),
    ("primary", "MASTER"),
    ("slave", "BACKUP"),
    ("standby", "BACKUP"),
    ("secondary", "BACKUP"),
    ("roundrobin", "rr"),
    ("round-robin", "rr"),
    ("round_robin", "rr"),
    ("leastconn", "lc"),
    ("source", "sh"),
    ("masq", "NAT"),
    ("masquerade", "NAT"),
    ("masquerading", "NAT"),
    ("dnat", "NAT"),
    ("fnat", "NAT"),
    ("direct", "DR"),
    ("gatewaying", "DR"),
    ("ipip", "TUN"),
    ("tunnel", "TUN"),
    ("http", "TCP"),
    ("https", "TCP"),
    ("1", "yes"),
    ("enabled", "yes"),
    ("0", "no"),
    ("disabled", "no"),
    ("password", "PASS"),
    ("simple", "PASS"),
    ("ipv4", "inet"),
    ("ipv6", "inet6"),
];

/// The words that `expected` lists.
fn listed(expected: &str) -> impl Iterator<Item = &str> {
    let words = expected.split([' ', ',', '`']);
    words.filter(|word| {
        !matches!(
            *word,
            "" | "one" | "of" | "or" | "in" | "capitals" | "nothing" | "option"
        )
    })
}

fn choice(found: &str, expected: &str) -> Option<String> {
    let lower = found.to_ascii_lowercase();
    let other = SYNONYMS.iter().find(|(word, _)| *word == lower);
    let other = other.map(|(_, meant)| *meant);
    let meant = other.filter(|meant| listed(expected).any(|word| word == *meant));
    let meant = meant.or_else(|| suggest::nearest(found, listed(expected)))?;
    Some(format!("did you mean `{meant}`?"))
}

/// `10.0.0.1:80`, `[2001:db8::1]:80`, `10.0.0.1/24`, `10.0.0.01`, a host's name.
fn address(found: &str, expected: &str) -> Option<String> {
    let ports = expected.contains("port");
    if let Some(rest) = found.strip_prefix('[') {
        let (inside, after) = rest.split_once(']')?;
        ip::address(inside.as_bytes())?;
        let port = after.strip_prefix(':').filter(|_| ports);
        return Some(port.map_or_else(
            || format!("write `{inside}{after}`, without brackets"),
            |port| format!("write `{inside} {port}`: no brackets, and a blank before the port"),
        ));
    }
    if let Some((host, port)) = found.rsplit_once(':')
        && ip::address(host.as_bytes()).is_some()
    {
        return Some(if port.is_empty() {
            format!("write `{host}`, without the mark behind it")
        } else if ports {
            format!("write `{host} {port}`, with a blank before the port")
        } else {
            format!("write `{host}`, without a port")
        });
    }
    let (host, length) = ip::split_slash(found.as_bytes());
    if length.is_some() && ip::address(host).is_some() {
        let host = String::from_utf8_lossy(host);
        return Some(format!("write `{host}`, without a prefix length"));
    }
    if let Some(short) = without_zeros(found) {
        return Some(format!(
            "write `{short}`: a number in an address has no zero in front"
        ));
    }
    let letters = found.bytes().any(|b| b.is_ascii_alphabetic()) && !found.contains(':');
    letters.then(|| format!("write {expected}: names are not looked up here"))
}

/// An IPv4 address whose only fault is zeros in front of its numbers.
fn without_zeros(found: &str) -> Option<String> {
    let octets: Option<Vec<String>> = found
        .split('.')
        .map(|octet| octet.parse::<u8>().ok().map(|octet| octet.to_string()))
        .collect();
    octets
        .filter(|octets| octets.len() == 4)
        .map(|octets| octets.join("."))
        .filter(|plain| plain != found)
}

/// `5s`, `500ms`, `1,5`, `0x10`, `1O0`.
fn unit(found: &str, expected: &str) -> Option<String> {
    if found == "0" && expected.contains("above 0") {
        return Some(format!(
            "write {expected}, or remove the line for the default"
        ));
    }
    if expected.contains("status codes") {
        return status(found);
    }
    if let Some(port) = PORTS
        .iter()
        .find(|(name, _)| expected.contains("port") && *name == found)
    {
        return Some(format!("write `{}`: ports are numbers here", port.1));
    }
    if expected.contains("MD5") && found.len() == 64 {
        return Some(
            "64 digits are a SHA-256 sum: write the MD5 sum, as `genhash` prints it".to_owned(),
        );
    }
    if let Some(rest) = found.strip_prefix("0x").or(found.strip_prefix("0X")) {
        if expected.contains("hexadecimal") {
            return Some(format!("write `{rest}`, without `0x`"));
        }
        let value = u32::from_str_radix(rest, 16).ok()?;
        return Some(format!("write `{value}`: numbers are decimal"));
    }
    if let Some(rest) = found.strip_prefix('/') {
        return Some(format!("write `{rest}`, without the `/`"));
    }
    let digits = found.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = found.split_at(digits);
    if number.is_empty() || !number.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some(fraction) = rest
        .strip_prefix(',')
        .filter(|_| expected.contains("seconds"))
        && fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(format!("write `{number}.{fraction}`, with a point"));
    }
    if rest.contains(['o', 'O'])
        && rest
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'o' | b'O'))
    {
        return Some("it holds the letter O where a zero belongs".to_owned());
    }
    let factor = match rest {
        "%" => return Some("percentages are not understood: write a number".to_owned()),
        "s" | "sec" | "secs" | "seconds" => {
            return Some(format!("write `{number}`, without a unit"));
        }
        "ms" if expected.contains("milliseconds") => {
            return Some(format!("write `{number}`, without a unit"));
        }
        "ms" if expected.starts_with("seconds") => {
            let value = f64::from(number.parse::<u32>().ok()?) / 1000.0;
            return Some(format!(
                "write `{value}`: times are in seconds, without a unit"
            ));
        }
        "ms" => return Some("write the number alone: units are not understood".to_owned()),
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let value = number.parse::<u64>().ok()?.checked_mul(factor)?;
    Some(format!(
        "write `{value}`: times are in seconds, without a unit"
    ))
}

/// Ports that people write by name.
const PORTS: [(&str, u16); 9] = [
    ("http", 80),
    ("https", 443),
    ("smtp", 25),
    ("domain", 53),
    ("dns", 53),
    ("ssh", 22),
    ("ldap", 389),
    ("imap", 143),
    ("mysql", 3306),
];

/// `2xx`, `200,302`, `399-300`.
fn status(found: &str) -> Option<String> {
    if let Some(hundreds) = found.to_ascii_lowercase().strip_suffix("xx") {
        return Some(format!("write `{hundreds}00-{hundreds}99`"));
    }
    if found.contains(',') {
        return Some(format!(
            "write `{}`, with blanks between",
            found.replace(',', " ")
        ));
    }
    let (high, low) = found.split_once('-')?;
    let turned = high.parse::<u16>().ok()? > low.parse::<u16>().ok()?;
    turned.then(|| format!("write `{low}-{high}`, the lower code first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_known_by_their_look() {
        let number = |found| for_value(code::NUMBER, found, "seconds, above 0 and at most 255");
        for (found, part) in [
            ("51;", "`51`"),
            ("=", "follows its keyword"),
            ("=51", "`51`"),
            ("'51'", "`51`"),
            ("“51”", "no quote"),
            ("５１", "U+FF15"),
            ("51\u{200b}", "U+200B"),
            ("2s", "`2`"),
            ("100ms", "`0.1`"),
            ("0", "remove the line"),
            ("5m", "`300`"),
            ("1,5", "`1.5`"),
            ("0x20", "`32`"),
            ("1O0", "letter O"),
            ("$PRIO", "`$PRIO=value`"),
            ("$", "`$NAME=value`"),
        ] {
            let hint = number(found).unwrap_or_default();
            assert!(hint.contains(part), "{found}: {hint}");
        }
        for plain in ["300", "-1", "high", "1.5", ""] {
            let hint = number(plain);
            assert!(hint.is_none() || plain.is_empty(), "{plain}: {hint:?}");
        }
    }

    #[test]
    fn by_what_is_expected() {
        let hint = |found, expected| for_value(code::NUMBER, found, expected).unwrap_or_default();
        let codes = "status codes from 100 to 599";
        assert!(hint("2xx", codes).contains("`200-299`"));
        assert!(hint("200,302", codes).contains("`200 302`"));
        assert!(hint("399-300", codes).contains("`300-399`"));
        assert!(hint("https", "a port from 1 to 65535").contains("`443`"));
        assert!(hint("0x01ff", "hexadecimal digits").contains("`01ff`"));
        assert!(hint("/24", "a mask").contains("`24`"));
        assert!(hint("50%", "a whole number").contains("percentages"));
    }

    #[test]
    fn addresses() {
        let both =
            |found| for_value(code::ADDRESS, found, "an IP address and a port").unwrap_or_default();
        let alone = |found| for_value(code::ADDRESS, found, "an IP address").unwrap_or_default();
        assert!(both("10.0.0.1:80").contains("`10.0.0.1 80`"));
        assert!(both("[2001:db8::1]:80").contains("`2001:db8::1 80`"));
        assert!(alone("[2001:db8::1]").contains("`2001:db8::1`"));
        assert!(alone("10.0.0.1/24").contains("without a prefix"));
        assert!(alone("10.0.0.01").contains("`10.0.0.1`"));
        assert!(alone("www").contains("not looked up"));
        assert_eq!(alone("10.0.0.300"), "");
        assert_eq!(alone("10.0.0.1"), "");
    }

    #[test]
    fn interfaces() {
        assert!(for_interface("eth0:1").contains("`eth0`"));
        assert!(for_interface("eth0;").contains("`eth0`"));
        assert!(for_interface("eth9").contains("ip link"));
    }

    #[test]
    fn choices() {
        let hint = |found, expected| for_value(code::CHOICE, found, expected);
        let states = "`MASTER` or `BACKUP`, in capitals";
        assert_eq!(
            hint("master", states).as_deref(),
            Some("did you mean `MASTER`?")
        );
        assert_eq!(
            hint("SLAVE", states).as_deref(),
            Some("did you mean `BACKUP`?")
        );
        assert_eq!(
            hint("RR", "one of rr, wrr, lc").as_deref(),
            Some("did you mean `rr`?")
        );
        assert_eq!(hint("moon", states), None);
    }
}
