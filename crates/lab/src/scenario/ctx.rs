//! What a scenario gets: a lab, two programs, and a place to say what it found.

use super::Tools;
use crate::director::{Director, Log, Program};
use crate::error::{Doing as _, Error, Result};
use crate::frr::Frr;
use crate::net::{Host, Lab};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A running scenario.
#[derive(Debug)]
pub struct Ctx {
    /// Its network.
    pub lab: Lab,
    /// The program of the first director.
    pub a: Program,
    /// The program of the second director.
    pub b: Program,
    /// The repository's `tests/lab`.
    pub data: PathBuf,
    /// What is repeated is repeated as often as was promised ([`Tools::full`]).
    pub full: bool,
    directory: PathBuf,
    start: Instant,
    failures: Vec<String>,
    logs: Vec<(String, Arc<Log>)>,
}

impl Ctx {
    pub(super) fn new(lab: Lab, a: Program, b: Program, data: PathBuf) -> Self {
        // /run is memory, also in the guest: sockets cannot be made on hostfs
        let directory = PathBuf::from("/run/holdfast-lab").join(lab.prefix());
        let (failures, logs) = (Vec::new(), Vec::new());
        Self {
            lab,
            a,
            b,
            data,
            full: false,
            directory,
            start: Instant::now(),
            failures,
            logs,
        }
    }

    pub(crate) fn for_demo(program: Program, tools: &Tools) -> Self {
        Self::new(Lab::new(), program.clone(), program, tools.data.clone())
    }

    /// Prints the end of every daemon's log.
    pub(crate) fn show_logs(&self) {
        for (name, log) in &self.logs {
            println!("  --- {name}, last lines ---");
            let lines = log.since(0);
            for (at, line) in lines.iter().skip(lines.len().saturating_sub(60)) {
                let seconds = at.saturating_duration_since(self.start).as_secs_f64();
                println!("  | {seconds:8.3} {line}");
            }
        }
    }

    /// Writes every daemon's log, with the times since the beginning, into `directory`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn keep_logs(&self, directory: &Path) -> Result<()> {
        fs::create_dir_all(directory).doing(format!("make {}", directory.display()))?;
        for (name, log) in &self.logs {
            let lines: Vec<String> = log
                .since(0)
                .into_iter()
                .map(|(at, line)| {
                    let seconds = at.saturating_duration_since(self.start).as_secs_f64();
                    format!("{seconds:8.3} {line}")
                })
                .collect();
            let path = directory.join(format!("{name}.log"));
            fs::write(&path, lines.join("\n") + "\n").doing(format!("write {}", path.display()))?;
        }
        Ok(())
    }

    /// Says what comes next, with the time.
    pub fn step(&self, what: impl AsRef<str>) {
        println!(
            "{:8.3} s  {}",
            self.start.elapsed().as_secs_f64(),
            what.as_ref()
        );
    }

    /// Notes a failure and goes on.
    pub fn fail(&mut self, what: impl AsRef<str>) {
        self.step(format!("FAILED: {}", what.as_ref()));
        self.failures.push(what.as_ref().to_owned());
    }

    /// A fact that must be so.
    pub fn check(&mut self, fact: bool, what: impl AsRef<str>) {
        if fact {
            self.step(format!("ok: {}", what.as_ref()));
        } else {
            self.fail(what);
        }
    }

    /// A time that must not be longer.
    pub fn bound(&mut self, what: &str, took: Duration, bound: Duration) {
        let text = format!("{what}: {took:.3?} (at most {bound:.3?})");
        self.check(took <= bound, text);
    }

    /// Keeps the value of something that worked; a failure is noted and the story goes on.
    pub fn note<T>(&mut self, what: &str, outcome: Result<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.fail(format!("{what}: {error}"));
                None
            }
        }
    }

    /// A director on `host`; its log is shown if the scenario fails.
    ///
    /// # Errors
    /// If its directory cannot be made.
    pub fn director(&mut self, host: &Host, program: &Program, extra: &[&str]) -> Result<Director> {
        // a place of its own each: no pid file of an earlier one is in the way
        let directory = self
            .directory
            .join(format!("{}-{}", host.name(), self.logs.len()));
        let director = Director::new(host, program, &directory, extra)?;
        self.logs
            .push((format!("{}-{program}", host.name()), director.log()));
        Ok(director)
    }

    /// FRRouting's zebra on `host`; its log is shown if the scenario fails.
    ///
    /// # Errors
    /// If it does not start.
    pub fn frr(&mut self, host: &Host) -> Result<Frr> {
        let frr = Frr::start(host, &self.directory.join(format!("{}-frr", host.name())))?;
        self.logs.push((format!("{}-frr", host.name()), frr.log()));
        Ok(frr)
    }

    /// A file of this run, for programs that want a path.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A file of `tests/lab`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn file(&self, name: &str) -> Result<String> {
        let path = self.data.join(name);
        std::fs::read_to_string(&path)
            .map_err(|error| Error::Failed(format!("{}: {error}", path.display())))
    }

    /// The moment the scenario began.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    pub(super) fn failures(&self) -> &[String] {
        &self.failures
    }
}

impl Drop for Ctx {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.directory);
    }
}
