//! Commands that change what serves on a director.

use super::{Director, Program};
use crate::error::{Doing as _, Error, Result};
use crate::shell::run;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

impl Director {
    /// `holdfast upgrade`, to this very program again or to another one.
    ///
    /// # Errors
    /// If it is refused, or there is no such command.
    pub fn upgrade(&self, program: Option<&Path>) -> Result<()> {
        let Program::Holdfast(binary) = &self.program else {
            return Err(Error::Failed("keepalived has no upgrade".into()));
        };
        let mut command = self.host.command(&binary.to_string_lossy());
        command.arg("upgrade").arg("--run-dir").arg(self.run_dir());
        if let Some(program) = program {
            command.arg("--program").arg(program);
        }
        run(&mut command).map(drop)
    }

    /// `holdfast takeover`: from now on this director runs `program`. When keepalived had ended.
    ///
    /// # Errors
    /// If it cannot be started, or does not end keepalived.
    pub fn take_over(&mut self, program: &Program) -> Result<Instant> {
        let Some(mut before) = self.child.take() else {
            return Err(self.failed("runs nothing that could be taken over"));
        };
        let pid = before.id().to_string();
        self.program = program.clone();
        let config = self.config_path();
        self.launch(&["takeover", "--here", "--keepalived", &pid], &config)?;
        let _killed = before.wait().doing("wait for keepalived's end")?;
        Ok(Instant::now())
    }

    /// The exit code of a takeover with another configuration; `None`: a signal ended it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn try_takeover(&self, program: &Program, text: &str) -> Result<Option<i32>> {
        let pid = self.child.as_ref().map_or(0, std::process::Child::id);
        let verb = ["takeover", "--here", "--keepalived", &pid.to_string()].map(str::to_owned);
        self.attempt(program, &verb, text)
    }

    /// The exit code of a daemon that is started beside the one that runs.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn try_beside(&self, program: &Program, text: &str) -> Result<Option<i32>> {
        self.attempt(program, &[], text)
    }

    /// `holdfast handback`; the daemon has ended when it succeeds.
    ///
    /// # Errors
    /// If nobody takes over, or something is left.
    pub fn hand_back(&mut self) -> Result<()> {
        let Program::Holdfast(binary) = &self.program else {
            return Err(Error::Failed("keepalived has no handback".into()));
        };
        let mut command = self.host.command(&binary.to_string_lossy());
        run(command.arg("handback").arg("--run-dir").arg(self.run_dir()))?;
        if let Some(mut ended) = self.child.take() {
            let _its_status = ended.wait().doing("wait for the daemon's end")?;
        }
        Ok(())
    }

    /// Runs another program from its next start on.
    pub fn become_program(&mut self, program: Program) {
        self.program = program;
    }

    fn attempt(&self, program: &Program, verb: &[String], text: &str) -> Result<Option<i32>> {
        let path = self.directory.join("other.conf");
        fs::write(&path, text).doing("write another configuration")?;
        let other = self.directory.join("other");
        let verb: Vec<&str> = verb.iter().map(String::as_str).collect();
        let mut command = self.command_line(program, &verb, &path, &other);
        let output = command.stdin(Stdio::null()).output();
        let output = output.doing("start another daemon")?;
        Ok(output.status.code())
    }
}
