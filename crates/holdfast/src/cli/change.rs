//! The words after the commands that change what serves.

use super::{Options, UsageError};
use crate::run::RUN_DIR;
use lexopt::{Arg, Parser};
use std::ffi::OsString;
use std::path::PathBuf;

/// `holdfast upgrade`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UpgradeRequest {
    /// None: this very program.
    pub(crate) program: Option<PathBuf>,
    pub(crate) run_dir: PathBuf,
}

/// `[--program FILE] [--run-dir DIR]`.
pub(super) fn upgrade(arguments: Vec<OsString>) -> Result<UpgradeRequest, UsageError> {
    let mut request = UpgradeRequest {
        program: None,
        run_dir: RUN_DIR.into(),
    };
    let mut parser = Parser::from_args(arguments);
    let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
    while let Some(argument) = parser.next().map_err(broken)? {
        match argument {
            Arg::Long("program") => request.program = Some(path(&mut parser, "program")?),
            Arg::Long("run-dir") => request.run_dir = path(&mut parser, "run-dir")?,
            other => return Err(UsageError::Unexpected(other.unexpected().to_string())),
        }
    }
    Ok(request)
}

/// `holdfast handback [--run-dir DIR]`.
pub(super) fn handback(arguments: Vec<OsString>) -> Result<PathBuf, UsageError> {
    let mut run_dir = RUN_DIR.into();
    let mut parser = Parser::from_args(arguments);
    let broken = |error: lexopt::Error| UsageError::Unexpected(error.to_string());
    while let Some(argument) = parser.next().map_err(broken)? {
        match argument {
            Arg::Long("run-dir") => run_dir = path(&mut parser, "run-dir")?,
            other => return Err(UsageError::Unexpected(other.unexpected().to_string())),
        }
    }
    Ok(run_dir)
}

/// `holdfast takeover`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TakeoverRequest {
    /// keepalived's process; none: the only one.
    pub(crate) pid: Option<i32>,
    pub(crate) dry_run: bool,
    /// Different files are no reason not to.
    pub(crate) force: bool,
    /// The daemon is this process, also where systemd runs.
    pub(crate) here: bool,
    /// The daemon's, and as they were given.
    pub(crate) options: Options,
    pub(crate) arguments: Vec<OsString>,
}

/// `[--keepalived PID] [--dry-run] [--force] [--here]`, then the daemon's options.
pub(super) fn takeover(arguments: Vec<OsString>) -> Result<TakeoverRequest, UsageError> {
    let (mut pid, mut dry_run, mut force, mut here) = (None, false, false, false);
    let mut rest = Vec::new();
    let mut words = arguments.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        match text.split_once('=').unwrap_or((&text, "")) {
            ("--dry-run", "") => dry_run = true,
            ("--force", "") => force = true,
            ("--here", "") => here = true,
            ("--keepalived", value) => {
                let mut next = || words.next().map(|word| word.to_string_lossy().into_owned());
                let value = if value.is_empty() {
                    next()
                } else {
                    Some(value.to_owned())
                };
                let value = value.ok_or(UsageError::Missing("keepalived"))?;
                let option = "keepalived";
                let number = value.parse().ok().filter(|pid| *pid > 1);
                pid = Some(number.ok_or(UsageError::Invalid { option, value })?);
            }
            _of_the_daemon => rest.push(word),
        }
    }
    Ok(TakeoverRequest {
        pid,
        dry_run,
        force,
        here,
        options: Options::parse(rest.clone())?,
        arguments: rest,
    })
}

fn path(parser: &mut Parser, option: &'static str) -> Result<PathBuf, UsageError> {
    let value = parser.value().map_err(|_| UsageError::Missing(option))?;
    Ok(value.into())
}
