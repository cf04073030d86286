//! The options of one call, read by keepalived's (getopt_long's) rules.

use super::table::{Row, State, Value, by_long, by_short};
use holdfast_supervise::log::{Facility, LogOptions};
use lexopt::{Arg, Parser, ValueExt as _};
use std::ffi::OsString;
use std::path::PathBuf;

/// What the options say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) file: Option<PathBuf>,
    pub(crate) config_id: Option<String>,
    pub(crate) all_files: bool,
    pub(crate) only_vrrp: bool,
    pub(crate) only_check: bool,
    pub(crate) log: LogOptions,
    pub(crate) umask: Option<u32>,
    pub(crate) keep_vips: bool,
    pub(crate) keep_ipvs: bool,
    pub(crate) no_respawn: bool,
    pub(crate) foreground: bool,
    pub(crate) pid: Option<PathBuf>,
    pub(crate) vrrp_pid: Option<PathBuf>,
    pub(crate) checkers_pid: Option<PathBuf>,
    pub(crate) core_dump: bool,
    pub(crate) namespace: Option<String>,
    pub(crate) signal_number: Option<i32>,
    /// `-t`, with its log file.
    pub(crate) config_test: Option<Option<PathBuf>>,
    pub(crate) ignore_interrupt: bool,
    pub(crate) run_dir: Option<PathBuf>,
    pub(crate) allow_unbuilt: bool,
    pub(crate) without_ipvs: bool,
    pub(crate) no_bfd: bool,
    pub(crate) record: Option<PathBuf>,
    /// MiB.
    pub(crate) record_size: Option<u64>,
    pub(crate) version: bool,
    pub(crate) help: bool,
    /// Options that were given and have no effect yet.
    pub(crate) unbuilt: Vec<&'static str>,
}

/// A command line that cannot be understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum UsageError {
    /// No such option.
    Unknown(String),
    /// A word where none belongs.
    Unexpected(String),
    /// A value is missing.
    Missing(&'static str),
    /// A value is wrong.
    Invalid { option: &'static str, value: String },
    /// The words of a command are not as they should be.
    Words(&'static str),
    /// The hidden commands are for the supervisor.
    Internal,
}

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(option) => write!(f, "unknown option '{option}'"),
            Self::Unexpected(word) => write!(f, "unexpected word '{word}'"),
            Self::Missing(option) => write!(f, "option '--{option}' needs a value"),
            Self::Invalid { option, value } => {
                write!(f, "option '--{option}' does not take '{value}'")
            }
            Self::Words(expected) => f.write_str(expected),
            Self::Internal => f.write_str("this command is for the supervisor only"),
        }
    }
}

impl Options {
    /// Reads all of `arguments`.
    pub(crate) fn parse(arguments: Vec<OsString>) -> Result<Self, UsageError> {
        let mut options = Self::default();
        let mut parser = Parser::from_args(arguments);
        loop {
            let argument = parser.next().map_err(|error| match error {
                lexopt::Error::UnexpectedValue { option, .. } => UsageError::Unexpected(option),
                other => UsageError::Unexpected(other.to_string()),
            })?;
            let row = match argument {
                None => return Ok(options),
                Some(Arg::Short(short)) => {
                    by_short(short).ok_or_else(|| UsageError::Unknown(format!("-{short}")))?
                }
                Some(Arg::Long(long)) => {
                    by_long(long).ok_or_else(|| UsageError::Unknown(format!("--{long}")))?
                }
                Some(Arg::Value(word)) => {
                    return Err(UsageError::Unexpected(word.to_string_lossy().into_owned()));
                }
            };
            let value = match row.value {
                Value::No => None,
                Value::Attached(_) => parser.optional_value(),
                Value::Needed(_) => {
                    Some(parser.value().map_err(|_| UsageError::Missing(row.long))?)
                }
            };
            options.set(row, value)?;
        }
    }

