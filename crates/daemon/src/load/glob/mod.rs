//! File names with wildcards, as glob(3) of glibc has them in the C locale, which is keepalived's;
//! braces are resolved before.
//!
//! Written here since of the 143 patterns of the first measurement the crate `glob` answers 79 as libc
//! does (no `\*`, `[^a]`, `[[:digit:]]`, `[a`; another order), `globset` compares names and reads no
//! directories, and libc's own would be unsafe code without a bound.

mod name;
mod set;

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Names that one pattern may give.
const LIMIT: usize = 100_000;

/// The existing files that `pattern` names below `directory`, sorted by the bytes of their paths.
pub(super) fn glob(directory: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let absolute = pattern.starts_with(b"/");
    let start = if absolute { Path::new("/") } else { directory };
    let mut rest = pattern;
    let mut found = vec![start.to_owned()];
    while !rest.is_empty() {
        let part;
        (part, rest) = first(rest);
        if part.is_empty() {
            continue;
        }
        found = if name::is_wild(part) {
            let next = found.iter().flat_map(|path| entries(path, part));
            next.take(LIMIT).collect()
        } else {
            let name = name::unescaped(part);
            let next = found.iter().map(|path| path.join(OsStr::from_bytes(&name)));
            next.filter(|path| path.symlink_metadata().is_ok())
                .collect()
        };
    }
    if pattern.ends_with(b"/") {
        found.retain(|path| path.is_dir());
    }
    // a slash counts as the byte that it is: d-x/a comes before d/a
    found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    found
}

/// The part before the first slash, and what comes after it. A slash may be escaped like any byte.
fn first(pattern: &[u8]) -> (&[u8], &[u8]) {
    let Some(slash) = pattern.iter().position(|b| *b == b'/') else {
        return (pattern, &[]);
    };
    let (part, rest) = pattern.split_at(slash);
    let escapes = part.iter().rev().take_while(|b| **b == b'\\').count();
    let end = slash - escapes % 2;
    (
        part.get(..end).unwrap_or(part),
        rest.get(1..).unwrap_or(&[]),
    )
}

/// The entries of a directory that match.
fn entries(directory: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name().into_vec());
    let names = names.filter(|name| name::matches(pattern, name));
    let paths = names.map(|name| directory.join(OsStr::from_bytes(&name)));
    paths.take(LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::super::world::World;
    use super::*;
    use holdfast_syntax::{Environment, SourceMap, parse};
    use std::os::unix::fs::symlink;

    /// What libc said.
    const CASES: &str = include_str!("../../../../../tests/glob/cases.txt");

    /// Makes the files, and tells each pattern with what it is to find.
    fn each_case(base: &Path, mut judge: impl FnMut(&str, Vec<PathBuf>)) {
        for line in CASES.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["file", name] => {
                    let path = base.join(name);
                    std::fs::create_dir_all(path.parent().expect("has one")).expect("made");
                    std::fs::write(path, "").expect("written");
                }
                ["link", name, target] => symlink(target, base.join(name)).expect("linked"),
                [pattern, "=>", names @ ..] => {
                    judge(pattern, names.iter().map(|name| base.join(name)).collect());
                }
                _ => panic!("{line}"),
            }
        }
    }

    #[test]
    fn files_are_found_as_libc_finds_them() {
        let folder = tempfile::tempdir().expect("made");
        let base = folder.path();
        let mut patterns = 0;
        each_case(base, |pattern, expected| {
            // braces are resolved by the reader
            if !pattern.contains('{') {
                patterns += 1;
                assert_eq!(glob(base, pattern.as_bytes()), expected, "{pattern}");
            }
        });
        assert!(patterns > 100, "{patterns}");
    }

    #[test]
    fn an_include_reads_them() {
        let folder = tempfile::tempdir().expect("made");
        let base = folder.path();
        let environment = Environment {
            directory: base.display().to_string(),
            ..Environment::default()
        };
        let mut patterns = 0;
        each_case(base, |pattern, mut expected| {
            // `!` starts a comment, and a `\` at the end of a line is the reader's
            if pattern.contains('!') || pattern.ends_with('\\') {
                return;
            }
            patterns += 1;
            expected.retain(|path| path.is_file());
            let text = format!("include {pattern}\n");
            let mut sources = SourceMap::single("f", text.as_bytes());
            let _read = parse(&mut sources, &mut World::default(), &environment);
            let files = sources.files().skip(1);
            let read: Vec<PathBuf> = files.map(|(_, file)| file.name().into()).collect();
            assert_eq!(read, expected, "{pattern}");
        });
        assert!(patterns > 150, "{patterns}");
    }
}
