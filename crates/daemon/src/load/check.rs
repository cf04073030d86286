//! `holdfast check`: what is wrong with some files, for people and for programs.

use super::reading::{Reading, Wanted, facts_for_console};
use super::{files, report, verdict};
use holdfast_config::Compiled;
use holdfast_model::{HostFacts, Instance, LEASE_MARGIN, Timing, VirtualServer};
use holdfast_syntax::{Severity, render};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Nothing is wrong.
const CLEAN: i32 = 0;
/// An error, or a file that cannot be read.
const ERRORS: i32 = 1;
/// Warnings, with `--strict`.
const WARNINGS: i32 = 2;
/// Virtual servers whose detection times are listed one by one; things that keepalived would not
/// have run.
const LISTED: usize = 20;

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// With the place shown.
    #[default]
    Human,
    /// One line a finding.
    Concise,
    /// An array of objects.
    Json,
    /// SARIF 2.1.0, which code hosts read.
    Sarif,
}

/// What to check, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckOptions {
    /// None: the file that the daemon would take.
    pub files: Vec<PathBuf>,
    /// `--format`.
    pub format: Format,
    /// `--strict`: warnings count too.
    pub strict: bool,
    /// `-i`.
    pub config_id: Option<String>,
    /// `-e`: every file that is included must be there and readable.
    pub all_files: bool,
    /// `--against-running`: of this run directory, what a reload would say.
    pub against: Option<PathBuf>,
}

/// Checks each file on its own; the result is the exit code: 0 clean, 1 errors, 2 warnings and
/// `--strict`. What is not built yet counts for neither.
pub fn check(options: &CheckOptions) -> i32 {
    let facts = facts_for_console();
    let paths = if options.files.is_empty() {
        vec![files::find(None)]
    } else {
        options.files.clone()
    };
    let mut reports = report::Reports::new(options.format);
    let mut worst = None;
    let (mut unread, mut refused) = (false, false);
    let mut against_text = Vec::new();
    for path in &paths {
        let wanted = Wanted::new(path, options.config_id.as_deref(), options.all_files);
        match Reading::new(wanted.with_programs(), &facts) {
            Ok(reading) => {
                match against(options, &reading, &facts) {
                    Ok(said) => {
                        refused |= said.is_some();
                        against_text.extend(said);
                    }
                    Err(error) => {
                        unread = true;
                        let _closed = writeln!(std::io::stderr(), "--against-running: {error}");
                    }
                }
                worst = worst.max(severity(&reading.compiled));
                reports.add(&reading.compiled, &reading.sources);
                if options.format == Format::Human {
                    reports.say(&closing(path, &reading, &facts));
                }
            }
            Err(error) => {
                unread = true;
                let _closed = writeln!(std::io::stderr(), "{error}");
            }
        }
    }
    let _closed = std::io::stdout().write_all(reports.finish().as_bytes());
    for text in &against_text {
        let _closed = std::io::stderr().write_all(text.as_bytes());
    }
    match worst {
        _ if unread || refused => ERRORS,
        Some(Severity::Error) => ERRORS,
        Some(Severity::Warning) if options.strict => WARNINGS,
        _ => CLEAN,
    }
}

/// What a reload of the running daemon would refuse, and why. None: it would take the file.
fn against(
    options: &CheckOptions,
    reading: &Reading,
    facts: &HostFacts,
) -> std::io::Result<Option<String>> {
    let Some(run_dir) = &options.against else {
        return Ok(None);
    };
    let Some(running) = verdict::running(run_dir)? else {
        let text = format!("no daemon runs in {}", run_dir.display());
        return Err(std::io::Error::other(text));
    };
    let Err(refusals) = verdict::verdict(reading, Some(&running), facts, false) else {
        return Ok(None);
    };
    let mut text = String::from("a reload would be refused:\n");
    for finding in &refusals {
        text.push_str(&render::human(finding, &reading.sources));
        text.push('\n');
    }
    Ok(Some(text))
}

/// The worst finding that counts.
fn severity(compiled: &Compiled) -> Option<Severity> {
    let counted = compiled
        .findings
        .iter()
        .filter(|finding| !finding.is_uncounted());
    counted.map(|finding| finding.severity).max()
}

