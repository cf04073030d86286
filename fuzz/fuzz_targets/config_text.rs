//! Any text: parsed, compiled, judged as a reload of itself. Nothing may panic.
#![no_main]

use holdfast_config::{FindingKeys, compile, reload};
use holdfast_model::HostFacts;
use holdfast_syntax::{Environment, Nothing, SourceMap, parse, render};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sources = SourceMap::single("fuzz", bytes);
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    let compiled = compile(&tree, read, &HostFacts::default());
    for finding in &compiled.findings {
        let _line = render::concise(finding, &sources);
        let _text = render::human(finding, &sources);
    }
    let keys = FindingKeys::new(&compiled.findings, &sources);
    let _verdict = reload::judge(&compiled.model, &keys, &compiled, &sources);
});
