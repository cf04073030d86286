//! The words after `holdfast check`.

use super::UsageError;
use crate::run::RUN_DIR;
use holdfast_daemon::load::{CheckOptions, Format};
use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::path::PathBuf;

/// What to check.
pub(crate) type Check = CheckOptions;

/// `[FILE]... [--format human|concise|json|sarif] [--strict] [-e] [-i ID] [--against-running
/// [--run-dir DIR]]`.
pub(super) fn parse(arguments: Vec<OsString>) -> Result<Check, UsageError> {
    let mut check = Check::default();
    let mut parser = Parser::from_args(arguments);
    let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
    while let Some(argument) = parser.next().map_err(broken)? {
        match argument {
            Arg::Long("strict") => check.strict = true,
            Arg::Long("against-running") => {
                check.against.get_or_insert_with(|| RUN_DIR.into());
            }
            Arg::Long("run-dir") => {
                let value = parser.value().map_err(|_| UsageError::Missing("run-dir"))?;
                check.against = Some(PathBuf::from(value));
            }
            Arg::Long("format") => {
                let value = parser.value().map_err(|_| UsageError::Missing("format"))?;
                check.format = format(&value.to_string_lossy())?;
            }
            Arg::Short('i') | Arg::Long("config-id") => {
                let value = parser
                    .value()
                    .map_err(|_| UsageError::Missing("config-id"))?;
                check.config_id = Some(value.to_string_lossy().into_owned());
            }
            Arg::Short('e') | Arg::Long("all-config") => check.all_files = true,
            Arg::Short('f') | Arg::Long("use-file") => {
                let value = parser
                    .value()
                    .map_err(|_| UsageError::Missing("use-file"))?;
                check.files.push(PathBuf::from(value));
            }
            Arg::Value(file) => check.files.push(PathBuf::from(file)),
            Arg::Short(other) => return Err(UsageError::Unknown(format!("-{other}"))),
            Arg::Long(other) => return Err(UsageError::Unknown(format!("--{other}"))),
        }
    }
    Ok(check)
}

fn format(word: &str) -> Result<Format, UsageError> {
    match word {
        "human" => Ok(Format::Human),
        "concise" => Ok(Format::Concise),
        "json" => Ok(Format::Json),
        "sarif" => Ok(Format::Sarif),
        _ => Err(UsageError::Invalid {
            option: "format",
            value: word.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Check, UsageError> {
        parse(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn words_in_any_order() {
        let check = parsed(&[
            "a.conf",
            "--strict",
            "b.conf",
            "--format=sarif",
            "-i",
            "node1",
        ]);
        let expected = Check {
            files: vec!["a.conf".into(), "b.conf".into()],
            format: Format::Sarif,
            strict: true,
            config_id: Some("node1".to_owned()),
            all_files: false,
            against: None,
        };
        assert_eq!(check.ok(), Some(expected));
        assert!(parsed(&["--format", "xml"]).is_err());
        assert!(parsed(&["--strickt"]).is_err());
    }
}