/// What a person wants to know besides the findings.
fn closing(path: &Path, reading: &Reading, facts: &HostFacts) -> String {
    let compiled = &reading.compiled;
    let mut text = format!(
        "{}: {} errors, {} warnings, {} of advice; {} instances, {} virtual servers\n",
        path.display(),
        reading.count(Severity::Error),
        reading.count(Severity::Warning),
        reading.count(Severity::Advice),
        compiled.model.vrrp.instances.len(),
        compiled.model.lvs.virtual_servers.len(),
    );
    if facts.interfaces.is_none() {
        text.push_str("  interfaces of this machine are not known: nothing is said about them\n");
    }
    if !compiled.decisive.is_empty() && !compiled.own.allow_unbuilt {
        text.push_str(
            "  holdfast would not start with this file: it has keywords that decide something, \
             and are not built yet (HF0902, HF0903; --allow-unbuilt)\n",
        );
    }
    if !compiled.fatal.is_empty() {
        text.push_str("  neither keepalived nor holdfast would start with this file\n");
    }
    for lost in compiled.lost.iter().take(LISTED) {
        let place = reading.sources.place(lost.span);
        text.push_str(&format!(
            "  keepalived would not have run this: {} ({}:{})\n",
            lost.what, place.file, place.line
        ));
    }
    let more = compiled.lost.len().saturating_sub(LISTED);
    if more > 0 {
        text.push_str(&format!("  nor would it have run {more} more\n"));
    }
    let leased = compiled.model.vrrp.instances.iter().filter_map(lease);
    for line in leased.take(LISTED) {
        text.push_str(&format!("  {line}\n"));
    }
    for server in compiled.model.lvs.virtual_servers.iter().take(LISTED) {
        text.push_str(&format!("  {}\n", detection(server)));
    }
    let more = compiled
        .model
        .lvs
        .virtual_servers
        .len()
        .saturating_sub(LISTED);
    if more > 0 {
        text.push_str(&format!("  and {more} virtual servers more\n"));
    }
    text
}

/// Until when a director that has died can be reached (`vip_lease`), beside the first of its peers that
/// may take over.
fn lease(instance: &Instance) -> Option<String> {
    let limit = instance.wire.habits.lease?;
    let timing = holdfast_vrrp::Timing::own(instance);
    Some(format!(
        "{}: vip_lease: its addresses can be used for {} s after an advert (one every {} s); no backup begins \
         before {} s",
        instance.key,
        seconds(limit),
        seconds(timing.advert),
        seconds(limit + LEASE_MARGIN),
    ))
}

/// The longest that a dead real server stays in the table.
fn detection(server: &VirtualServer) -> String {
    let unchecked = server
        .real_servers
        .iter()
        .filter(|real| real.checkers.is_empty())
        .count();
    let checkers = server.real_servers.iter().flat_map(|real| &real.checkers);
    // what is watched says itself when it changes
    let asking = checkers.filter(|checker| checker.probe.watches().is_none());
    let slowest = asking.map(|checker| worst_case(&checker.timing)).max();
    let time = match slowest {
        Some(time) => format!(
            "a dead real server leaves the table within {} s, a silent one too",
            seconds(time)
        ),
        None if unchecked < server.real_servers.len() => {
            "a real server leaves the table as soon as what it watches says so".to_owned()
        }
        None => "no real server is checked".to_owned(),
    };
    match unchecked {
        0 => format!("{}: {time}", server.key),
        many if many == server.real_servers.len() => format!("{}: {time}", server.key),
        many => format!(
            "{}: {time}; {many} real servers are not checked",
            server.key
        ),
    }
}

/// It dies right after a check, and each further one waits for its whole time.
fn worst_case(timing: &Timing) -> Duration {
    let patience = timing.connect_timeout.duration();
    let round = timing
        .delay_before_retry
        .duration()
        .saturating_add(patience);
    let retries = round.saturating_mul(timing.retry);
    let first = timing.delay_loop.duration().saturating_add(patience);
    first.saturating_add(retries)
}

fn seconds(time: Duration) -> String {
    let text = format!("{:.1}", time.as_secs_f64());
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Micros;

    #[test]
    fn worst_cases_are_sums() {
        let timing = Timing {
            delay_loop: Micros::from_secs(6),
            retry: 3,
            delay_before_retry: Micros::from_millis(500),
            connect_timeout: Micros::from_secs(2),
            ..Timing::default()
        };
        // 6 + 2, then three times 0.5 + 2
        assert_eq!(seconds(worst_case(&timing)), "15.5");
        assert_eq!(seconds(Duration::from_secs(61)), "61");
    }
}
