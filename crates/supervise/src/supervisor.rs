//! The loop: signals, the workers' channels, deaths, and what is due.

mod error;
mod handback;
mod rival;
mod stopping;
mod upgrade;

pub use error::RunError;

use crate::bundle::{Bundle, create};
use crate::channel::{Channel, Received};
use crate::control::{self, Control};
use crate::exit;
use crate::handover::Handover;
use crate::log::{Level, Sink};
use crate::namespace;
use crate::pidfile::PidFile;
use crate::protocol::{FromWorker, Moment, Role, ToControl, ToWorker};
use crate::settings::Settings;
use crate::signals::{Asked, Signals};
use crate::spawn::spawn;
use crate::worker::{Death, Worker};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rival::Rival;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use upgrade::Upgrade;

/// How often a worker's heartbeat is counted.
pub(crate) const TICK: Duration = Duration::from_millis(500);
/// So long after a start or a reload nothing of what only they need is in use any more.
const SETTLED: Duration = Duration::from_secs(10);
/// How long `release` may take before the supervisor goes on without it.
const RELEASE_LIMIT: Duration = Duration::from_secs(2);
/// How long the workers may take over a reload before it is worth a line.
const RELOAD_LIMIT: Duration = Duration::from_secs(10);

fn system(what: &'static str) -> impl FnOnce(io::Error) -> RunError {
    move |source| RunError::System { what, source }
}

/// How long the files may take; a million lines take two seconds. Beyond it a file system hangs.
const COMPILE_LIMIT: Duration = Duration::from_secs(60);

/// A compile process at work.
struct Compiling {
    child: Child,
    since: Instant,
    memfd: OwnedFd,
}

/// What the loop is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Starting,
    Running,
    /// Stopping the worker of this place in [`Role::ALL`], until the instant.
    Stopping {
        turn: usize,
        until: Instant,
    },
    /// Nothing runs any more but the last script, if there is one.
    Ending,
}

/// The script that runs before the workers, or after them.
struct Script {
    child: Child,
    moment: Moment,
}

struct Supervisor<'a> {
    settings: Settings,
    /// Ours as long as we run.
    pid_files: Vec<PidFile>,
    /// Why nothing could be started.
    failure: Option<RunError>,
    log: &'a mut Sink,
    signals: Signals,
    workers: [Worker; 2],
    control: Control,
    compiling: Option<Compiling>,
    reload_again: bool,
    current: Option<Bundle>,
    script: Option<Script>,
    phase: Phase,
    reload_until: Option<Instant>,
    /// When what the start or the reload needed of the program is given back.
    unload_at: Option<Instant>,
    next_tick: Instant,
    exit_code: i32,
    upgrade: Upgrade,
    /// In whose place it goes on.
    rival: Option<Rival>,
}

/// Runs the daemon to its end; the result is its exit code. `before`: it goes on where another build ended in
/// this process.
///
/// # Errors
/// When it cannot start.
pub fn run(settings: &Settings, log: &mut Sink, before: Option<Handover>) -> Result<i32, RunError> {
    let signals = Signals::block(settings.interrupt).map_err(system("read signals"))?;
    nix::sys::prctl::set_child_subreaper(true).map_err(|e| system("adopt orphans")(e.into()))?;
    let (one, other) = Channel::pair().map_err(system("link the workers"))?;
    let (asking, [of_vrrp, of_lvs]) = control::links().map_err(system("link the workers"))?;
    let worker = |role, link, questions| {
        Worker::new(role, link, questions).map_err(system("get memory for the workers"))
    };
    if before.is_none() {
        log.write(Level::Info, &settings.banner);
    }
    let mut supervisor = Supervisor {
        settings: settings.clone(),
        pid_files: Vec::new(),
        failure: None,
        log,
        signals,
        workers: [
            worker(Role::Vrrp, one, of_vrrp)?,
            worker(Role::Lvs, other, of_lvs)?,
        ],
        control: Control::new(asking),
        compiling: None,
        reload_again: false,
        current: None,
        script: None,
        phase: Phase::Starting,
        reload_until: None,
        unload_at: None,
        next_tick: Instant::now() + TICK,
        exit_code: exit::OK,
        upgrade: Upgrade::default(),
        rival: None,
    };
    match before {
        Some(before) => supervisor.go_on(before),
        None => {
            supervisor
                .compile()
                .map_err(system("start the compile process"))?;
        }
    }
    while !supervisor.turn() {}
    supervisor.control.end();
    supervisor.upgrade.end();
    supervisor.log.write(
        Level::Info,
        &settings.banner.replacen("Starting", "Stopped", 1),
    );
    match supervisor.failure {
        Some(failure) => Err(failure),
        None => Ok(supervisor.exit_code),
    }
}

