//! May this configuration run, and may it replace what runs?

use super::bundle;
use super::reading::Reading;
use super::world::Record;
use holdfast_config::{Compiled, FindingKeys, reload};
use holdfast_model::HostFacts;
use holdfast_supervise::{Bundle, Section};
use holdfast_syntax::{Finding, SourceMap};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Ok, or why not. `allowed`: `--allow-unbuilt`.
pub(super) fn verdict(
    new: &Reading,
    running: Option<&Bundle>,
    facts: &HostFacts,
    allowed: bool,
) -> Result<(), Vec<Finding>> {
    let (sources, compiled) = (&new.sources, &new.compiled);
    if reload::is_beyond_doubt(compiled) && compiled.decisive.is_empty() {
        // what runs is as large as what is new, and reading it would take as long
        return Ok(());
    }
    let known = running.map(|running| known(running, facts));
    match (running, &known) {
        (Some(running), Some(known)) => judge(running, known, compiled, sources)?,
        _ => start(compiled)?,
    }
    let allowed = allowed || compiled.own.allow_unbuilt;
    unbuilt(compiled, known.as_ref(), sources, allowed)
}

/// What the daemon of this run directory runs now: the newest sealed model that its supervisor
/// holds. None: no daemon runs there.
///
/// # Errors
/// When its descriptors cannot be read: it belongs to another user.
pub(super) fn running(run_dir: &Path) -> io::Result<Option<Bundle>> {
    let Ok(text) = fs::read_to_string(run_dir.join("holdfast.pid")) else {
        return Ok(None);
    };
    let Ok(pid) = text.trim().parse::<u32>() else {
        return Ok(None);
    };
    let descriptors = match fs::read_dir(format!("/proc/{pid}/fd")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut newest: Option<Bundle> = None;
    for entry in descriptors.flatten() {
        let path = entry.path();
        let is_model = fs::read_link(&path)
            .is_ok_and(|target| target.to_string_lossy().contains("memfd:holdfast-model"));
        // one that a compile process still fills has no header
        if let Some(bundle) = is_model
            .then(|| {
                File::open(&path)
                    .and_then(|file| Bundle::open(file.into()))
                    .ok()
            })
            .flatten()
            && newest
                .as_ref()
                .is_none_or(|old| old.header.generation < bundle.header.generation)
        {
            newest = Some(bundle);
        }
    }
    Ok(newest)
}

/// A start is as lenient as keepalived's: it fails where keepalived would exit.
fn start(compiled: &Compiled) -> Result<(), Vec<Finding>> {
    if compiled.fatal.is_empty() {
        Ok(())
    } else {
        Err(compiled.fatal.clone())
    }
}

/// A reload must not take down what runs.
fn judge(
    running: &Bundle,
    known: &FindingKeys,
    new: &Compiled,
    sources: &SourceMap,
) -> Result<(), Vec<Finding>> {
    let old = bundle::model(running).unwrap_or_default();
    reload::judge(&old, known, new, sources)
}

/// What decides who is master, who may speak or who is reachable, and is not built yet, must not
/// be left out unseen. What already runs without it may go on.
fn unbuilt(
    new: &Compiled,
    known: Option<&FindingKeys>,
    sources: &SourceMap,
    allowed: bool,
) -> Result<(), Vec<Finding>> {
    let fresh = |finding: &&Finding| !known.is_some_and(|known| known.has(finding, sources));
    let mut refusals: Vec<Finding> = new.decisive.iter().filter(fresh).cloned().collect();
    let Some(last) = refusals.pop().filter(|_| !allowed) else {
        return Ok(());
    };
    let help = "these keywords decide who is master, who may speak or who is reachable: start with \
                --allow-unbuilt, or write `allow_unbuilt` into `holdfast { }`, to run without them";
    refusals.push(last.help(help));
    Err(refusals)
}

/// The findings that the running file has today.
fn known(running: &Bundle, facts: &HostFacts) -> FindingKeys {
    let text = running.section(Section::Text).unwrap_or_default();
    let record: Option<Record<Vec<u8>>> = postcard::from_bytes(&text).unwrap_or_default();
    let Some(record) = record else {
        return FindingKeys::default();
    };
    let (sources, environment, world) = record.again();
    let reading = Reading::of(sources, environment, world, facts, false);
    FindingKeys::new(&reading.compiled.findings, &reading.sources)
}
