//! The words after `holdfast drain`, `disable`, `enable` and `weight`.

use crate::cli::UsageError;
use crate::run::RUN_DIR;
use holdfast_control::OrderRequest;
use holdfast_control::report::Act;
use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long a drain waits for its connections unless it is told otherwise.
const WAIT: Duration = Duration::from_secs(300);

/// One call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) order: OrderRequest,
    /// `--wait`: until it has no connections, at most so long.
    pub(super) wait: Option<Duration>,
    /// As JSON.
    pub(super) json: bool,
    pub(super) run_dir: PathBuf,
}

impl Call {
    /// `VIP:PORT RIP:PORT [WEIGHT] [--for TIME] [--wait[=TIME]] [--json] [--run-dir DIR]`.
    pub(super) fn read(command: &str, arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let mut words = Vec::new();
        let (mut lasting, mut wait, mut json) = (None, None, false);
        let mut run_dir = PathBuf::from(RUN_DIR);
        let mut parser = Parser::from_args(arguments);
        let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
        while let Some(argument) = parser.next().map_err(broken)? {
            match argument {
                Arg::Long("for") if command != "enable" => {
                    let value = parser.value().map_err(|_| UsageError::Missing("for"))?;
                    lasting = Some(time("for", &value.to_string_lossy())?);
                }
                Arg::Long("wait") if command == "drain" => {
                    let value = parser.optional_value();
                    wait = Some(match value {
                        Some(value) => time("wait", &value.to_string_lossy())?,
                        None => WAIT,
                    });
                }
                Arg::Long("json") => json = true,
                Arg::Long("run-dir") => {
                    let value = parser.value().map_err(|_| UsageError::Missing("run-dir"))?;
                    run_dir = value.into();
                }
                Arg::Value(word) => words.push(word.to_string_lossy().into_owned()),
                other => return Err(UsageError::Unexpected(other.unexpected().to_string())),
            }
        }
        let (act, virtual_server, real_server) = act(command, words)?;
        let for_ms = lasting.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        Ok(Self {
            order: OrderRequest {
                virtual_server,
                real_server,
                act,
                for_ms,
            },
            wait,
            json,
            run_dir,
        })
    }
}

fn act(command: &str, words: Vec<String>) -> Result<(Act, String, String), UsageError> {
    let mut words = words.into_iter();
    let servers = words.next().zip(words.next());
    let (server, real) = servers.ok_or(UsageError::Words(
        "say the virtual server and the real server, as 'holdfast status' names them: \
         192.0.2.20:80 10.0.0.1:80",
    ))?;
    let act = match command {
        "drain" => Act::Drain,
        "disable" => Act::Disable,
        "enable" => Act::Enable,
        _weight => {
            let word = words.next().ok_or(UsageError::Words(
                "weight needs a number after the two servers",
            ))?;
            let weight = word.parse().ok().filter(|weight| *weight <= 2_147_483_647);
            Act::Weight(weight.ok_or(UsageError::Invalid {
                option: "weight",
                value: word,
            })?)
        }
    };
    match words.next() {
        Some(word) => Err(UsageError::Unexpected(word)),
        None => Ok((act, server, real)),
    }
}

/// `90`, `90s`, `10m`, `2h`, `1d`.
fn time(option: &'static str, text: &str) -> Result<Duration, UsageError> {
    let end = text
        .find(|each: char| !each.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let seconds = match unit {
        "" | "s" => Some(1),
        "m" | "min" => Some(60),
        "h" => Some(3600),
        "d" => Some(86_400),
        _unknown => None,
    };
    let number: Option<u64> = number.parse().ok().filter(|number| *number > 0);
    let time = number.zip(seconds);
    let time = time.and_then(|(number, seconds)| number.checked_mul(seconds));
    time.map(Duration::from_secs)
        .ok_or_else(|| UsageError::Invalid {
            option,
            value: text.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Result<Call, UsageError> {
        let mut words = line.split_whitespace();
        let command = words.next().expect("a command");
        Call::read(command, words.map(OsString::from).collect())
    }

    #[test]
    fn calls_are_understood() {
        for (line, act, for_ms, wait) in [
            ("drain v r", Act::Drain, None, None),
            ("drain v --wait r", Act::Drain, None, Some(300)),
            ("drain v r --wait=90", Act::Drain, None, Some(90)),
            ("disable v r --for 10m", Act::Disable, Some(600_000), None),
            ("enable v r", Act::Enable, None, None),
            (
                "weight v r 0 --for=2h",
                Act::Weight(0),
                Some(7_200_000),
                None,
            ),
            (
                "weight v r 2147483647",
                Act::Weight(2_147_483_647),
                None,
                None,
            ),
        ] {
            let call = call(line).expect(line);
            assert_eq!(call.order.act, act, "{line}");
            assert_eq!(call.order.for_ms, for_ms, "{line}");
            assert_eq!(call.wait, wait.map(Duration::from_secs), "{line}");
            let servers = (call.order.virtual_server, call.order.real_server);
            assert_eq!(servers, ("v".to_owned(), "r".to_owned()), "{line}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "drain",
            "drain v",
            "drain v r x",
            "weight v r",
            "weight v r -1",
            "weight v r 2147483648",
            "weight v r 1 2",
            "enable v r --for 10m",
            "disable v r --wait",
            "drain v r --for 0",
            "drain v r --for 10w",
            "drain v r --for m",
            "drain v r --for 99999999999999999999d",
            "drain v r --what",
        ] {
            assert!(call(line).is_err(), "{line}");
        }
    }
}
