//! Running commands and waiting for conditions.

use crate::error::{Doing as _, Error, Result};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a command to its end; its standard output.
///
/// # Errors
/// If it cannot be started or ends with anything but 0.
pub fn run(command: &mut Command) -> Result<String> {
    feed(command, None)
}

/// The same with `input` on its standard input.
///
/// # Errors
/// As [`run`].
pub fn feed(command: &mut Command, input: Option<&str>) -> Result<String> {
    let line = line(command);
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .doing(format!("start `{line}`"))?;
    if let (Some(text), Some(mut pipe)) = (input, child.stdin.take()) {
        pipe.write_all(text.as_bytes())
            .doing(format!("write to `{line}`"))?;
    }
    let output = child
        .wait_with_output()
        .doing(format!("wait for `{line}`"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if said.is_empty() {
        said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    }
    Err(Error::Command {
        command: line,
        status: output.status.to_string(),
        output: said,
    })
}

/// A command from its words.
#[must_use]
pub fn words(line: &str) -> Command {
    let mut parts = line.split_whitespace();
    let mut command = Command::new(parts.next().unwrap_or("true"));
    command.args(parts);
    command
}

fn line(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

/// Waits until `condition` is true, looking every few milliseconds; how long it took.
///
/// # Errors
/// [`Error::Timeout`] after `bound`.
pub fn wait(what: &str, bound: Duration, mut condition: impl FnMut() -> bool) -> Result<Duration> {
    let start = Instant::now();
    loop {
        if condition() {
            return Ok(start.elapsed());
        }
        if start.elapsed() >= bound {
            return Err(Error::Timeout {
                what: what.to_owned(),
                bound,
            });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Asks `f` until it has an answer.
///
/// # Errors
/// [`Error::Timeout`] after `bound`.
pub fn wait_some<T>(what: &str, bound: Duration, mut f: impl FnMut() -> Option<T>) -> Result<T> {
    let mut answer = None;
    wait(what, bound, || {
        answer = f();
        answer.is_some()
    })?;
    answer.ok_or_else(|| Error::Failed(format!("{what}: no answer")))
}
