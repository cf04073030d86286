//! The inputs that the fuzzers kept, changed at random: faster than a fuzzer, and blind.
//!
//! `CHANGED=100000000 cargo test --release -p holdfast-config --test changed` runs that many, `SEED`
//! others than the last time, `LONGEST` those of at most so many bytes.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads files, and fails by panicking"
)]

#[path = "../../../fuzz/shared/config.rs"]
mod config;
#[path = "../../../fuzz/shared/kept.rs"]
mod kept;

use kept::{Random, kept, number};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Executions of a usual run.
const USUAL: u64 = if cfg!(debug_assertions) {
    2_000
} else {
    20_000
};
/// Bytes of an input, usually.
const LONGEST: u64 = 256;

impl Random {
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn pick<'p, T>(&mut self, list: &'p [T]) -> &'p T {
        &list[self.below(list.len())]
    }

    /// Two places, in order and not far from each other.
    fn range(&mut self, length: usize) -> (usize, usize) {
        let from = self.below(length + 1);
        (from, (from + self.below(24)).min(length))
    }
}

fn inputs() -> Vec<Vec<u8>> {
    let targets = ["config_round", "config_text"];
    targets.into_iter().flat_map(kept).collect()
}

/// Keywords and what is put between them.
fn words() -> Vec<Vec<u8>> {
    let marks = [
        " {\n",
        "\n}\n",
        "{",
        "}",
        "\"",
        "\\\n",
        "\n%\n",
        "include a\n",
        "@id ",
        "@^id ",
        "$A=",
        "${A}",
        "~SEQ(A,1,9) ",
        "~LST(A,b,c) ",
        " 10.0.0.1",
        "/24",
        " fe80::1",
        " 255",
        " 65536",
        " -1",
        " 0.01",
        " eth0",
        " dev ",
        " 80",
        "\0",
        "\r",
        "\u{e9}",
        "!",
        "#",
        "'",
    ];
    let keywords = holdfast_config::manual()
        .into_iter()
        .map(|keyword| keyword.name.into());
    let marks = marks.iter().map(|mark| mark.as_bytes().to_vec());
    keywords.chain(marks.clone()).chain(marks).collect()
}

fn change(random: &mut Random, inputs: &[Vec<u8>], words: &[Vec<u8>], longest: usize) -> Vec<u8> {
    let mut input = random.pick(inputs).clone();
    if input.len() > longest {
        let from = random.below(input.len() - longest);
        input = input.split_off(from);
        input.truncate(longest);
    }
    for _ in 0..=random.below(6) {
        let (from, to) = random.range(input.len());
        match random.below(6) {
            0 => drop(input.drain(from..to)),
            1 => drop(input.splice(from..from, random.pick(words).iter().copied())),
            2 => drop(input.splice(from..to, random.pick(words).iter().copied())),
            3 => {
                let other = random.pick(inputs);
                let (start, end) = random.range(other.len());
                drop(input.splice(from..to, other[start..end].iter().copied()));
            }
            4 => {
                let again = input[from..to].to_vec();
                drop(input.splice(from..from, again));
            }
            _ => {
                if let Some(byte) = input.get_mut(from) {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
    input.truncate(longest);
    input
}

/// Runs the entry on many, on two processors.
fn run(what: &str, count: u64, entry: fn(&[u8])) {
    let (inputs, words) = (inputs(), words());
    let longest = usize::try_from(number("LONGEST", LONGEST)).unwrap_or(0);
    let (seed, done, start) = (number("SEED", 1), AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for part in 0..2 {
            let (inputs, words, done) = (&inputs, &words, &done);
            scope.spawn(move || {
                let mut random = Random::of(seed, part);
                while done.fetch_add(1, Ordering::Relaxed) < count {
                    let input = change(&mut random, inputs, words, longest);
                    let fine = catch_unwind(|| entry(&input));
                    assert!(fine.is_ok(), "{what}: \"{}\"", input.escape_ascii());
                }
            });
        }
    });
    eprintln!("{what}: {count} in {:.0?}", start.elapsed());
}

#[test]
fn any_change_is_read() {
    run("read", number("CHANGED", USUAL), config::text);
}

#[test]
fn any_change_means_the_same_in_good_order() {
    run(
        "in good order",
        number("CHANGED", USUAL) / 10,
        config::round,
    );
}
