//! What the two targets of the configuration do with an input. The fuzzers run it, and so does
//! `crates/config/tests/corpus.rs` on every input that is kept.
//!
//! An input is a file; behind a line `%` stands one more, which the first may include as `a`,
//! and which is read beside it.

use holdfast_config::{Compiled, FindingKeys, compile, reload};
use holdfast_model::{HostFacts, Model};
use holdfast_syntax::{
    Environment, Findings, Found, SourceMap, Surroundings, format, parse, render,
};
use std::sync::Arc;

/// Lines that expansion may make here: a thousandth of what it may in earnest, for an input that
/// only counts teaches nothing.
const LINES: u32 = 1000;

/// Drawing a finding costs more than all the rest: one input in so many, by its length, has its first
/// ones drawn.
const DRAWN_EVERY: usize = 8;

/// Findings of an input that are drawn.
const DRAWN: usize = 4;

/// One other file, and no variables.
struct Other(Arc<Vec<u8>>);

impl Surroundings for Other {
    fn include(&mut self, _directory: &str, pattern: &[u8]) -> Vec<Found> {
        let found = Found {
            name: "a".to_owned(),
            directory: String::new(),
            content: Ok(Arc::clone(&self.0)),
        };
        if pattern == b"a" {
            vec![found]
        } else {
            Vec::new()
        }
    }

    fn variable(&mut self, _name: &str) -> Option<String> {
        None
    }
}

/// `${_RANDOM}` gives the same numbers to every reading.
fn environment() -> Environment {
    Environment {
        config_id: "id".to_owned(),
        seed: 1,
        lines: LINES,
        beside: Some("a".to_owned()),
        ..Environment::default()
    }
}

fn read(file: &[u8], other: &[u8]) -> (SourceMap, Compiled) {
    let mut sources = SourceMap::single("fuzz", file);
    let mut world = Other(Arc::new(other.to_vec()));
    let (tree, read) = parse(&mut sources, &mut world, &environment());
    let compiled = compile(&tree, read, &HostFacts::default());
    (sources, compiled)
}

/// The file and the one that it may include.
fn files(input: &[u8]) -> (&[u8], &[u8]) {
    let cut = input.windows(3).position(|bytes| bytes == b"\n%\n");
    let (file, other) = input.split_at(cut.map_or(input.len(), |cut| cut + 1));
    (file, other.get(2..).unwrap_or(&[]))
}

/// Any text: read, compiled, what is odd about it said, judged as a reload of itself. Nothing panics,
/// and what runs may always be read again.
pub(crate) fn text(input: &[u8]) {
    let (file, other) = files(input);
    let (sources, compiled) = read(file, other);
    for finding in &compiled.findings {
        let _line = render::concise(finding, &sources);
    }
    if input.len().is_multiple_of(DRAWN_EVERY) {
        draw(&compiled.findings, &sources);
    }
    let keys = FindingKeys::new(&compiled.findings, &sources);
    let verdict = reload::judge(&compiled.model, &keys, &compiled, &sources);
    assert!(verdict.is_ok(), "{verdict:?}");
}

fn draw(findings: &Findings, sources: &SourceMap) {
    for finding in findings.iter().take(DRAWN) {
        let _text = render::human(finding, sources);
    }
}

/// Any text and the same in good order say the same; good order is so after one time; and the model
/// as it is dumped is the model.
pub(crate) fn round(input: &[u8]) {
    let (file, other) = files(input);
    let model = read(file, other).1.model;
    let (tidy, tidy_other) = (format(file), format(other));
    assert_eq!(tidy, format(&tidy), "good order, put into good order");
    assert_eq!(model, read(&tidy, &tidy_other).1.model, "in good order");
    let dump = serde_json::to_string_pretty(&model).expect("a model can be dumped");
    let again: Model = serde_json::from_str(&dump).expect("a dump can be read");
    assert_eq!(model, again, "dumped");
}
