//! Every input that the fuzzers kept, run as they run it.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads files, and fails by panicking"
)]

#[path = "../../../fuzz/shared/config.rs"]
mod config;

use std::fs;
use std::path::{Path, PathBuf};

/// A folder for each target.
fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let entries = fs::read_dir(corpus.join(target)).expect("a folder of inputs");
    let mut inputs: Vec<_> = entries
        .map(|entry| entry.expect("an input").path())
        .map(|path| (path.clone(), fs::read(path).expect("a file")))
        .collect();
    inputs.sort();
    inputs
}

/// Runs all of them; a fault names its input.
fn replay(target: &str, run: fn(&[u8])) {
    let inputs = inputs(target);
    assert!(inputs.len() >= 100, "{} inputs are too few", inputs.len());
    for (path, bytes) in &inputs {
        let fine = std::panic::catch_unwind(|| run(bytes));
        assert!(fine.is_ok(), "{}", path.display());
    }
}

#[test]
fn config_text() {
    replay("config_text", config::text);
}

#[test]
fn config_round() {
    replay("config_round", config::round);
}
