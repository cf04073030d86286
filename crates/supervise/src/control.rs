//! The control socket: held here, so that nobody who connects is lost, whatever dies. The process
//! that answers is started when somebody connects, and ends when nobody has asked for a while.

use crate::channel::{Channel, Received};
use crate::protocol::ToControl;
use crate::settings::{ControlArguments, Settings, control_socket};
use crate::slot::Backoff;
use crate::spawn::spawn;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Ticks without a beat after which the process is taken for hung: 10 s. Nothing hangs on it.
const SILENT_TICKS: u32 = 20;
/// A process that could not be started is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The socket, and who answers.
pub(crate) struct Control {
    socket: Option<Socket>,
    /// The control process's ends of its links to the workers; copies outlive it.
    links: [Channel; 2],
    running: Option<Running>,
    /// What it was told of each worker last, and of the configuration.
    told: Vec<ToControl>,
    not_before: Option<Instant>,
    backoff: Backoff,
}

struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

struct Running {
    child: Child,
    channel: Channel,
    started: Instant,
    silent: u32,
}

impl Control {
    pub(crate) const fn new(links: [Channel; 2]) -> Self {
        Self {
            socket: None,
            links,
            running: None,
            told: Vec::new(),
            not_before: None,
            backoff: Backoff::INITIAL,
        }
    }

    /// Makes the socket: for root only. The run directory is ours, and with it what an earlier
    /// daemon left there.
    pub(crate) fn open(&mut self, run_dir: &Path) -> io::Result<()> {
        let path = control_socket(run_dir);
        if std::fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_socket()) {
            std::fs::remove_file(&path)?;
        }
        // between bind and chmod nobody else may connect either
        let before = nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o177));
        let bound = UnixListener::bind(&path);
        nix::sys::stat::umask(before);
        let listener = bound?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        self.socket = Some(Socket { listener, path });
        Ok(())
    }

    /// The socket of a build before this one in this process.
    pub(crate) fn adopt(&mut self, path: PathBuf, listener: OwnedFd) {
        let listener = UnixListener::from(listener);
        self.socket = Some(Socket { listener, path });
    }

    /// All that outlives the control process: the socket and its place, and its ends of the links.
    pub(crate) fn parts(&self) -> (Option<(&Path, BorrowedFd<'_>)>, [BorrowedFd<'_>; 2]) {
        let socket = self.socket.as_ref();
        let socket = socket.map(|socket| (socket.path.as_path(), socket.listener.as_fd()));
        let [vrrp, lvs] = &self.links;
        (socket, [vrrp.as_fd(), lvs.as_fd()])
    }

    /// What to wait for: the process's words, or somebody who connects.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match (&self.running, &self.socket) {
            (Some(running), _) => Some(running.channel.as_fd()),
            (None, Some(socket)) if self.not_before.is_none() => Some(socket.listener.as_fd()),
            (None, _) => None,
        }
    }

    pub(crate) fn pid(&self) -> Option<i32> {
        let running = self.running.as_ref()?;
        Some(running.child.id().cast_signed())
    }

    /// When a process that died may be started again.
    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.not_before
    }

    /// Hears that it is alive; what it says is nothing else.
    pub(crate) fn read(&mut self) {
        if let Some(running) = &mut self.running {
            while let Ok(Received::Message(..)) = running.channel.receive() {
                running.silent = 0;
            }
        }
    }

    /// Counts a tick, and ends a process that hangs; true when it did.
    pub(crate) fn tick(&mut self) -> bool {
        let Some(running) = &mut self.running else {
            return false;
        };
        running.silent += 1;
        let hangs = running.silent > SILENT_TICKS;
        if hangs {
            let _already_dead = running.child.kill();
        }
        hangs
    }

    /// Tells how the workers are, if that is news.
    pub(crate) fn tell(&mut self, facts: Vec<ToControl>) {
        let Some(running) = &self.running else {
            return;
        };
        if facts == self.told {
            return;
        }
        for fact in &facts {
            let _hangs = running.channel.send(&fact.encode(), None);
        }
        self.told = facts;
    }

    /// Its end, if it has ended: the words for the log when it was none of its own.
    pub(crate) fn reap(&mut self) -> Option<String> {
        let running = self.running.as_mut()?;
        let how = running.child.try_wait().ok().flatten()?;
        let running = self.running.take()?;
        self.told.clear();
        if how.success() {
            return None;
        }
        let delay = self.backoff.after_death(running.started, Instant::now());
        self.not_before = Some(Instant::now() + delay);
        let pid = running.child.id();
        Some(format!("control process({pid}) died ({how})"))
    }

    /// Starts the process when somebody has connected.
    pub(crate) fn start_if_asked(&mut self, settings: &Settings, now: Instant) -> io::Result<()> {
        self.not_before.take_if(|at| *at <= now);
        let Some(socket) = &self.socket else {
            return Ok(());
        };
        if self.running.is_some() || self.not_before.is_some() || !asked(&socket.listener) {
            return Ok(());
        }
        // whatever is missing is missing a moment later too, and who asks still waits
        let started = self.start(settings, now);
        started.inspect_err(|_| self.not_before = Some(now + AGAIN))
    }

    fn start(&mut self, settings: &Settings, now: Instant) -> io::Result<()> {
        let Some(socket) = &self.socket else {
            return Ok(());
        };
        let (ours, theirs) = Channel::pair()?;
        let [vrrp, lvs] = &self.links;
        let arguments = ControlArguments {
            channel: theirs.as_fd().as_raw_fd(),
            listener: socket.listener.as_raw_fd(),
            links: [vrrp, lvs].map(|link| link.as_fd().as_raw_fd()),
        };
        let mut command = Command::new(&settings.program);
        command
            .args(arguments.encode())
            .args(&settings.worker_arguments);
        let listener = socket.listener.as_fd();
        let inherited = [theirs.as_fd(), listener, vrrp.as_fd(), lvs.as_fd()];
        let child = spawn(&mut command, "holdfast: control", &inherited)?;
        self.running = Some(Running {
            child,
            channel: ours,
            started: now,
            silent: 0,
        });
        Ok(())
    }

    /// Ends the process; who asks next gets a new one.
    pub(crate) fn end_process(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _already_dead = running.child.kill();
            let _status = running.child.wait();
            self.told.clear();
        }
    }

    /// Ends with the daemon.
    pub(crate) fn end(&mut self) {
        self.end_process();
        if let Some(socket) = self.socket.take() {
            let _already_gone = std::fs::remove_file(&socket.path);
        }
    }
}

