//! What goes from one build of the supervisor to the next, within the same process: a queue of
//! messages on standard input, a text each and a descriptor with most of them. Descriptors in a queue
//! live on when the program of the process changes, and nobody has to agree on numbers.
//!
//! ```text
//!  form 1 │ bundle + fd │ previous + program, bundle of that + fd │ caller + fd │ ... │ end
//! ```
//! Texts that a build does not know it leaves out.

use crate::bundle::Bundle;
use crate::channel::{Channel, Received};
use crate::legacy::Legacy;
use crate::pidfile::PidFile;
use crate::protocol::Role;
use crate::worker::Worker;
use nix::sys::socket::{setsockopt, sockopt};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Of the messages. A build that does not know it refuses before anything has happened.
pub const FORM: u32 = 1;
/// Room for some thousand messages.
const QUEUE: usize = 8 << 20;

/// The program that a process ran before, and what it ran: it can be gone back to.
#[derive(Debug)]
pub(crate) struct Previous {
    pub(crate) program: OwnedFd,
    pub(crate) bundle: OwnedFd,
}

/// Of one worker.
#[derive(Default)]
pub(crate) struct Left {
    pub(crate) link: Option<OwnedFd>,
    pub(crate) questions: Option<OwnedFd>,
    pub(crate) memory: Option<OwnedFd>,
    pub(crate) sockets: BTreeMap<u64, OwnedFd>,
    pub(crate) starts: u32,
}

/// All of it, as it arrives.
#[derive(Default)]
pub struct Handover {
    pub(crate) bundle: Option<Bundle>,
    pub(crate) previous_program: Option<OwnedFd>,
    pub(crate) previous_bundle: Option<OwnedFd>,
    pub(crate) caller: Option<Channel>,
    pub(crate) pid_files: Vec<PidFile>,
    pub(crate) listener: Option<(PathBuf, OwnedFd)>,
    pub(crate) door: Option<(PathBuf, OwnedFd)>,
    pub(crate) asking: [Option<Channel>; 2],
    pub(crate) workers: [Left; 2],
    /// A reload was asked for meanwhile.
    pub(crate) reload: bool,
    /// Why another build did not go on.
    pub(crate) gone_back: Option<String>,
}

impl Handover {
    /// Reads what was left on standard input, which is empty from then on.
    ///
    /// # Errors
    /// When it is not whole.
    pub fn receive() -> io::Result<Self> {
        let queue = Channel::from_fd(io::stdin().as_fd().try_clone_to_owned()?)?;
        nix::unistd::dup2_stdin(std::fs::File::open("/dev/null")?)?;
        Self::read(&queue)
    }

