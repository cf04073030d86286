//! Length, unsafe, and words that stand nowhere.

use super::{files, read};
use crate::Result;
use std::path::Path;

/// A file is read in one sitting.
const LINES: usize = 400;

/// Longer files, and why.
const LONG: &[(&str, &str)] = &[
    (
        "crates/supervise/src/supervisor.rs",
        "about 500 lines, read as a whole",
    ),
    (
        "crates/plan/tests/services.rs",
        "a table of cases, one after another",
    ),
];

/// Files that may say `unsafe`; each site has its SAFETY note.
const UNSAFE: &[&str] = &[
    "crates/kernel/src/",
    "crates/pcre/src/ffi.rs",
    "crates/supervise/src/channel.rs",
    "crates/supervise/src/signals.rs",
];

/// What stands in no code, and why. Pieced together, since this file is read too.
const FORBIDDEN: &[(&str, &str)] = &[
    (
        concat!(".u", "id("),
        "a process drops its rights in exec-as, never in Command",
    ),
    (
        concat!(".g", "id("),
        "a process drops its rights in exec-as, never in Command",
    ),
    (
        concat!("pre_", "exec"),
        "nothing runs between fork and exec",
    ),
];

/// What stands in no file at all: paths of the machine it was written on.
const MACHINE: &[&str] = &[concat!("/wo", "rk/"), concat!("/fa", "rm/")];

pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in files(root)? {
        let name = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        let text = read(&path)?;
        for word in MACHINE.iter().filter(|word| text.contains(**word)) {
            findings.push(format!("{name}: names a path of some machine ({word})"));
        }
        if name.starts_with("crates/") && name.ends_with(".rs") {
            findings.extend(code(&name, &text));
        }
    }
    for (name, _) in LONG {
        if !root.join(name).exists() {
            findings.push(format!("{name}: is no longer there, but still excused"));
        }
    }
    Ok(findings)
}

fn code(name: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    let excused = LONG.iter().any(|(file, _)| *file == name);
    if lines > LINES && !excused {
        findings.push(format!("{name}: {lines} lines, {LINES} is the limit"));
    }
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let place = format!("{name}:{}", number + 1);
        let unsafe_word = code
            .split(|each: char| !(each.is_alphanumeric() || each == '_'))
            .any(|word| word == concat!("un", "safe"));
        if unsafe_word && !UNSAFE.iter().any(|start| name.starts_with(start)) {
            findings.push(format!(
                "{place}: only some files may skip the compiler's proofs"
            ));
        }
        for (word, why) in FORBIDDEN {
            if code.contains(word) {
                findings.push(format!("{place}: {word} stands nowhere: {why}"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn rules_find_what_they_forbid() {
        let word = concat!("un", "safe");
        let text = format!("{word} {{ }}\n// {word} in a comment\nc.u{}(0);\n", "id");
        let found = code("crates/x/src/lib.rs", &text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(code("crates/kernel/src/a.rs", &format!("{word} {{}}")).is_empty());
        assert_eq!(code("crates/x/src/lib.rs", &"\n".repeat(401)).len(), 1);
    }
}
