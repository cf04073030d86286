//! The compile process and `-t`: reads the files, says what is wrong with them, and judges
//! whether they may replace what runs.

use super::reading::{Reading, Wanted};
use super::{bundle, files, verdict};
use crate::Context;
use crate::script::security;
use holdfast_kernel::inherit;
use holdfast_model::Model;
use holdfast_supervise::log::LogOptions;
use holdfast_supervise::{Bundle, Level, Sink, exit};
use holdfast_syntax::{Severity, render};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// keepalived's exit code of `-t` for a file that cannot be read or run.
const TEST_FATAL: i32 = 4;

fn wanted<'w>(path: &'w Path, context: &'w Context) -> Wanted<'w> {
    Wanted::new(path, context.config_id.as_deref(), context.all_files)
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Advice => Level::Info,
    }
}

/// The compile process: fills the memfd, or says why not. The result is its exit code.
pub fn compile(memfd: i32, generation: u64, running: Option<i32>, context: &Context) -> i32 {
    holdfast_kernel::heap::limit(2);
    let mut log = Sink::open("Keepalived", &context.log);
    // `killall -HUP holdfast` means the daemon, not this
    let _blocked = holdfast_supervise::signals::Signals::block(true);
    let descriptors = inherit::adopt(memfd).and_then(|memfd| {
        let running = running.map(inherit::adopt).transpose()?;
        Ok((memfd, running.map(Bundle::open).transpose()?))
    });
    let (memfd, running) = match descriptors {
        Ok(descriptors) => descriptors,
        Err(error) => {
            log.write(Level::Error, &format!("compile: {error}"));
            return exit::FATAL;
        }
    };
    let path = files::find(context.file.as_deref());
    let given = context.namespace_given;
    let (mut reading, facts) = match Reading::in_place(wanted(&path, context), given, &mut log) {
        Ok(read) => read,
        Err(error) => {
            log.write(Level::Error, &error.to_string());
            return exit::NO_CONFIG;
        }
    };
    keep_marks(&mut reading, running.as_ref());
    let (sources, compiled) = (&reading.sources, &reading.compiled);
    for (_, file) in sources.files() {
        log.write(Level::Info, &format!("Configuration file {}", file.name()));
    }
    // advice is for whoever writes the file: `holdfast check` has it
    let told = compiled.findings.iter();
    for finding in told.filter(|finding| finding.severity != Severity::Advice) {
        let line = render::concise(finding, sources);
        log.write(level(finding.severity), &line);
    }
    if let Some(keywords) = running.as_ref().and_then(|old| moved(old, &compiled.model)) {
        let line = format!("refused: {keywords} cannot change while the daemon runs: restart it");
        log.write(Level::Error, &line);
        return exit::CONFIG;
    }
    let allowed = context.allow_unbuilt;
    if let Err(refusals) = verdict::verdict(&reading, running.as_ref(), &facts, allowed) {
        for finding in &refusals {
            let line = format!("refused: {}", render::concise(finding, sources));
            log.write(Level::Error, &line);
            for help in &finding.help {
                log.write(Level::Error, &format!("refused: {help}"));
            }
        }
        return exit::CONFIG;
    }
    hand_over(&memfd, generation, reading, &mut log, "compile")
}

/// A group's addresses keep the mark that they have.
pub(super) fn keep_marks(reading: &mut Reading, running: Option<&Bundle>) {
    if reading.compiled.model.lvs.table.marking.is_none() {
        return;
    }
    // another build's is not read here: it has no marks that could be kept
    let running = running.and_then(|running| super::lvs_section(running).ok());
    holdfast_config::marks::assign(&mut reading.compiled.model.lvs, running.as_ref());
}

/// Fills the memfd with what was read and is not refused. The result is the exit code.
pub(super) fn hand_over(
    memfd: &OwnedFd,
    generation: u64,
    mut reading: Reading,
    log: &mut Sink,
    what: &str,
) -> i32 {
    let mut model = std::mem::take(&mut reading.compiled.model);
    for line in security::apply(&mut model) {
        log.write(Level::Warning, &line);
    }
    match bundle::write(memfd, generation, &model, &reading.record()) {
        Ok(()) => exit::OK,
        Err(error) => {
            log.write(Level::Error, &format!("{what}: {error}"));
            exit::FATAL
        }
    }
}

/// What of the place of a running daemon a configuration would change, which a reload cannot do.
fn moved(running: &Bundle, new: &Model) -> Option<&'static str> {
    let process = super::process_section(running);
    if process.is_ok_and(|old| old.place != new.process.place) {
        return Some("`net_namespace` and `instance`");
    }
    let table = super::table_section(running).ok()?;
    (table.namespace != new.lvs.table.namespace).then_some("`net_namespace_ipvs`")
}

/// `-t`: every finding with its line, to standard error or to `log_file`. The result is
/// keepalived's exit code.
pub fn config_test(context: &Context, log_file: Option<&Path>) -> i32 {
    holdfast_kernel::heap::limit(2);
    let options = LogOptions {
        console: log_file.is_none(),
        no_syslog: true,
        file: log_file.map(Path::to_owned),
        ..context.log.clone()
    };
    let mut log = Sink::open("Keepalived", &options);
    let path = files::find(context.file.as_deref());
    let wanted = wanted(&path, context).with_programs();
    let (reading, _) = match Reading::in_place(wanted, context.namespace_given, &mut log) {
        Ok(read) => read,
        Err(error) => {
            log.write(Level::Error, &error.to_string());
            return TEST_FATAL;
        }
    };
    let (sources, compiled) = (&reading.sources, &reading.compiled);
    for finding in &compiled.findings {
        match log_file {
            Some(_) => log.write(level(finding.severity), &render::concise(finding, sources)),
            None => print(&render::human(finding, sources)),
        }
    }
    let summary = summary(&reading, &path);
    match log_file {
        Some(_) => log.write(Level::Info, &summary),
        None => print(&summary),
    }
    let code = i32::from(compiled.outcome.exit_code());
    // the process ends: giving 100,000 servers back one by one takes a tenth of the time
    std::mem::forget(reading);
    code
}

fn summary(reading: &Reading, path: &Path) -> String {
    let compiled = &reading.compiled;
    format!(
        "{}: {} errors, {} warnings; {} instances, {} virtual servers\n",
        path.display(),
        reading.count(Severity::Error),
        reading.count(Severity::Warning),
        compiled.model.vrrp.instances.len(),
        compiled.model.lvs.virtual_servers.len(),
    )
}

fn print(text: &str) {
    use std::io::Write as _;
    let _closed = writeln!(io::stderr(), "{text}");
}