    fn read(queue: &Channel) -> io::Result<Self> {
        let mut all = Self::default();
        let mut known = false;
        loop {
            let Received::Message(bytes, descriptor) = queue.receive()? else {
                return Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "it has no end",
                ));
            };
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match text.split_once(' ').unwrap_or((&text, "")) {
                ("end", _) if known && all.bundle.is_some() => return Ok(all),
                ("form", form) => known = form.parse() == Ok(FORM),
                (word, rest) => all.take(word, rest, descriptor)?,
            }
        }
    }

    fn take(&mut self, word: &str, rest: &str, descriptor: Option<OwnedFd>) -> io::Result<()> {
        let role = |rest: &str| {
            let word = rest.split(' ').next().unwrap_or_default();
            Role::ALL.iter().position(|role| role.word() == word)
        };
        let number = rest.rsplit(' ').next().and_then(|n| n.parse::<u64>().ok());
        let at = role(rest);
        let worker = at.and_then(|at| self.workers.get_mut(at));
        match (word, descriptor, worker) {
            ("bundle", Some(fd), _) => self.bundle = Some(Bundle::open(fd)?),
            ("previous-program", Some(fd), _) => self.previous_program = Some(fd),
            ("previous-bundle", Some(fd), _) => self.previous_bundle = Some(fd),
            ("caller", Some(fd), _) => self.caller = Some(Channel::from_fd(fd)?),
            ("pid-file", Some(fd), _) => {
                let file = PidFile::adopt(rest.into(), fd).map_err(io::Error::other)?;
                self.pid_files.push(file);
            }
            ("control", Some(fd), _) => self.listener = Some((rest.into(), fd)),
            ("door", Some(fd), _) => self.door = Some((rest.into(), fd)),
            ("asking", Some(fd), Some(_)) => {
                if let Some(place) = at.and_then(|at| self.asking.get_mut(at)) {
                    *place = Some(Channel::from_fd(fd)?);
                }
            }
            ("link", Some(fd), Some(worker)) => worker.link = Some(fd),
            ("questions", Some(fd), Some(worker)) => worker.questions = Some(fd),
            ("memory", Some(fd), Some(worker)) => worker.memory = Some(fd),
            ("socket", Some(fd), Some(worker)) => {
                worker.sockets.extend(number.map(|number| (number, fd)));
            }
            ("starts", _, Some(worker)) => {
                worker.starts = number.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            }
            ("reload", _, _) => self.reload = true,
            ("gone-back", _, _) => self.gone_back = Some(rest.to_owned()),
            _of_a_later_build => {}
        }
        Ok(())
    }

    /// What can be gone back to.
    pub(crate) fn previous(&mut self) -> Option<Previous> {
        let program = self.previous_program.take()?;
        let bundle = self.previous_bundle.take()?;
        Some(Previous { program, bundle })
    }
}

impl Left {
    /// A worker that goes on with it; `None` when something of it is missing.
    pub(crate) fn worker(self, role: Role) -> io::Result<Option<Worker>> {
        let (Some(link), Some(questions), Some(memory)) = (self.link, self.questions, self.memory)
        else {
            return Ok(None);
        };
        let mut worker = Worker::new(role, Channel::from_fd(link)?, Channel::from_fd(questions)?)?;
        worker.legacy = Legacy::of(memory, self.sockets);
        worker.starts = self.starts;
        worker.adopts = true;
        Ok(Some(worker))
    }
}

/// The queue as it is filled.
pub(crate) struct Queue {
    in_: Channel,
    out: Channel,
}

impl Queue {
    pub(crate) fn new() -> io::Result<Self> {
        let (in_, out) = Channel::pair()?;
        // 1024 sockets a worker have to fit
        setsockopt(&in_.as_fd(), sockopt::SndBufForce, &QUEUE)?;
        let queue = Self { in_, out };
        queue.put(&format!("form {FORM}"), None)?;
        Ok(queue)
    }

    pub(crate) fn put(&self, text: &str, descriptor: Option<BorrowedFd<'_>>) -> io::Result<()> {
        self.in_.send(text.as_bytes(), descriptor)
    }

    /// The same with a path, which has to be text.
    pub(crate) fn put_path(&self, word: &str, path: &Path, fd: BorrowedFd<'_>) -> io::Result<()> {
        let path = path.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        self.put(&format!("{word} {path}"), Some(fd))
    }

    /// What is kept for a worker.
    pub(crate) fn put_worker(&self, worker: &Worker) -> io::Result<()> {
        let role = worker.role.word();
        let [link, questions] = worker.links();
        self.put(&format!("link {role}"), Some(link))?;
        self.put(&format!("questions {role}"), Some(questions))?;
        self.put(&format!("memory {role}"), Some(worker.legacy.memory()))?;
        for (id, socket) in worker.legacy.sockets() {
            self.put(&format!("socket {role} {id}"), Some(socket.as_fd()))?;
        }
        self.put(&format!("starts {role} {}", worker.starts), None)
    }

