//! From options to a running process.

use crate::change::Rival;
use crate::cli::Options;
use crate::complain;
use holdfast_daemon::{Context, load, release, worker};
use holdfast_supervise::{
    ControlArguments, HANDOVER_FORM, Handover, Moment, Role, Settings, Sink, WorkerArguments, exit,
    namespace,
};
use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const RUN_DIR: &str = "/run/holdfast";

/// MiB of a recording, and as much again for the one before: one instance takes a day or two to fill it.
const RECORD_SIZE: u64 = 32;

/// Of the daemon with these options.
pub(crate) fn run_dir(options: &Options) -> PathBuf {
    options.run_dir.clone().unwrap_or_else(|| RUN_DIR.into())
}

pub(crate) fn context(options: &Options) -> Context {
    Context {
        run_dir: run_dir(options),
        file: options.file.clone(),
        config_id: options.config_id.clone(),
        all_files: options.all_files,
        log: options.log.clone(),
        allow_unbuilt: options.allow_unbuilt,
        without_ipvs: options.without_ipvs,
        no_bfd: options.no_bfd,
        vrrp_alone: options.only_vrrp && !options.only_check,
        interrupt: !options.ignore_interrupt,
        umask_given: options.umask.is_some(),
        namespace_given: options.namespace.is_some(),
        keep_vips: options.keep_vips,
        keep_ipvs: options.keep_ipvs,
        record: options.record.clone().map(|file| worker::Recording {
            file,
            limit: options
                .record_size
                .unwrap_or(RECORD_SIZE)
                .saturating_mul(1 << 20),
        }),
    }
}

/// The daemon: in the background unless `-n`.
pub(crate) fn daemon(options: &Options, arguments: &[OsString]) -> i32 {
    if !nix::unistd::geteuid().is_root() {
        complain("holdfast: it must run as root");
        return exit::NO_PERMISSION;
    }
    if let Err(error) = prepare(options) {
        complain(&format!("holdfast: {error}"));
        return exit::FATAL;
    }
    serve(options, arguments, None)
}

/// What the supervisor of another build has become.
pub(crate) fn upgraded(options: &Options, arguments: &[OsString]) -> i32 {
    match Handover::receive() {
        Ok(before) => serve(options, arguments, Some(before)),
        Err(error) => {
            complain(&format!(
                "holdfast: cannot take over from another version: {error}"
            ));
            exit::FATAL
        }
    }
}

fn serve(options: &Options, arguments: &[OsString], before: Option<Handover>) -> i32 {
    let settings = match settings(options, arguments) {
        Ok(settings) => settings,
        Err(error) => {
            complain(&format!("holdfast: {error}"));
            return exit::FATAL;
        }
    };
    if !options.foreground
        && before.is_none()
        && let Err(error) = nix::unistd::daemon(false, false)
    {
        complain(&format!("holdfast: cannot go into the background: {error}"));
        return exit::FATAL;
    }
    let mut log = Sink::open("Keepalived", &settings.log).hasty();
    let unbuilt = options.unbuilt.iter().filter(|_| before.is_none());
    for option in unbuilt {
        let line = format!("option --{option} is not supported yet: it has no effect");
        log.write(holdfast_supervise::Level::Warning, &line);
    }
    match holdfast_supervise::run(&settings, &mut log, before) {
        Ok(code) => code,
        Err(error) => {
            log.write(holdfast_supervise::Level::Error, &error.to_string());
            if !options.log.console {
                complain(&format!("holdfast: {error}"));
            }
            exit::FATAL
        }
    }
}

/// What must be so before the first file is made or process started.
fn prepare(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    // keepalived's default: nothing that the daemon makes is for others (0177 less what it asks)
    let mask = options.umask.unwrap_or(0o022);
    let mask = nix::sys::stat::Mode::from_bits_truncate(mask);
    nix::sys::stat::umask(mask);
    if options.core_dump {
        let all = nix::libc::RLIM_INFINITY;
        nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, all, all)?;
    }
    if let Some(name) = &options.namespace {
        let there = namespace::open(name)
            .map_err(|error| format!("cannot open network namespace /run/netns/{name}: {error}"))?;
        namespace::enter(there)?;
    }
    Ok(())
}

