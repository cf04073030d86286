//! Where another build asks to go on in place of the one that runs: a socket in the run directory, for
//! root. A caller sends two messages, each with a descriptor: the program, and where the findings
//! about the configuration are to be printed. It gets one answer, by whichever build runs in the end.

use crate::channel::{Channel, Received};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, connect, listen, socket,
};
use nix::sys::stat::{Mode, umask};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The first message, with the program.
const PROGRAM: &[u8] = b"upgrade 1 program";
/// The second one, with a place to print to.
const CONSOLE: &[u8] = b"upgrade 1 console";

/// The only one of a caller that wants the daemon to hand over to its peer and end.
const HANDBACK: &[u8] = b"handback 1";

/// The socket.
#[derive(Debug)]
pub(crate) struct Door {
    listener: OwnedFd,
    path: PathBuf,
}

fn path(run_dir: &Path) -> PathBuf {
    run_dir.join("upgrade.sock")
}

fn new_socket() -> nix::Result<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)
}

impl Door {
    /// Makes it, in place of what an earlier daemon left.
    pub(crate) fn open(run_dir: &Path) -> io::Result<Self> {
        let path = path(run_dir);
        if std::fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_socket()) {
            std::fs::remove_file(&path)?;
        }
        let listener = new_socket()?;
        let before = umask(Mode::from_bits_truncate(0o177));
        let bound = bind(listener.as_raw_fd(), &UnixAddr::new(&path)?);
        umask(before);
        bound?;
        listen(&listener, Backlog::new(4)?)?;
        Ok(Self { listener, path })
    }

    /// That of a build before this one in this process.
    pub(crate) const fn adopt(path: PathBuf, listener: OwnedFd) -> Self {
        Self { listener, path }
    }

    pub(crate) fn parts(&self) -> (&Path, BorrowedFd<'_>) {
        (&self.path, self.listener.as_fd())
    }

    /// Who came first.
    pub(crate) fn accept(&self) -> Option<Channel> {
        let listener = UnixListener::from(self.listener.try_clone().ok()?);
        let (connection, _) = listener.accept().ok()?;
        Channel::from_fd(connection.into()).ok()
    }

    /// Goes with the daemon.
    pub(crate) fn remove(&self) {
        let _already_gone = std::fs::remove_file(&self.path);
    }
}

/// Who asked.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) channel: Channel,
    pub(crate) program: Option<OwnedFd>,
    pub(crate) console: Option<OwnedFd>,
    /// It does not bring a program: the daemon is to hand over and end.
    pub(crate) hands_back: bool,
}

impl Caller {
    pub(crate) const fn new(channel: Channel) -> Self {
        Self {
            channel,
            program: None,
            console: None,
            hands_back: false,
        }
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.hands_back || self.program.is_some() && self.console.is_some()
    }

    /// Hears more of it; false when it is gone.
    pub(crate) fn listen(&mut self) -> bool {
        while !self.is_whole() {
            match self.channel.receive() {
                Ok(Received::Message(bytes, fd)) if bytes == PROGRAM => self.program = fd,
                Ok(Received::Message(bytes, fd)) if bytes == CONSOLE => self.console = fd,
                Ok(Received::Message(bytes, _)) if bytes == HANDBACK => self.hands_back = true,
                Ok(Received::Empty) => return true,
                Ok(Received::Message(..) | Received::Closed) | Err(_) => return false,
            }
        }
        true
    }
}

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The exit code it stands for.
    pub code: i32,
    /// In words.
    pub text: String,
}

impl Answer {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let code = u8::try_from(self.code).unwrap_or(1);
        let text = self.text.bytes().take(3000);
        std::iter::once(code).chain(text).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (code, text) = bytes.split_first()?;
        let text = String::from_utf8_lossy(text).into_owned();
        let code = i32::from(*code);
        Some(Self { code, text })
    }
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Nobody listens.
    #[error("cannot ask at {path}: {source}")]
    Closed {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The daemon has ended in between.
    #[error(
        "the daemon has ended without an answer: 'systemctl status holdfast' and its log say more"
    )]
    Lost,
    /// It took too long.
    #[error("no answer after {0:?}: the daemon's log says more")]
    Late(Duration),
}

/// Asks the daemon of this run directory to go on as `program`, and waits for what became of it.
///
/// # Errors
/// When nobody is there to answer.
pub fn ask(
    run_dir: &Path,
    program: BorrowedFd<'_>,
    console: BorrowedFd<'_>,
    limit: Duration,
) -> Result<Answer, DoorError> {
    let messages = [(PROGRAM, Some(program)), (CONSOLE, Some(console))];
    call(run_dir, &messages, limit)
}

/// Asks the daemon of this run directory to hand over to its peer and end, and waits for what became of it.
///
/// # Errors
/// When nobody is there to answer.
pub fn ask_handback(run_dir: &Path, limit: Duration) -> Result<Answer, DoorError> {
    call(run_dir, &[(HANDBACK, None)], limit)
}

fn call(
    run_dir: &Path,
    messages: &[(&[u8], Option<BorrowedFd<'_>>)],
    limit: Duration,
) -> Result<Answer, DoorError> {
    let path = path(run_dir);
    let connected = || -> io::Result<Channel> {
        let connection = new_socket()?;
        connect(connection.as_raw_fd(), &UnixAddr::new(&path)?)?;
        let channel = Channel::from_fd(connection)?;
        for (message, descriptor) in messages {
            channel.send(message, *descriptor)?;
        }
        Ok(channel)
    };
    let channel = connected().map_err(|source| DoorError::Closed {
        path: path.clone(),
        source,
    })?;
    let until = Instant::now() + limit;
    loop {
        match channel.receive() {
            Ok(Received::Message(bytes, _)) => {
                return Answer::decode(&bytes).ok_or(DoorError::Lost);
            }
            Ok(Received::Closed) | Err(_) => return Err(DoorError::Lost),
            Ok(Received::Empty) => {}
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DoorError::Late(limit));
        }
        let millis = u16::try_from(left.as_millis() + 1).unwrap_or(u16::MAX);
        let mut fds = [PollFd::new(channel.as_fd(), PollFlags::POLLIN)];
        let _interrupted = poll(&mut fds, PollTimeout::from(millis));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_gets_its_answer() {
        let folder = tempfile::tempdir().expect("folder");
        let door = Door::open(folder.path()).expect("door");
        let answer = Answer {
            code: 2,
            text: "refused".into(),
        };
        let told = answer.clone();
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| {
                let file = tempfile::tempfile().expect("file");
                let limit = Duration::from_secs(20);
                ask(folder.path(), file.as_fd(), file.as_fd(), limit).expect("answer")
            });
            let mut fds = [PollFd::new(door.parts().1, PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::from(20_000_u16)).expect("poll");
            let mut caller = Caller::new(door.accept().expect("caller"));
            while !caller.is_whole() {
                let mut fds = [PollFd::new(caller.channel.as_fd(), PollFlags::POLLIN)];
                poll(&mut fds, PollTimeout::from(20_000_u16)).expect("poll");
                assert!(caller.listen());
            }
            caller.channel.send(&told.encode(), None).expect("send");
            assert_eq!(asked.join().expect("joined"), answer);
        });
        door.remove();
        assert!(!folder.path().join("upgrade.sock").exists());
    }
}