    /// Becomes `program`, which finds the queue on standard input. Only comes back when it cannot.
    pub(crate) fn exec(&self, program: BorrowedFd<'_>, arguments: &[CString]) -> io::Error {
        let become_it = || -> io::Result<()> {
            self.put("end", None)?;
            let path = format!(
                "/proc/self/fd/{}",
                std::os::fd::AsRawFd::as_raw_fd(&program)
            );
            let path = CString::new(path)?;
            nix::unistd::dup2_stdin(&self.out)?;
            let Err(errno) = nix::unistd::execv(&path, arguments);
            Err(errno.into())
        };
        let error = become_it()
            .err()
            .unwrap_or_else(|| io::ErrorKind::Other.into());
        let _closed = std::fs::File::open("/dev/null").map(nix::unistd::dup2_stdin);
        error
    }
}

/// A word of a command line; what has a zero byte in it is none.
pub(crate) fn words<'w>(all: impl Iterator<Item = &'w std::ffi::OsStr>) -> Vec<CString> {
    all.filter_map(|word| CString::new(word.as_bytes()).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{self, Header};

    fn bundle() -> OwnedFd {
        let memfd = bundle::create().expect("memfd");
        let mut nothing = [(); 5].map(|()| |_: &mut dyn io::Write| Ok(()));
        let [a, b, c, d, e] = &mut nothing;
        bundle::write(&memfd, Header::new(7, 1, [true, true], 0), [a, b, c, d, e]).expect("write");
        memfd
    }

    fn worker(role: Role) -> Worker {
        let ([one, other], _theirs) = crate::control::links().expect("links");
        Worker::new(role, one, other).expect("worker")
    }

    #[test]
    fn what_is_put_in_is_found_and_what_is_unknown_is_left_out() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("holdfast.pid");
        let claimed = PidFile::claim(&path, 1).expect("claim");
        let memfd = bundle();
        let queue = Queue::new().expect("queue");
        queue.put("bundle", Some(memfd.as_fd())).expect("put");
        queue
            .put("of a later build", Some(memfd.as_fd()))
            .expect("put");
        let (at, lock) = claimed.parts();
        queue.put_path("pid-file", at, lock).expect("put");
        let mut vrrp = worker(Role::Vrrp);
        vrrp.starts = 3;
        let sockets = (0..1000).map(|id| (id, memfd.try_clone().expect("clone")));
        vrrp.legacy = Legacy::of(memfd.try_clone().expect("clone"), sockets.collect());
        queue.put_worker(&vrrp).expect("put");
        queue.put("gone-back it did not start", None).expect("put");
        queue.put("end", None).expect("put");
        drop(claimed);
        let mut found = Handover::read(&queue.out).expect("whole");
        assert_eq!(found.bundle.as_ref().map(|b| b.header.generation), Some(7));
        assert_eq!(found.gone_back.as_deref(), Some("it did not start"));
        assert!(!found.reload && found.previous().is_none());
        assert_eq!(found.pid_files.len(), 1);
        assert!(matches!(
            PidFile::claim(&path, 2),
            Ok(_) | Err(crate::pidfile::PidFileError::Running(_))
        ));
        let [left, none] = found.workers;
        let left = left.worker(Role::Vrrp).expect("channels").expect("whole");
        assert_eq!(
            (left.starts, left.legacy.sockets().len(), left.adopts),
            (3, 1000, true)
        );
        assert!(none.worker(Role::Lvs).expect("nothing").is_none());
    }

    #[test]
    fn half_of_it_is_none() {
        let queue = Queue::new().expect("queue");
        queue.put("bundle", Some(bundle().as_fd())).expect("put");
        assert!(Handover::read(&queue.out).is_err(), "no end");
        let (ours, theirs) = Channel::pair().expect("pair");
        ours.send(b"form 2", None).expect("send");
        ours.send(b"bundle", Some(bundle().as_fd())).expect("send");
        ours.send(b"end", None).expect("send");
        drop(ours);
        assert!(
            Handover::read(&theirs).is_err(),
            "of a form that is not known"
        );
    }
}
