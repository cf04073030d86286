//! `holdfast doctor [FILE]`: is this host fit for what the file asks of it?
//!
//! ```text
//!   FILE ─▶ model ─┐
//!   gather, listen, ask ─▶ facts ─▶ host, table, wire (filter) ─▶ findings ─▶ text, JSON, exit code
//! ```
//! Nothing is changed. Facts are gathered at the edge, everything else is pure.

mod ask;
mod facts;
mod filter;
mod finding;
mod gather;
mod host;
mod legacy;
mod listen;
mod servers;
mod sync;
mod table;
mod wire;

#[cfg(test)]
mod tests;

use crate::{complain, print};
use facts::Facts;
use finding::{Finding, Severity};
use holdfast_model::Model;
use holdfast_supervise::exit;
use serde::Serialize;
use std::path::PathBuf;

/// One call.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// None: the file that the daemon would take.
    pub(crate) file: Option<PathBuf>,
    pub(crate) json: bool,
}

/// The exit status when something is broken.
const BROKEN: i32 = 2;
/// The exit status when there are risks only.
const RISKY: i32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    findings: &'a [Finding],
    /// What could not be looked at, and why.
    unseen: &'a [String],
}

pub(crate) fn run(request: &Request) -> i32 {
    let model = match holdfast_daemon::load::model(request.file.as_deref()) {
        Ok(model) => model,
        Err(error) => {
            complain(&format!("holdfast doctor: {error}"));
            return exit::FATAL;
        }
    };
    let (facts, unseen) = gather::facts(&model);
    let findings = judge(&model, &facts);
    let text = if request.json {
        let report = Report {
            findings: &findings,
            unseen: &unseen,
        };
        match serde_json::to_string_pretty(&report) {
            Ok(text) => format!("{text}\n"),
            Err(error) => {
                complain(&error.to_string());
                return exit::FATAL;
            }
        }
    } else {
        words(&findings, &unseen)
    };
    match print(&text) {
        exit::OK => code(&findings),
        closed => closed,
    }
}

/// Everything that is wrong, the worst first.
fn judge(model: &Model, facts: &Facts) -> Vec<Finding> {
    let mut findings = host::judge(model, facts);
    findings.extend(table::judge(model, facts));
    findings.extend(sync::judge(model, facts));
    findings.extend(wire::judge(model, facts));
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn code(findings: &[Finding]) -> i32 {
    match findings.first().map(|finding| finding.severity) {
        Some(Severity::Broken) => BROKEN,
        Some(Severity::Risk) => RISKY,
        None => exit::OK,
    }
}

fn words(findings: &[Finding], unseen: &[String]) -> String {
    let mut text = String::new();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Broken => "broken",
            Severity::Risk => "risk",
        };
        text.push_str(&format!(
            "{severity:<6} {}: {}\n  expected: {}\n  do: {}\n",
            finding.about, finding.found, finding.expected, finding.todo
        ));
    }
    if findings.is_empty() {
        text.push_str("nothing found\n");
    }
    for line in unseen {
        text.push_str(&format!("not looked at: {line}\n"));
    }
    text
}
