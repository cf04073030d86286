//! Commands that write: one by itself, or the lines of `-R`, many in one sendmsg.

use super::{perform, wrong_line};
use crate::complain;
use holdfast_ipvsadm::{Command, Line, STATUS_FAILED, UsageError, refusal};
use holdfast_kernel::ipvs::IpvsClient;
use holdfast_plan::Outcome;
use std::collections::BTreeMap;

/// Messages of one sendmsg: some 40 kB, well below the send buffer.
const BATCH: usize = 256;

/// A line, and what it asks.
pub(super) type Asked = (Result<Command, UsageError>, Line);

/// Does one command; its exit status.
pub(super) fn one(client: &mut IpvsClient, command: &Command) -> u8 {
    match client.send(command.message()) {
        Outcome::Known(failed) => match failed.first() {
            None => 0,
            Some((_, errno)) => {
                complain(&format!("ipvsadm: {}", words(command, *errno)));
                STATUS_FAILED
            }
        },
        Outcome::Unknown(errno) => {
            complain(&format!("ipvsadm: {}", lost(errno)));
            STATUS_FAILED
        }
    }
}

/// Does all lines in their order, up to one that ipvsadm ends at; the exit status is the last's.
pub(super) fn many(client: &mut IpvsClient, asked: &[Asked]) -> u8 {
    let mut status = 0;
    let mut waiting: Vec<(&Command, &Line)> = Vec::with_capacity(BATCH);
    for (outcome, line) in asked {
        match outcome {
            Ok(command) if command.message().is_some() => {
                waiting.push((command, line));
                if waiting.len() >= BATCH {
                    status = write(client, &mut waiting).unwrap_or(status);
                }
            }
            // a -R inside a -R has no end
            Ok(Command::Restore) => {
                write(client, &mut waiting);
                return wrong_line(line, &UsageError::NoCommand);
            }
            Ok(other) => {
                write(client, &mut waiting);
                status = perform(other);
                if matches!(other, Command::Help | Command::Version) || status == 1 {
                    return status;
                }
            }
            Err(error) => {
                write(client, &mut waiting);
                status = wrong_line(line, error);
                if !error.goes_on() {
                    return status;
                }
            }
        }
    }
    write(client, &mut waiting).unwrap_or(status)
}

/// Sends what waits; the exit status of the last of it, if there was any.
fn write(client: &mut IpvsClient, waiting: &mut Vec<(&Command, &Line)>) -> Option<u8> {
    let last = waiting.len().checked_sub(1)?;
    let messages = waiting.iter().filter_map(|(command, _)| command.message());
    let status = match client.send(messages) {
        Outcome::Known(failed) => {
            let failed: BTreeMap<usize, i32> = failed.into_iter().collect();
            for (place, errno) in &failed {
                if let Some((command, line)) = waiting.get(*place) {
                    let (number, words) = (line.number, words(command, *errno));
                    let asked = line.words.join(" ");
                    complain(&format!("ipvsadm: line {number}: {asked}: {words}"));
                }
            }
            if failed.contains_key(&last) {
                STATUS_FAILED
            } else {
                0
            }
        }
        Outcome::Unknown(errno) => {
            complain(&format!("ipvsadm: {}", lost(errno)));
            STATUS_FAILED
        }
    };
    waiting.clear();
    Some(status)
}

fn words(command: &Command, errno: i32) -> String {
    match refusal(command, errno) {
        Some(words) => words.to_owned(),
        None => std::io::Error::from_raw_os_error(errno).to_string(),
    }
}

fn lost(errno: i32) -> String {
    let error = std::io::Error::from_raw_os_error(errno);
    format!("the kernel's answer was lost ({error}): see with `ipvsadm -Ln` what was done")
}
