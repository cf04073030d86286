//! Any text, and any text that it includes as `a`: see `config::text`.
#![no_main]

#[path = "../shared/config.rs"]
#[allow(dead_code, reason = "two targets")]
mod config;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| config::text(bytes));
