//! File names with wildcards, as glob(7) has them; braces are resolved before.
//!
//! Written here since the crate `glob` takes text only and has neither `\*` nor `[^a]`, and refuses
//! `[a`, which libc takes as it stands; `globset` compares names and reads no directories.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Names that one pattern may give.
const LIMIT: usize = 100_000;

/// The existing files that `pattern` names below `directory`, sorted.
pub(super) fn glob(directory: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let absolute = pattern.starts_with(b"/");
    let start = if absolute { Path::new("/") } else { directory };
    let mut found = vec![start.to_owned()];
    for part in pattern
        .split(|b| *b == b'/')
        .filter(|part| !part.is_empty())
    {
        found = if is_wild(part) {
            let next = found.iter().flat_map(|path| entries(path, part));
            next.take(LIMIT).collect()
        } else {
            let name = unescaped(part);
            let next = found.iter().map(|path| path.join(OsStr::from_bytes(&name)));
            next.filter(|path| path.symlink_metadata().is_ok())
                .collect()
        };
    }
    found
}

/// The entries of a directory that match, sorted by byte.
fn entries(directory: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name().into_vec());
    // A dot at the start is matched by a dot only.
    let shown = |name: &Vec<u8>| pattern.starts_with(b".") || !name.starts_with(b".");
    let mut names: Vec<Vec<u8>> = names
        .filter(|name| shown(name) && matches(pattern, name))
        .take(LIMIT)
        .collect();
    names.sort();
    let paths = names
        .iter()
        .map(|name| directory.join(OsStr::from_bytes(name)));
    paths.collect()
}

fn is_wild(pattern: &[u8]) -> bool {
    pattern.iter().any(|b| matches!(b, b'*' | b'?' | b'['))
}

fn unescaped(part: &[u8]) -> Vec<u8> {
    let mut bytes = part.iter();
    let mut name = Vec::with_capacity(part.len());
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => name.extend(bytes.next()),
            byte => name.push(*byte),
        }
    }
    name
}

/// Does a name match a pattern? Takes at most the product of both lengths.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
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
        [b'[', set @ ..] => match class(set, byte) {
            Some((length, inside)) => inside.then_some(length + 1),
            None => (byte == b'[').then_some(1),
        },
        [plain, ..] => (*plain == byte).then_some(1),
        [] => None,
    }
}

/// `a-z]`, `!a]`: its length, and whether the byte is in it; `None` without `]`.
fn class(set: &[u8], byte: u8) -> Option<(usize, bool)> {
    let negated = matches!(set.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    // A `]` in front is a member.
    let end = set.iter().skip(start + 1).position(|b| *b == b']')? + start + 1;
    let members = set.get(start..end)?;
    let mut inside = false;
    let mut at = 0;
    while let Some(low) = members.get(at) {
        if let (Some(b'-'), Some(high)) = (members.get(at + 1), members.get(at + 2)) {
            inside |= (*low..=*high).contains(&byte);
            at += 3;
        } else {
            inside |= *low == byte;
            at += 1;
        }
    }
    Some((end + 1, inside != negated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match() {
        for (pattern, name, expected) in [
            ("*", "a.conf", true),
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("*a*b*c", "xxaxxbxxbc", true),
            ("?.conf", "a.conf", true),
            ("?.conf", "ab.conf", false),
            ("[ab].conf", "b.conf", true),
            ("[!ab].conf", "b.conf", false),
            ("[a-c]x", "bx", true),
            ("[]a]x", "]x", true),
            ("[ab", "[ab", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("", "", true),
            ("a", "", false),
        ] {
            let got = matches(pattern.as_bytes(), name.as_bytes());
            assert_eq!(got, expected, "{pattern} {name}");
        }
        let stars = "*a".repeat(200) + "b";
        assert!(!matches(stars.as_bytes(), "a".repeat(255).as_bytes()));
    }

    #[test]
    fn files_are_found_in_order() {
        let base = std::env::temp_dir().join(format!("holdfast-glob-{}", std::process::id()));
        for name in ["d/b.conf", "d/a.conf", "d/.hidden.conf", "e/a.conf", "d/x"] {
            let path = base.join(name);
            std::fs::create_dir_all(path.parent().expect("has one")).expect("made");
            std::fs::write(path, "").expect("written");
        }
        let found = |pattern: &str| -> Vec<String> {
            let found = glob(&base, pattern.as_bytes());
            let names = found
                .iter()
                .map(|path| path.strip_prefix(&base).expect("below"));
            names.map(|name| name.display().to_string()).collect()
        };
        assert_eq!(found("d/*.conf"), ["d/a.conf", "d/b.conf"]);
        assert_eq!(found("*/a.conf"), ["d/a.conf", "e/a.conf"]);
        assert_eq!(found("d/a.conf"), ["d/a.conf"]);
        assert_eq!(found("d/.h*"), ["d/.hidden.conf"]);
        assert!(found("d/none").is_empty() && found("none/*").is_empty());
        std::fs::remove_dir_all(&base).expect("removed");
    }
}
