//! One name against one part of a pattern.

use super::set::{Set, set};

/// Does it stand for other names than its own?
pub(super) fn is_wild(pattern: &[u8]) -> bool {
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => return true,
            b'\\' => drop(bytes.next()),
            _ => {}
        }
    }
    false
}

/// The name that a part without wildcards stands for.
pub(super) fn unescaped(part: &[u8]) -> Vec<u8> {
    let mut bytes = part.iter();
    let mut name = Vec::with_capacity(part.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => name.push(*bytes.next().unwrap_or(byte)),
            byte => name.push(*byte),
        }
    }
    name
}

/// Does a name match a pattern? Takes at most the product of both lengths.
pub(super) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // A dot at the start is matched by a dot only.
    let dotted = pattern.starts_with(b".") || pattern.starts_with(b"\\.");
    if name.starts_with(b".") && !dotted {
        return false;
    }
    let (mut at, mut name_at) = (0, 0);
    // Where to go on when the last `*` takes one byte more.
    let mut star = None;
    loop {
        let rest = pattern.get(at..).unwrap_or(&[]);
        let byte = name.get(name_at).copied();
        let step = match (rest.first(), byte) {
            (None, None) => return true,
            (Some(b'*'), _) => {
                star = Some((at + 1, name_at));
                at += 1;
                continue;
            }
            (Some(_), Some(byte)) => one(rest, byte),
            (None, Some(_)) | (Some(_), None) => None,
        };
        match (step, star) {
            (Some(length), _) => {
                at += length;
                name_at += 1;
            }
            (None, Some((after, taken))) if taken < name.len() => {
                star = Some((after, taken + 1));
                (at, name_at) = (after, taken + 1);
            }
            (None, _) => return false,
        }
    }
}

/// How many bytes of the pattern one byte of the name uses up; `None` when it does not match.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'\\'] => None,
        [b'[', inside @ ..] => match set(inside, byte) {
            Set::Closed { length, has } => has.then_some(length + 1),
            Set::Open => (byte == b'[').then_some(1),
            Set::Broken => None,
        },
        [plain, ..] => (*plain == byte).then_some(1),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_cost_no_more_than_a_product() {
        let stars = "*a".repeat(200) + "b";
        assert!(!matches(stars.as_bytes(), "a".repeat(255).as_bytes()));
        let sets = "*[[:alpha:]]".repeat(200) + "-";
        assert!(!matches(sets.as_bytes(), "a".repeat(255).as_bytes()));
    }

    #[test]
    fn nothing_matches_nothing() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("a", "", false),
            ("", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected);
        }
    }
}
