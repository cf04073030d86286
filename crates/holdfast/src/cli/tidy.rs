//! The words after `holdfast fmt` and `holdfast config`.

use super::{Command, UsageError};
use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::path::PathBuf;

fn unexpected(error: &lexopt::Error) -> UsageError {
    UsageError::Unexpected(error.to_string())
}

/// `[--check] FILE...`.
pub(super) fn fmt(arguments: Vec<OsString>) -> Result<Command, UsageError> {
    let (mut files, mut check) = (Vec::new(), false);
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|error| unexpected(&error))? {
        match argument {
            Arg::Long("check") => check = true,
            Arg::Value(file) => files.push(PathBuf::from(file)),
            other => return Err(unexpected(&other.unexpected())),
        }
    }
    if files.is_empty() {
        return Err(UsageError::Words(
            "fmt needs a file, or - for standard input",
        ));
    }
    Ok(Command::Format { files, check })
}

/// `[FILE] [--dump json] [-i ID]`.
pub(super) fn config(arguments: Vec<OsString>) -> Result<Command, UsageError> {
    let (mut file, mut config_id) = (None, None);
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next().map_err(|error| unexpected(&error))? {
        match argument {
            Arg::Long("dump") => {
                let format = parser.value().map_err(|_| UsageError::Missing("dump"))?;
                if format != "json" {
                    return Err(UsageError::Invalid {
                        option: "dump",
                        value: format.to_string_lossy().into_owned(),
                    });
                }
            }
            Arg::Short('i') | Arg::Long("config-id") => {
                let id = parser
                    .value()
                    .map_err(|_| UsageError::Missing("config-id"))?;
                config_id = Some(id.to_string_lossy().into_owned());
            }
            Arg::Value(path) if file.is_none() => file = Some(PathBuf::from(path)),
            other => return Err(unexpected(&other.unexpected())),
        }
    }
    Ok(Command::Dump { file, config_id })
}
