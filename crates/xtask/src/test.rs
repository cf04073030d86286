//! Every test there is.

use crate::Result;
use crate::build::{binaries, cargo, lab_command, set_up};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

/// Tests of the crates, then the simulator, then the lab; the last line counts all of them.
pub(crate) fn everything() -> Result<bool> {
    set_up()?;
    binaries()?;
    let mut total = Count::default();
    if has_nextest() {
        // what passes at the second try is flaky, and said to be
        let mut nextest = cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        nextest.args(["--retries", "1"]);
        total.add(counted(nextest, |line| {
            line.trim_start().starts_with("Summary [")
        })?);
        // nextest runs no doc tests
        total.add(counted(
            cargo(&["test", "--workspace", "--doc", "--quiet"]),
            is_result,
        )?);
    } else {
        total.add(counted(
            cargo(&["test", "--workspace", "--no-fail-fast"]),
            is_result,
        )?);
    }
    println!("\nthe simulator");
    let mut simulator = cargo(&["run", "-q", "-p", "xtask", "--", "sim"]);
    simulator.args(crate::sim::USUAL);
    total.add(counted(simulator, is_summary)?);
    println!("\nthe lab");
    let lab = counted(lab_command(&["run", "--all"]), is_summary)?;
    total.add(lab);
    println!("all tests:");
    println!(
        "{} passed, {} failed, {} skipped",
        total.passed, total.failed, total.skipped
    );
    Ok(total.failed == 0)
}

/// How tests ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Reads `12 passed; 1 failed; 3 ignored` in any runner's punctuation.
    fn read(line: &str) -> Self {
        let mut count = Self::default();
        let words: Vec<&str> = line.split_whitespace().collect();
        for (number, word) in words.iter().zip(words.iter().skip(1)) {
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match word.trim_matches(|each: char| !each.is_alphabetic()) {
                "passed" => count.passed += number,
                "failed" | "timed" => count.failed += number,
                "skipped" | "ignored" => count.skipped += number,
                _ => {}
            }
        }
        count
    }
}

fn is_result(line: &str) -> bool {
    line.starts_with("test result:")
}

fn is_summary(line: &str) -> bool {
    line.ends_with(" skipped") && line.contains(" passed, ")
}

/// Runs a command, passes on what it says, and adds up the lines that count. A runner that fails
/// without a failed test (it did not build, it was killed) counts as one.
fn counted(mut command: Command, counts: impl Fn(&str) -> bool) -> Result<Count> {
    let (reader, writer) = std::io::pipe().map_err(|error| format!("pipe: {error}"))?;
    let errors = writer
        .try_clone()
        .map_err(|error| format!("pipe: {error}"))?;
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdout(writer)
        .stderr(errors)
        .spawn()
        .map_err(|error| format!("cannot start {name}: {error}"))?;
    // its ends of the pipe live in the command, and the pipe ends with the last of them
    drop(command);
    let mut count = Count::default();
    for line in BufReader::new(reader).split(b'\n') {
        let bytes = line.map_err(|error| format!("{name}: {error}"))?;
        let line = String::from_utf8_lossy(&bytes);
        println!("{line}");
        if counts(&line) {
            count.add(Count::read(&line));
        }
    }
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    if !status.success() && count.failed == 0 {
        println!("{name} failed: {status}");
        count.failed = 1;
    }
    Ok(count)
}

fn has_nextest() -> bool {
    let mut command = Command::new("cargo");
    command
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn every_runner_is_understood() {
        let count = |passed, failed, skipped| Count {
            passed,
            failed,
            skipped,
        };
        let nextest =
            "     Summary [   1.2s] 12 tests run: 10 passed (1 slow), 2 failed, 3 skipped";
        assert_eq!(Count::read(nextest), count(10, 2, 3));
        let flaky = "     Summary [   1.2s] 3 tests run: 3 passed (1 flaky, 1 leaky), 0 skipped";
        assert_eq!(Count::read(flaky), count(3, 0, 0));
        let libtest = "test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(Count::read(libtest), count(4, 0, 1));
        assert_eq!(
            Count::read("24 passed, 1 failed, 0 skipped"),
            count(24, 1, 0)
        );
    }
}
