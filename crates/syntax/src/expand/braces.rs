//! `{a,b}` in a file name.

/// Alternatives that one pattern may have.
const LIMIT: usize = 1024;

/// The patterns that a pattern with braces stands for, in order. A brace without its counterpart is
/// a character like any other, and so is all that stands behind a `\` (glob(3), `GLOB_BRACE`).
pub(super) fn alternatives(pattern: &[u8]) -> Vec<Vec<u8>> {
    let mut done = Vec::new();
    // Depth first, leftmost first: the next to look at is the last.
    let mut open = vec![(pattern.to_vec(), 0)];
    while let Some((pattern, from)) = open.pop() {
        let Some((start, end)) = group(&pattern, from) else {
            done.push(pattern);
            if done.len() + open.len() >= LIMIT {
                break;
            }
            continue;
        };
        let (head, tail) = (pattern.get(..start), pattern.get(end + 1..));
        let (head, tail) = (head.unwrap_or(&[]), tail.unwrap_or(&[]));
        let inside = pattern.get(start + 1..end).unwrap_or(&[]);
        let parts = split(inside).into_iter().take(LIMIT);
        let at = open.len();
        open.extend(parts.map(|part| ([head, part, tail].concat(), start)));
        if let Some(new) = open.get_mut(at..) {
            new.reverse();
        }
        open.truncate(LIMIT);
    }
    done
}

/// The first `{...}` from there on.
fn group(pattern: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut open = plain(pattern, from).filter(|(_, byte)| *byte == b'{');
    let (start, _) = open.next()?;
    let mut depth = 0usize;
    for (at, byte) in plain(pattern, start) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some((start, at));
        }
    }
    None
}

/// At the commas outside of inner braces.
fn split(inside: &[u8]) -> Vec<&[u8]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, byte) in plain(inside, 0) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.extend(inside.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(inside.get(start..));
    parts
}

/// The bytes from there on that no `\` stands before, each with its place.
fn plain(bytes: &[u8], from: usize) -> impl Iterator<Item = (usize, u8)> {
    let mut at = from;
    core::iter::from_fn(move || {
        while bytes.get(at) == Some(&b'\\') {
            at += 2;
        }
        let byte = *bytes.get(at)?;
        at += 1;
        Some((at - 1, byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_glob_has_them() {
        for (pattern, expected) in [
            ("a.conf", &["a.conf"][..]),
            ("{a,b}.conf", &["a.conf", "b.conf"]),
            ("x{a,b{1,2}}y", &["xay", "xb1y", "xb2y"]),
            ("{a,b}{1,2}", &["a1", "a2", "b1", "b2"]),
            ("{a", &["{a"]),
            ("a{}b{c,}", &["abc", "ab"]),
            ("{}", &[""]),
            ("{a\\,b,c}", &["a\\,b", "c"]),
            ("{a,b\\}c", &["{a,b\\}c"]),
            ("\\\\{a,b}", &["\\\\a", "\\\\b"]),
            ("{a,\\{b,c\\}}", &["a", "\\{b", "c\\}"]),
            ("{[,],a}", &["[", "]", "a"]),
            ("{a,{b}", &["{a,{b}"]),
            ("{{a},b}}", &["a}", "b}"]),
            ("\\{a,b}", &["\\{a,b}"]),
        ] {
            let got = alternatives(pattern.as_bytes());
            let got: Vec<_> = got.iter().map(|p| String::from_utf8_lossy(p)).collect();
            assert_eq!(got, expected, "{pattern}");
        }
        assert!(alternatives("{a,b}".repeat(64).as_bytes()).len() <= LIMIT);
    }
}
