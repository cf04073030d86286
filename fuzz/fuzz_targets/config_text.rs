//! Any text, and any text that it includes as `a`: parsed, compiled, judged as a reload of itself. Nothing may panic.
#![no_main]

use holdfast_config::{FindingKeys, compile, reload};
use holdfast_model::HostFacts;
use holdfast_syntax::{Environment, Found, SourceMap, Surroundings, parse, render};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

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

fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.windows(3).position(|bytes| bytes == b"\n%\n");
    let (bytes, other) = bytes.split_at(cut.unwrap_or(bytes.len()));
    let other = other.get(3..).unwrap_or(&[]);
    let environment = Environment {
        lines: 10_000,
        ..Environment::default()
    };
    let mut sources = SourceMap::single("fuzz", bytes);
    let (tree, read) = parse(
        &mut sources,
        &mut Other(Arc::new(other.to_vec())),
        &environment,
    );
    let compiled = compile(&tree, read, &HostFacts::default());
    for finding in &compiled.findings {
        let _line = render::concise(finding, &sources);
        let _text = render::human(finding, &sources);
    }
    let keys = FindingKeys::new(&compiled.findings, &sources);
    let _verdict = reload::judge(&compiled.model, &keys, &compiled, &sources);
});