impl Supervisor<'_> {
    /// One turn; true when everything is over.
    fn turn(&mut self) -> bool {
        let now = Instant::now();
        let wait = self.next_deadline().saturating_duration_since(now);
        self.wait(wait);
        while let Some(asked) = self.signals.next() {
            self.asked(asked);
        }
        self.read_channels();
        self.reap();
        let over = self.due(Instant::now());
        self.attend();
        self.attend_upgrade();
        over
    }

    /// Has those answered who ask at the control socket.
    fn attend(&mut self) {
        self.control.read();
        if let Some(line) = self.control.reap() {
            self.log.write(Level::Error, &line);
        }
        if let Err(error) = self.control.start_if_asked(&self.settings, Instant::now()) {
            let line = format!("cannot start the control process: {error}");
            self.log.write(Level::Error, &line);
        }
        let current = self.current.as_ref();
        let generation = current.map_or(0, |bundle| bundle.header.generation);
        let mut facts: Vec<ToControl> = self.workers.iter().map(control::fact).collect();
        facts.push(ToControl::Configuration { generation });
        self.control.tell(facts);
    }

    /// Sleeps until a descriptor has something or `limit` is over.
    fn wait(&self, limit: Duration) {
        let millis = u16::try_from(limit.as_millis() + 1).unwrap_or(u16::MAX);
        let mut fds = vec![PollFd::new(self.signals.as_fd(), PollFlags::POLLIN)];
        for channel in self.workers.iter().filter_map(Worker::channel) {
            fds.push(PollFd::new(channel.as_fd(), PollFlags::POLLIN));
        }
        if let Some(fd) = self.control.descriptor() {
            fds.push(PollFd::new(fd, PollFlags::POLLIN));
        }
        if let Some(fd) = self.upgrade.descriptor() {
            fds.push(PollFd::new(fd, PollFlags::POLLIN));
        }
        let _interrupted = poll(&mut fds, PollTimeout::from(millis));
    }

    fn next_deadline(&self) -> Instant {
        let restarts = self.workers.iter().filter_map(|worker| worker.restart_at);
        let stop = match self.phase {
            Phase::Stopping { until, .. } => Some(until),
            Phase::Starting | Phase::Running | Phase::Ending => None,
        };
        restarts
            .chain(stop)
            .chain(self.reload_until)
            .chain(self.control.deadline())
            .fold(self.next_tick, Instant::min)
    }

    fn asked(&mut self, asked: Asked) {
        match asked {
            Asked::Reload if self.phase == Phase::Running => self.reload(),
            Asked::Reload => self.reload_again = self.phase == Phase::Starting,
            Asked::Stop => self.stop(),
            Asked::ChildEnded => {}
            Asked::Report(number) => {
                for worker in &mut self.workers {
                    worker.tell(ToWorker::Signal(number), None);
                }
            }
        }
    }

    fn reload(&mut self) {
        if self.compiling.is_some() || self.upgrade.is_at_work() {
            self.reload_again = true;
            return;
        }
        self.log.write(Level::Info, "Reloading ...");
        notify(&[
            sd_notify::NotifyState::Reloading,
            sd_notify::NotifyState::monotonic_usec_now()
                .unwrap_or(sd_notify::NotifyState::MonotonicUsec(0)),
        ]);
        if let Err(error) = self.compile() {
            let line = format!("Reload failed: cannot start the compile process: {error}");
            self.log.write(Level::Error, &line);
            notify(&[sd_notify::NotifyState::Ready]);
        }
    }

    /// Starts the compile process: it reads the files, judges them against what runs, prints
    /// what it found, and fills the memfd.
    fn compile(&mut self) -> io::Result<()> {
        let memfd = create()?;
        let generation = self
            .current
            .as_ref()
            .map_or(0, |bundle| bundle.header.generation)
            + 1;
        let number = |fd: &OwnedFd| std::os::fd::AsRawFd::as_raw_fd(fd).to_string();
        let mut command = Command::new(&self.settings.program);
        command
            .arg("compile")
            .arg(number(&memfd))
            .arg(generation.to_string());
        let mut inherited = vec![memfd.as_fd()];
        match &self.current {
            Some(running) => {
                command.arg(number(&running.memfd));
                inherited.push(running.memfd.as_fd());
            }
            None => {
                command.arg("none");
            }
        }
        command.args(&self.settings.compile_arguments);
        let child = spawn(&mut command, "holdfast: compile", &inherited)?;
        self.compiling = Some(Compiling {
            child,
            since: Instant::now(),
            memfd,
        });
        Ok(())
    }

    fn compiled(&mut self, code: i32, memfd: OwnedFd) {
        let bundle = if code == exit::OK {
            Bundle::open(memfd).ok()
        } else {
            None
        };
        match (bundle, self.phase) {
            (Some(bundle), Phase::Starting | Phase::Running) => self.install(bundle),
            (None, Phase::Starting) => {
                self.exit_code = if code == exit::OK { exit::FATAL } else { code };
                self.log
                    .write(Level::Error, "Stopped: the configuration cannot be run");
                self.stop();
            }
            (None, Phase::Running) => {
                let line = "Reload refused: the running configuration stays in force";
                self.log.write(Level::Error, line);
                // not before the workers run what was in force before this reload
                if self.reload_until.is_none() {
                    notify(&[
                        sd_notify::NotifyState::Ready,
                        sd_notify::NotifyState::Status(line),
                    ]);
                }
            }
            (_, Phase::Stopping { .. } | Phase::Ending) => {}
        }
        self.reload_if_asked();
    }

    fn reload_if_asked(&mut self) {
        if self.phase == Phase::Running && std::mem::take(&mut self.reload_again) {
            self.reload();
        }
    }

    /// Takes a configuration over: at the start after the script that comes before all else.
    fn install(&mut self, bundle: Bundle) {
        let starting = self.phase == Phase::Starting;
        let first = starting && bundle.header.startup && !self.upgrade.is_at_work();
        if starting && let Err(failure) = self.settle_in(&bundle) {
            self.failure = Some(failure);
            self.stop();
            return;
        }
        self.current = Some(bundle);
        // before the script: it may be what stops keepalived
        if let Some(rival) = self.rival.take()
            && !self.succeed(rival)
        {
            return;
        }
        if !first || !self.run_script(Moment::Startup) {
            self.put_in_force();
        }
    }

    /// From here on nobody speaks for the addresses until the workers do. False when it serves on.
    fn succeed(&mut self, rival: Rival) -> bool {
        let pid = rival.pid();
        let line = match rival.end() {
            Ok(()) => format!("keepalived({pid}) was ended: going on in its place"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                format!("keepalived({pid}) has ended by itself")
            }
            Err(source) => {
                let what = "end keepalived, which serves on";
                self.failure = Some(RunError::System { what, source });
                self.stop();
                return false;
            }
        };
        self.log.write(Level::Info, &line);
        for worker in &mut self.workers {
            worker.adopts = true;
        }
        true
    }

    /// Enters the network namespace that the file names, and claims the pid files there. The file
    /// had to be read for that: until now nothing of this daemon was to be seen.
    fn settle_in(&mut self, bundle: &Bundle) -> Result<(), RunError> {
        let [namespace, instance] = bundle.place().map_err(system("read where to run"))?;
        let namespace = namespace.filter(|_| !self.settings.namespace_given);
        // a build before this one has done it
        let settled = !self.pid_files.is_empty();
        if let Some(name) = namespace.as_ref().filter(|_| !settled) {
            let entered = namespace::open(name).and_then(namespace::enter);
            entered.map_err(|source| RunError::Namespace {
                name: name.clone(),
                source,
            })?;
        }
        if !settled {
            self.rival = rival::ordered(&self.settings.run_dir);
        }
        if namespace.is_some() || instance.is_some() {
            self.settings = self.settings.at(&[namespace, instance]);
        }
        if settled {
            return Ok(());
        }
        let own = std::process::id();
        let first = PidFile::claim(&self.settings.pid_file, own)?;
        self.pid_files.push(first);
        let run_dir_file = self.settings.run_dir.join("holdfast.pid");
        // wherever `-p` points, the run directory has one owner, and `release` must find it
        if run_dir_file != self.settings.pid_file {
            self.pid_files.push(PidFile::claim(&run_dir_file, own)?);
        }
        if let Err(error) = self.control.open(&self.settings.run_dir) {
            let path = crate::settings::control_socket(&self.settings.run_dir);
            let line = format!(
                "no control socket at {}: {error}: 'holdfast status' cannot ask this daemon",
                path.display()
            );
            self.log.write(Level::Warning, &line);
        }
        if let Err(error) = self.upgrade.open(&self.settings.run_dir) {
            let line =
                format!("no upgrade socket: {error}: 'holdfast upgrade' cannot reach this daemon");
            self.log.write(Level::Warning, &line);
        }
        Ok(())
    }

    /// Tells the workers, starts and stops what the configuration asks for.
    fn put_in_force(&mut self) {
        let starting = self.phase == Phase::Starting;
        let Some(bundle) = &self.current else {
            return;
        };
        let header = bundle.header;
        if let Ok(name) = std::ffi::CStr::from_bytes_until_nul(&header.name)
            && !name.is_empty()
        {
            let _unnamed = nix::sys::prctl::set_name(name);
        }
        for worker in &mut self.workers {
            let wanted = self.settings.roles.contains(&worker.role)
                && match worker.role {
                    Role::Vrrp => header.vrrp,
                    Role::Lvs => header.lvs,
                };
            worker.wanted = wanted;
            if worker.runs() {
                let message = ToWorker::Reload {
                    generation: header.generation,
                };
                worker.tell(message, Some(bundle.memfd.as_fd()));
                if !wanted {
                    worker.asked_to_stop = true;
                    worker.tell(ToWorker::Stop { release: true }, None);
                }
            } else if wanted {
                worker.restart_at = Some(Instant::now());
            }
        }
        self.phase = Phase::Running;
        if !self.workers.iter().any(|worker| worker.wanted) {
            let line = "Warning - holdfast has no configuration to run";
            self.log.write(Level::Warning, line);
        }
        if starting {
            self.due(Instant::now());
        }
        self.reload_until = Some(Instant::now() + RELOAD_LIMIT);
        self.settled();
    }

    /// Says so once every worker runs the current configuration.
    fn settled(&mut self) {
        let Some(generation) = self.current.as_ref().map(|bundle| bundle.header.generation) else {
            return;
        };
        let done = |worker: &Worker| !worker.wanted || worker.generation == Some(generation);
        if self.reload_until.is_none() || !self.workers.iter().all(done) {
            return;
        }
        self.reload_until = None;
        self.unload_at = Some(Instant::now() + SETTLED);
        let upgraded = self.upgrade.settled();
        let line = match &upgraded {
            Some(line) => line.clone(),
            None if generation == 1 => "Startup complete".to_owned(),
            None => "Reload complete".to_owned(),
        };
        self.log.write(Level::Info, &line);
        if self.compiling.is_some() {
            // the next reload is under way: ready comes when that one is over
            return;
        }
        notify(&[
            sd_notify::NotifyState::Ready,
            sd_notify::NotifyState::Status("Running"),
        ]);
        if upgraded.is_some() {
            self.reload_if_asked();
        }
    }

    fn read_channels(&mut self) {
        for index in 0..self.workers.len() {
            let Some(worker) = self.workers.get_mut(index) else {
                continue;
            };
            let generation = self.current.as_ref().map(|bundle| bundle.header.generation);
            let mut settled = false;
            let mut kept = None;
            let mut left_over = None;
            while let Some(Ok(Received::Message(bytes, fd))) =
                worker.channel().map(Channel::receive)
            {
                worker.heard();
                match FromWorker::decode(&bytes) {
                    Some(FromWorker::Ready) => {
                        // a worker maps the bundle that was current when it was started
                        worker.generation = worker.started_with.or(generation);
                        settled = true;
                    }
                    Some(FromWorker::Reloaded { generation }) => {
                        worker.generation = Some(generation);
                        settled = true;
                    }
                    Some(FromWorker::Kept { generation: number }) => {
                        kept = (Some(number) == generation).then_some(worker.role).or(kept);
                    }
                    Some(left @ (FromWorker::Keep { .. } | FromWorker::Drop { .. })) => {
                        worker.legacy.heard(left, fd);
                    }
                    Some(FromWorker::Offered { left: number }) => left_over = Some(number),
                    Some(FromWorker::Beat) | None => {}
                }
            }
            if settled {
                self.settled();
            }
            if let Some(role) = kept {
                self.kept(role);
            }
            if let Some(left) = left_over {
                self.offered(left);
            }
        }
    }

    /// A worker could not read the new configuration. It goes on with the old one: better an old
    /// configuration than no VIP.
    fn kept(&mut self, role: Role) {
        self.reload_until = None;
        let line = format!(
            "Reload incomplete: the {} child process keeps its old configuration",
            role.title()
        );
        self.log.write(Level::Error, &line);
        notify(&[
            sd_notify::NotifyState::Ready,
            sd_notify::NotifyState::Status(&line),
        ]);
    }

    /// Starts the process that runs a script to its end or its limit; false when it cannot.
    fn run_script(&mut self, moment: Moment) -> bool {
        let Some(bundle) = &self.current else {
            return false;
        };
        let mut command = Command::new(&self.settings.program);
        command
            .arg("script")
            .arg(moment.word())
            .arg(std::os::fd::AsRawFd::as_raw_fd(&bundle.memfd).to_string())
            .args(&self.settings.worker_arguments);
        match spawn(&mut command, "holdfast: script", &[bundle.memfd.as_fd()]) {
            Ok(child) => {
                self.script = Some(Script { child, moment });
                true
            }
            Err(error) => {
                let line = format!("cannot run the {} script: {error}", moment.word());
                self.log.write(Level::Error, &line);
                false
            }
        }
    }

    fn reap_script(&mut self) {
        let Some(script) = &mut self.script else {
            return;
        };
        if matches!(script.child.try_wait(), Ok(None)) {
            return;
        }
        let moment = script.moment;
        self.script = None;
        if moment == Moment::Startup && self.phase == Phase::Starting {
            self.put_in_force();
            self.reload_if_asked();
        }
    }

    /// Collects what has ended: the compile process and workers; anything else was an orphan.
    fn reap(&mut self) {
        if let Some(job) = &mut self.compiling
            && job.since.elapsed() > COMPILE_LIMIT
        {
            let line = format!("reading the configuration takes over {COMPILE_LIMIT:?}: given up");
            self.log.write(Level::Error, &line);
            let _gone = job.child.kill();
            // ended in a moment; no second line
            job.since = Instant::now();
        }
        let ended = self
            .compiling
            .as_mut()
            .and_then(|job| job.child.try_wait().ok().flatten());
        if let (Some(status), Some(job)) = (ended, ended.and_then(|_| self.compiling.take())) {
            self.compiled(status.code().unwrap_or(exit::FATAL), job.memfd);
        }
        self.reap_script();
        let stopping = matches!(self.phase, Phase::Stopping { .. });
        for index in 0..self.workers.len() {
            let Some(worker) = self.workers.get_mut(index) else {
                continue;
            };
            // a worker that was asked to end may be wanted again before it has
            let asked = stopping || !worker.wanted || worker.asked_to_stop;
            let Some(death) = worker.reap(asked) else {
                continue;
            };
            let expected = stopping || !worker.wanted;
            if asked || death.clean {
                // what it was asked to give back, it gave back
                worker.legacy.forget();
            }
            if !expected && death.clean && std::mem::take(&mut worker.asked_to_stop) {
                worker.restart_at = Some(Instant::now());
                continue;
            }
            let role = worker.role;
            if expected && death.clean {
                continue;
            }
            self.died(role, &death, expected);
        }
        self.reap_orphans();
    }

    /// Grandchildren come to us as the subreaper; their fate interests nobody.
    fn reap_orphans(&self) {
        use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
        let peek = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        // our own children are collected through their handles; look before taking
        while let Ok(status) = waitid(Id::All, peek) {
            let Some(pid) = status.pid() else { return };
            let own = self
                .workers
                .iter()
                .map(Worker::pid)
                .chain([self.control.pid()])
                .any(|known| known == Some(pid.as_raw()))
                || [
                    self.compiling.as_ref().map(|job| &job.child),
                    self.script.as_ref().map(|script| &script.child),
                    self.upgrade.child(),
                ]
                .into_iter()
                .flatten()
                .any(|child| child.id().cast_signed() == pid.as_raw());
            if own
                || matches!(
                    waitpid(pid, Some(WaitPidFlag::WNOHANG)),
                    Err(_) | Ok(WaitStatus::StillAlive)
                )
            {
                return;
            }
        }
    }

    fn died(&mut self, role: Role, death: &Death, expected: bool) {
        let (title, pid) = (role.title(), death.pid);
        if !expected {
            let respawning = if self.settings.respawn {
                ": Respawning"
            } else {
                ": Exiting"
            };
            let line = format!(
                "{title} child process({pid}) died{respawning} ({})",
                death.how
            );
            self.log.write(Level::Error, &line);
            if self.upgrade.is_new() {
                self.go_back(&line);
            }
        }
        if role == Role::Vrrp && (expected || !self.settings.respawn || !death.delay.is_zero()) {
            // nobody follows at once: the VIPs must not stay behind
            self.release();
            let mut workers = self.workers.iter_mut();
            if let Some(worker) = workers.find(|worker| worker.role == role) {
                worker.legacy.forget();
            }
        }
        if expected {
            return;
        }
        if self.settings.respawn {
            if let Some(worker) = self.workers.iter_mut().find(|worker| worker.role == role) {
                worker.restart_at = Some(Instant::now() + death.delay);
            }
        } else {
            self.exit_code = exit::FATAL;
            self.stop();
        }
    }

    /// `holdfast release`: priority 0 and the addresses of a worker that could not do it.
    fn release(&mut self) {
        if !self.settings.release_vrrp {
            return;
        }
        let mut command = Command::new(&self.settings.program);
        command
            .arg("release")
            .arg("--run-dir")
            .arg(&self.settings.run_dir);
        let Ok(mut child) = spawn(&mut command, "holdfast: release", &[]) else {
            let _said = (self.settings.release_here)(&self.settings.run_dir, self.log);
            return;
        };
        let until = Instant::now() + RELEASE_LIMIT;
        while Instant::now() < until {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _gone = child.kill();
        let _status = child.wait();
        self.log.write(
            Level::Error,
            "release took too long: addresses may have stayed",
        );
    }

    /// Starts, kills and ends what is due; true when everything is over.
    fn due(&mut self, now: Instant) -> bool {
        if now >= self.next_tick {
            self.next_tick = now + TICK;
            if self.unload_at.is_some_and(|at| now >= at) {
                self.unload_at = None;
                (self.settings.unload)();
            }
            if self.control.tick() {
                let line = "control process is silent: killed";
                self.log.write(Level::Error, line);
            }
            for worker in &mut self.workers {
                if worker.missed_beats() {
                    let line = format!("{} child process is silent: killed", worker.role.title());
                    self.log.write(Level::Error, &line);
                    worker.kill();
                }
            }
        }
        if self.reload_until.is_some_and(|until| now >= until) {
            if self.upgrade.is_new() {
                self.go_back("its workers are not ready after 10 s");
            }
            let _not_told_yet = self.upgrade.settled();
            self.reload_until = None;
            self.log.write(
                Level::Warning,
                "a worker has not taken over the configuration yet",
            );
            notify(&[sd_notify::NotifyState::Ready]);
        }
        if let Phase::Stopping { turn, until } = self.phase {
            self.stop_next(turn, until, now);
        }
        if self.phase == Phase::Ending {
            return self.script.is_none();
        }
        if self.phase != Phase::Running {
            return false;
        }
        for index in 0..self.workers.len() {
            self.start_if_due(index, now);
        }
        false
    }

    fn start_if_due(&mut self, index: usize, now: Instant) {
        let (Some(bundle), Some(worker)) = (&self.current, self.workers.get_mut(index)) else {
            return;
        };
        if !worker.wanted || worker.runs() || worker.restart_at.is_none_or(|at| now < at) {
            return;
        }
        worker.restart_at = None;
        let title = worker.role.title();
        let line = match worker.start(&self.settings, bundle) {
            Ok(pid) => format!("Starting {title} child process, pid={pid}"),
            Err(error) => {
                worker.restart_at = Some(now + Duration::from_secs(1));
                // its sockets may be the descriptors that are missing
                worker.legacy.forget();
                let line = format!("cannot start the {title} child process: {error}");
                if worker.role == Role::Vrrp {
                    // nobody follows at once: the VIPs must not stay behind
                    self.release();
                }
                line
            }
        };
        self.log.write(Level::Info, &line);
    }
}

/// Tells systemd, if it listens.
fn notify(states: &[sd_notify::NotifyState<'_>]) {
    let _nobody_listens = sd_notify::notify(states);
}
