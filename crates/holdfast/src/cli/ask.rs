//! The words after the commands that ask a running daemon.

use super::UsageError;
use crate::doctor::Request;
use crate::run::RUN_DIR;
use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::path::PathBuf;

/// `holdfast status`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StatusRequest {
    /// As JSON.
    pub(crate) json: bool,
    pub(crate) run_dir: PathBuf,
}

/// `[--json] [--run-dir DIR]`.
pub(super) fn status(arguments: Vec<OsString>) -> Result<StatusRequest, UsageError> {
    let mut request = StatusRequest {
        json: false,
        run_dir: RUN_DIR.into(),
    };
    let mut parser = Parser::from_args(arguments);
    let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
    while let Some(argument) = parser.next().map_err(broken)? {
        match argument {
            Arg::Long("json") => request.json = true,
            Arg::Long("run-dir") => request.run_dir = run_dir(&mut parser)?,
            other => return Err(UsageError::Unexpected(other.unexpected().to_string())),
        }
    }
    Ok(request)
}

/// `holdfast doctor [FILE] [--json]`.
pub(super) fn doctor(arguments: Vec<OsString>) -> Result<Request, UsageError> {
    let mut request = Request::default();
    let mut parser = Parser::from_args(arguments);
    let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
    while let Some(argument) = parser.next().map_err(broken)? {
        match argument {
            Arg::Long("json") => request.json = true,
            Arg::Value(file) if request.file.is_none() => request.file = Some(file.into()),
            other => return Err(UsageError::Unexpected(other.unexpected().to_string())),
        }
    }
    Ok(request)
}

/// `holdfast why INSTANCE`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WhyRequest {
    pub(crate) instance: String,
    /// As JSON.
    pub(crate) json: bool,
    pub(crate) run_dir: PathBuf,
}

/// `INSTANCE [--json] [--run-dir DIR]`.
pub(super) fn why(arguments: Vec<OsString>) -> Result<WhyRequest, UsageError> {
    let mut instance = None;
    let (mut json, mut directory) = (false, RUN_DIR.into());
    let mut parser = Parser::from_args(arguments);
    let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
    while let Some(argument) = parser.next().map_err(broken)? {
        match argument {
            Arg::Long("json") => json = true,
            Arg::Long("run-dir") => directory = run_dir(&mut parser)?,
            Arg::Value(word) if instance.is_none() => {
                instance = Some(word.to_string_lossy().into_owned());
            }
            other => return Err(UsageError::Unexpected(other.unexpected().to_string())),
        }
    }
    Ok(WhyRequest {
        instance: instance.ok_or(UsageError::Words(
            "why needs the name of a vrrp_instance: 'holdfast status' has them",
        ))?,
        json,
        run_dir: directory,
    })
}

fn run_dir(parser: &mut Parser) -> Result<PathBuf, UsageError> {
    let value = parser.value().map_err(|_| UsageError::Missing("run-dir"))?;
    Ok(value.into())
}