    fn set(&mut self, row: &'static Row, value: Option<OsString>) -> Result<(), UsageError> {
        if row.state == State::Unbuilt {
            self.unbuilt.push(row.long);
            return Ok(());
        }
        let path = || value.clone().map(PathBuf::from);
        let text = || {
            value
                .clone()
                .and_then(|value| value.string().ok())
                .unwrap_or_default()
        };
        let invalid = || UsageError::Invalid {
            option: row.long,
            value: text(),
        };
        match row.long {
            "use-file" => self.file = path(),
            "config-id" => self.config_id = Some(text()),
            "all-config" => self.all_files = true,
            "vrrp" => self.only_vrrp = true,
            "check" => self.only_check = true,
            "log-console" => self.log.console = true,
            "log-detail" => self.log.detail = true,
            "log-facility" => {
                let facility = text().parse().ok().and_then(Facility::local);
                self.log.facility = facility.ok_or_else(invalid)?;
            }
            "log-file" => {
                self.log.file = Some(path().unwrap_or_else(|| "/tmp/holdfast.log".into()));
            }
            "no-syslog" => self.log.no_syslog = true,
            "umask" => self.umask = Some(mask(&text()).ok_or_else(invalid)?),
            "dont-release-vrrp" => self.keep_vips = true,
            "dont-release-ipvs" => self.keep_ipvs = true,
            "dont-respawn" => self.no_respawn = true,
            "dont-fork" => self.foreground = true,
            "pid" => self.pid = path(),
            "vrrp_pid" => self.vrrp_pid = path(),
            "checkers_pid" => self.checkers_pid = path(),
            "core-dump" => self.core_dump = true,
            "namespace" => self.namespace = Some(text()),
            "signum" => self.signal_number = Some(signal_number(&text()).ok_or_else(invalid)?),
            "config-test" => self.config_test = Some(path()),
            "ignore-sigint" => self.ignore_interrupt = true,
            "run-dir" => self.run_dir = path(),
            "allow-unbuilt" => self.allow_unbuilt = true,
            "without-ipvs" => self.without_ipvs = true,
            "no_bfd" => self.no_bfd = true,
            "record" => self.record = path(),
            "record-size" => {
                let size = text().parse().ok().filter(|size| *size > 0);
                self.record_size = Some(size.ok_or_else(invalid)?);
            }
            "version" => self.version = true,
            "help" => self.help = true,
            // what they ask for is the way it is anyway
            _always_so => {}
        }
        Ok(())
    }
}

/// A number in C's notation (022, 0x12, 18), as strtol with base 0 reads it.
fn mask(text: &str) -> Option<u32> {
    let value = match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(hex), _) => u32::from_str_radix(hex, 16).ok()?,
        (None, Some(octal)) if !octal.is_empty() => u32::from_str_radix(octal, 8).ok()?,
        _decimal => text.parse().ok()?,
    };
    (value <= 0o777).then_some(value)
}

/// keepalived's names of its signals.
pub(super) const SIGNALS: &[(&str, i32)] = &[
    ("STOP", libc_numbers::TERM),
    ("RELOAD", libc_numbers::HUP),
    ("DATA", libc_numbers::USR1),
    ("STATS", libc_numbers::USR2),
    ("STATS_CLEAR", libc_numbers::RTMAX - 1),
    ("JSON", libc_numbers::RTMIN + 2),
    ("TDUMP", libc_numbers::RTMAX),
];

fn signal_number(name: &str) -> Option<i32> {
    let found = SIGNALS.iter().find(|(known, _)| *known == name);
    found.map(|(_, number)| *number)
}

/// Signal numbers of Linux (signal(7)); the real-time ones as glibc counts them.
mod libc_numbers {
    pub(super) const HUP: i32 = 1;
    pub(super) const USR1: i32 = 10;
    pub(super) const USR2: i32 = 12;
    pub(super) const TERM: i32 = 15;
    pub(super) const RTMIN: i32 = 34;
    pub(super) const RTMAX: i32 = 64;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, UsageError> {
        Options::parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn keepalived_command_lines_are_understood() {
        let options = parse("-nlD -f /etc/k.conf -p /run/k.pid --vrrp_pid=/run/v.pid").expect("ok");
        assert!(options.foreground && options.log.console && options.log.detail);
        assert_eq!(options.file, Some("/etc/k.conf".into()));
        assert_eq!(options.vrrp_pid, Some("/run/v.pid".into()));
        assert_eq!(parse("-t").expect("ok").config_test, Some(None));
        assert_eq!(
            parse("-t/tmp/log").expect("ok").config_test,
            Some(Some("/tmp/log".into()))
        );
        assert_eq!(
            parse("--config-test=/tmp/log").expect("ok").config_test,
            Some(Some("/tmp/log".into()))
        );
        assert_eq!(parse("-i lvs1").expect("ok").config_id, Some("lvs1".into()));
        assert_eq!(parse("-u 022").expect("ok").umask, Some(0o22));
        assert_eq!(parse("--signum=JSON").expect("ok").signal_number, Some(36));
        assert_eq!(parse("-x -d").expect("ok").unbuilt, ["snmp", "dump-conf"]);
    }

    #[test]
    fn wrong_command_lines_are_refused() {
        assert_eq!(parse("-z"), Err(UsageError::Unknown("-z".into())));
        assert_eq!(
            parse("--nonsense"),
            Err(UsageError::Unknown("--nonsense".into()))
        );
        assert_eq!(parse("word"), Err(UsageError::Unexpected("word".into())));
        assert_eq!(parse("-f"), Err(UsageError::Missing("use-file")));
        assert_eq!(parse("--record-size 2").expect("ok").record_size, Some(2));
        assert!(matches!(
            parse("--record-size 0"),
            Err(UsageError::Invalid { .. })
        ));
        assert!(matches!(parse("-S 9"), Err(UsageError::Invalid { .. })));
    }
}