fn settings(options: &Options, arguments: &[OsString]) -> std::io::Result<Settings> {
    let run_dir = context(options).run_dir;
    let run_dir = std::path::absolute(run_dir)?;
    let place = |given: &Option<PathBuf>, name: &str| match given {
        Some(path) => std::path::absolute(path),
        None => Ok(run_dir.join(name)),
    };
    let roles = match (options.only_vrrp, options.only_check) {
        (true, false) => vec![Role::Vrrp],
        (false, true) => vec![Role::Lvs],
        (false, false) | (true, true) => Role::ALL.to_vec(),
    };
    // the same options again, with the names that a change of directory would change
    let mut passed = arguments.to_vec();
    passed.extend(["--run-dir".into(), run_dir.clone().into_os_string()]);
    if let Some(file) = &options.file {
        passed.extend([
            "--use-file".into(),
            std::path::absolute(file)?.into_os_string(),
        ]);
    }
    let files = [
        ("--pid", &options.pid),
        ("--vrrp_pid", &options.vrrp_pid),
        ("--checkers_pid", &options.checkers_pid),
        ("--record", &options.record),
    ];
    for (option, file) in files {
        if let Some(file) = file {
            passed.extend([option.into(), std::path::absolute(file)?.into_os_string()]);
        }
    }
    let mut log = options.log.clone();
    if let Some(file) = &options.log.file {
        let file = std::path::absolute(file)?;
        let mut word = OsString::from("--log-file=");
        word.push(&file);
        passed.push(word);
        log.file = Some(file);
    }
    Ok(Settings {
        // the file behind this very process: an upgrade on disk must not mix two builds
        program: "/proc/self/exe".into(),
        pid_file: place(&options.pid, "holdfast.pid")?,
        vrrp_pid_file: place(&options.vrrp_pid, "vrrp.pid")?,
        lvs_pid_file: place(&options.checkers_pid, "checkers.pid")?,
        run_dir,
        roles,
        compile_arguments: passed.clone(),
        worker_arguments: passed,
        log,
        respawn: !options.no_respawn,
        release_vrrp: !options.keep_vips,
        release_here: release::instances,
        unload: holdfast_kernel::program::unload,
        release_ipvs: !options.keep_ipvs,
        interrupt: !options.ignore_interrupt,
        namespace_given: options.namespace.is_some(),
        banner: format!("Starting Holdfast v{}", env!("CARGO_PKG_VERSION")),
    })
}

/// `-t`: reads, says what it found, ends with keepalived's exit codes.
pub(crate) fn config_test(options: &Options) -> i32 {
    let log_file = options.config_test.clone().flatten();
    load::config_test(&context(options), log_file.as_deref())
}

/// `holdfast release`.
pub(crate) fn release(options: &Options) -> i32 {
    release::release(&context(options))
}

/// The compile process.
pub(crate) fn compile(memfd: i32, generation: u64, running: Option<i32>, options: &Options) -> i32 {
    let code = load::compile(memfd, generation, running, &context(options));
    // this process is in the namespace that the file names
    if code == exit::OK && running.is_none() && has_rival(options) {
        return exit::FATAL;
    }
    code
}

/// True when a keepalived does the same work here, and is not to be ended.
fn has_rival(options: &Options) -> bool {
    let order = holdfast_supervise::takeover_order(&run_dir(options));
    let order = std::fs::read_to_string(order).unwrap_or_default();
    let named = order.split(' ').next().and_then(|pid| pid.parse().ok());
    let mut all = Rival::all().into_iter();
    let Some(rival) = all.find(|rival| Some(rival.pid) != named && rival.shares_with(options))
    else {
        return false;
    };
    let line = format!(
        "keepalived(pid {}) serves here: stop it, or go on in its place with 'holdfast takeover'",
        rival.pid
    );
    let mut log = Sink::open("Keepalived", &options.log);
    log.write(holdfast_supervise::Level::Error, &line);
    true
}

/// The compile process of a build that is to go on in place of another. `running`: what that one runs, and how it
/// would hand over.
pub(crate) fn recompile(
    memfd: i32,
    generation: u64,
    running: (i32, u32),
    options: &Options,
) -> i32 {
    let (running, form) = running;
    if form != HANDOVER_FORM {
        complain(
            "holdfast: the running version hands over in a way that this one does not know: restart it",
        );
        return exit::FATAL;
    }
    load::recompile(memfd, generation, running, &context(options))
}

/// The process that runs a script of the daemon itself.
pub(crate) fn script(moment: Moment, memfd: i32, options: &Options) -> i32 {
    holdfast_daemon::script::once::run(moment, memfd, &context(options))
}

/// A worker process.
pub(crate) fn worker(arguments: &WorkerArguments, options: &Options) -> i32 {
    worker::run(arguments, &context(options))
}

/// The control process.
pub(crate) fn control(arguments: &ControlArguments, options: &Options) -> i32 {
    // it ends with the daemon, not with the terminal
    let _unblocked = holdfast_supervise::signals::Signals::block(!options.ignore_interrupt);
    let mut log = Sink::open("Keepalived", &options.log);
    // whoever speaks with it speaks with nobody: what it needs is open
    if let Err(error) = holdfast_kernel::privilege::give_up() {
        let line = format!("control process: it keeps rights that it does not need: {error}");
        log.write(holdfast_supervise::Level::Warning, &line);
    }
    let Ok(_logger) = holdfast_daemon::render::start(log) else {
        return exit::FATAL;
    };
    match holdfast_control::process::run(arguments) {
        Ok(()) => exit::OK,
        Err(error) => {
            complain(&format!("holdfast: control socket: {error}"));
            exit::FATAL
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_of_this_build_and_find_the_files_from_anywhere() {
        let arguments: Vec<OsString> = ["-f", "a.conf", "--log-file=a.log"].map(Into::into).into();
        let options = Options::parse(arguments.clone()).expect("options");
        let settings = settings(&options, &arguments).expect("settings");
        // not the path: an upgrade may put another build there
        assert_eq!(settings.program, PathBuf::from("/proc/self/exe"));
        assert!(
            settings
                .log
                .file
                .as_ref()
                .is_some_and(|file| file.is_absolute())
        );
        let passed = Options::parse(settings.worker_arguments).expect("passed on");
        assert_eq!(passed.log.file, settings.log.file);
        assert!(passed.file.is_some_and(|file| file.is_absolute()));
    }
}
