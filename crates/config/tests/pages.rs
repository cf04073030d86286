//! What the tables say stands in docs: `cargo xtask keywords` writes it anew.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads files, and fails by panicking"
)]

use holdfast_config::{explain, keywords_page, man_page, manual};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn keywords_are_listed_as_they_are() {
    for (name, page) in [
        ("docs/keywords.md", keywords_page()),
        ("docs/holdfast.conf.5", man_page()),
        ("fuzz/dictionaries/config.dict", dictionary()),
    ] {
        as_written(name, &page);
    }
}

fn as_written(name: &str, page: &str) {
    let path = root().join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, page).expect("write");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "{name} is old: run `cargo xtask keywords`");
}

/// Words that are no keyword: the preprocessor's, and values of every kind.
const WORDS: &[&str] = &[
    " {\n",
    "\n}\n",
    " \"",
    " \\\n",
    "\n%\n",
    "\ninclude a\n",
    "\nincludea ",
    "{a,b}",
    "\n@id ",
    "\n@^id ",
    "\n$A=",
    " $A",
    "${A}",
    "${_RANDOM 1 9}",
    "${_HASH}",
    "${_BANG}",
    "${_PWD}",
    "${_ENV A}",
    "${_INSTANCE}",
    "\n~SEQ(A,1,2,9) ",
    "\n~SEQx(A,9,1)",
    "\n~LST(A,b,c)",
    "~LST({A,B},{b,c})",
    " 10.0.0.1",
    " 10.0.0.1/24",
    " 10.0.0.1-9",
    " fe80::1",
    " 80",
    " 255",
    " 65536",
    " 4294967296",
    " -1",
    " 0.01",
    " eth0",
    " lo",
    " dev ",
    " label ",
    " scope ",
    " brd ",
    " via ",
    " table ",
    " weight ",
    " reverse",
    " fwmark ",
    " group ",
    " MASTER",
    " PASS",
    " DR",
    " rr",
    " TCP",
    " yes",
    " no",
];

/// What libFuzzer puts into its inputs: a quoted word a line.
fn dictionary() -> String {
    let mut page = "# Written by `cargo xtask keywords`.\n".to_owned();
    let keywords: BTreeSet<&str> = manual()
        .iter()
        .flat_map(|keyword| keyword.aliases.iter().chain([&keyword.name]))
        .copied()
        .collect();
    for word in keywords.into_iter().chain(WORDS.iter().copied()) {
        let quoted = word
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\x0a");
        let _ = writeln!(page, "\"{quoted}\"");
    }
    page
}

/// Every `"HFnnnn"` in the sources.
fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            codes_in(&path, codes);
        } else if path.file_name().is_some_and(|name| name != "explain.rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            let quoted = text.split('"').filter(|word| {
                word.strip_prefix("HF").is_some_and(|digits| {
                    digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
                })
            });
            // HF00.. are made up by tests
            let ours = quoted.filter(|code| !code.starts_with("HF00"));
            codes.extend(ours.map(str::to_owned));
        }
    }
}

#[test]
fn every_code_has_its_page() {
    let mut codes = BTreeSet::new();
    codes_in(&root().join("crates/config/src"), &mut codes);
    codes_in(&root().join("crates/syntax/src"), &mut codes);
    let pages: BTreeSet<String> = explain::PAGES
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .collect();
    assert_eq!(codes, pages);
    for (code, page) in explain::PAGES {
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        assert!(page.contains("\n**What to do:** "), "{code}");
        assert_eq!(explain::page(&code.to_lowercase()), Some(*page));
    }
}
