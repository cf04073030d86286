//! Any text before and after `holdfast fmt` and `holdfast config`: see `config::round`.
#![no_main]

#[path = "../shared/config.rs"]
#[allow(dead_code, reason = "two targets")]
mod config;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| config::round(bytes));
