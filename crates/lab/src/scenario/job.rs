//! A job: one scenario with two programs. It runs in a process of its own.

use super::{Ctx, Scenario};
use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::net::Lab;
use crate::scenarios;
use std::path::{Path, PathBuf};

/// Which program is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairing {
    /// The first director runs Holdfast.
    pub a_holdfast: bool,
    /// The second director runs Holdfast.
    pub b_holdfast: bool,
}

impl Pairing {
    /// Holdfast on both.
    pub const OURS: Self = Self {
        a_holdfast: true,
        b_holdfast: true,
    };
    /// Mixed.
    pub const OURS_FIRST: Self = Self {
        a_holdfast: true,
        b_holdfast: false,
    };
    /// Mixed, the other way round.
    pub const OURS_SECOND: Self = Self {
        a_holdfast: false,
        b_holdfast: true,
    };
}

/// Where things are.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The `holdfast` binary.
    pub holdfast: PathBuf,
    /// The repository's `tests/lab`.
    pub data: PathBuf,
    /// Where the logs of failed scenarios are kept.
    pub keep: PathBuf,
    /// Scenarios that repeat something do it as often as was promised, not as often as there is usually time for.
    pub full: bool,
}

/// A scenario with its programs.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    /// What.
    pub scenario: &'static Scenario,
    /// With what.
    pub pairing: Pairing,
}

impl Job {
    /// `pair_failover[holdfast+keepalived]`
    #[must_use]
    pub fn title(&self) -> String {
        format!(
            "{}[{}+{}]",
            self.scenario.name,
            word(self.pairing.a_holdfast),
            word(self.pairing.b_holdfast)
        )
    }

    /// The arguments that make the lab's binary run this job and nothing else.
    #[must_use]
    pub fn arguments(&self, tools: &Tools, prefix: &str) -> Vec<String> {
        let path = |path: &Path| path.display().to_string();
        let mut words = vec![
            "one".into(),
            self.scenario.name.into(),
            "--a".into(),
            word(self.pairing.a_holdfast).into(),
            "--b".into(),
            word(self.pairing.b_holdfast).into(),
            "--prefix".into(),
            prefix.into(),
            "--holdfast".into(),
            path(&tools.holdfast),
            "--data".into(),
            path(&tools.data),
            "--keep".into(),
            path(&tools.keep),
        ];
        words.extend(tools.full.then(|| "--full".into()));
        words
    }

    /// Reads [`Job::title`] back.
    #[must_use]
    pub fn from_title(title: &str) -> Option<Self> {
        let (name, rest) = title.split_once('[')?;
        let (a, b) = rest.strip_suffix(']')?.split_once('+')?;
        let scenario = scenarios::all().find(|each| each.name == name)?;
        let pairing = Pairing {
            a_holdfast: a == "holdfast",
            b_holdfast: b == "holdfast",
        };
        Some(Self { scenario, pairing })
    }
}

fn word(holdfast: bool) -> &'static str {
    if holdfast { "holdfast" } else { "keepalived" }
}

/// Runs a job in this process, on this kernel: true if it passed. Says everything on standard
/// output.
///
/// # Errors
/// If the logs of a failure cannot be kept.
pub fn run_here(job: &Job, tools: &Tools, prefix: &str) -> Result<bool> {
    let program = |holdfast| match holdfast {
        true => Program::Holdfast(tools.holdfast.clone()),
        false => Program::Keepalived,
    };
    nix::sys::prctl::set_child_subreaper(true).doing("become a subreaper")?;
    let lab = Lab::with_prefix(prefix);
    let (a, b) = (
        program(job.pairing.a_holdfast),
        program(job.pairing.b_holdfast),
    );
    let mut ctx = Ctx::new(lab, a, b, tools.data.clone());
    ctx.full = tools.full;
    if let Err(error) = (job.scenario.run)(&mut ctx) {
        ctx.fail(error.to_string());
    }
    if ctx.failures().is_empty() {
        return Ok(true);
    }
    ctx.show_logs();
    ctx.keep_logs(&tools.keep.join(job.title()))?;
    println!("  {} failures in {}:", ctx.failures().len(), job.title());
    for failure in ctx.failures() {
        println!("    - {failure}");
    }
    Ok(false)
}

impl Tools {
    /// Checks that what the jobs need is there.
    ///
    /// # Errors
    /// If Holdfast is asked for and its binary is missing.
    pub fn check(&self, jobs: &[Job]) -> Result<()> {
        let ours = jobs
            .iter()
            .any(|job| job.pairing.a_holdfast || job.pairing.b_holdfast);
        if ours && !self.holdfast.exists() {
            let path = self.holdfast.display();
            return Err(Error::Failed(format!(
                "{path} is missing: build it, or name it"
            )));
        }
        Ok(())
    }
}