/// Somebody has connected and waits.
fn asked(listener: &UnixListener) -> bool {
    let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// Two links between the control process and the workers: its ends, and theirs.
pub(crate) fn links() -> io::Result<([Channel; 2], [Channel; 2])> {
    let (vrrp, of_vrrp) = Channel::pair()?;
    let (lvs, of_lvs) = Channel::pair()?;
    Ok(([vrrp, lvs], [of_vrrp, of_lvs]))
}

/// How a worker is, in the words of the protocol.
pub(crate) fn fact(worker: &crate::worker::Worker) -> ToControl {
    ToControl::Worker {
        role: worker.role,
        wanted: worker.wanted,
        pid: worker.pid().unwrap_or(0).unsigned_abs(),
        starts: worker.starts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn the_socket_is_for_its_owner_and_takes_the_place_of_an_old_one() {
        let folder = tempfile::tempdir().expect("folder");
        let (ours, _theirs) = links().expect("links");
        let mut control = Control::new(ours);
        drop(UnixListener::bind(control_socket(folder.path())).expect("an old one"));
        control.open(folder.path()).expect("open");
        let path = control_socket(folder.path());
        let mode = std::fs::metadata(&path)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(control.descriptor().is_some());
        let socket = control.socket.as_ref().expect("open");
        assert!(!asked(&socket.listener));
        let _stays = UnixStream::connect(&path).expect("connect");
        assert!(asked(&socket.listener));
        control.end();
        assert!(!path.exists());
    }

    #[test]
    fn what_is_no_socket_stays() {
        let folder = tempfile::tempdir().expect("folder");
        let path = control_socket(folder.path());
        std::fs::write(&path, "somebody's").expect("write");
        let (ours, _theirs) = links().expect("links");
        assert!(Control::new(ours).open(folder.path()).is_err());
        assert!(path.exists());
    }
}
