//! Every code is shown by a case.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads files, and fails by panicking"
)]

use holdfast_config::explain;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Codes that no case can show, and who shows them instead.
const ELSEWHERE: &[(&str, &str)] = &[];

/// All that the cases found, in one text.
fn found() -> String {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config");
    let mut found = String::new();
    for kind in ["ok", "err"] {
        for case in fs::read_dir(cases.join(kind)).expect("cases").flatten() {
            found += &fs::read_to_string(case.path().join("findings.txt")).expect("findings");
        }
    }
    found
}

#[test]
fn every_code_has_a_case() {
    let found = found();
    let codes = explain::PAGES.iter().map(|(code, _)| *code);
    let missing: BTreeSet<&str> = codes
        .filter(|code| !found.contains(&format!("[{code}]")))
        .collect();
    let allowed: BTreeSet<&str> = ELSEWHERE.iter().map(|(code, _)| *code).collect();
    assert_eq!(
        missing, allowed,
        "a code without a case, or an exception that is none"
    );
    assert!(ELSEWHERE.iter().all(|(_, reason)| !reason.is_empty()));
}
