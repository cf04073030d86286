//! What the command line decides of the processes, and how it reaches the workers.

use crate::log::{LogOptions, Sink};
use crate::protocol::Role;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the daemon of a run directory is asked.
pub fn control_socket(run_dir: &Path) -> PathBuf {
    run_dir.join("control.sock")
}

/// Where `holdfast takeover` names the process in whose place the daemon is to go on.
pub fn takeover_order(run_dir: &Path) -> PathBuf {
    run_dir.join("takeover")
}

/// Everything the supervisor needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program to start as compile, worker and release: this one.
    pub program: PathBuf,
    /// `--run-dir`.
    pub run_dir: PathBuf,
    /// `-p`.
    pub pid_file: PathBuf,
    /// `-r`.
    pub vrrp_pid_file: PathBuf,
    /// `-c`.
    pub lvs_pid_file: PathBuf,
    /// Which workers may run (`-P`, `-C`).
    pub roles: Vec<Role>,
    /// Arguments of the compile process after its own.
    pub compile_arguments: Vec<OsString>,
    /// Arguments of both workers after their own.
    pub worker_arguments: Vec<OsString>,
    /// The log.
    pub log: LogOptions,
    /// Not with `-R`.
    pub respawn: bool,
    /// Not with `-V`.
    pub release_vrrp: bool,
    /// Gives back, in this process, what the VRRP worker of the run directory held: where no other can be started.
    pub release_here: fn(&Path, &mut Sink) -> i32,
    /// Gives back what this process maps of the program and needed for its start alone.
    pub unload: fn(),
    /// Not with `-I`.
    pub release_ipvs: bool,
    /// Not with `--ignore-sigint`.
    pub interrupt: bool,
    /// `-s`: the file's network namespace does not count.
    pub namespace_given: bool,
    /// Said at start, `Starting Holdfast v...`.
    pub banner: String,
}

impl Settings {
    /// The same for a daemon that is one of several: its own run directory below this one, and in it
    /// every file that was in this one.
    #[must_use]
    pub(crate) fn at(&self, place: &[Option<String>; 2]) -> Self {
        let mut run_dir = self.run_dir.clone();
        for (kind, name) in ["netns", "instance"].into_iter().zip(place) {
            if let Some(name) = name {
                run_dir.push(format!("{kind}-{name}"));
            }
        }
        let moved = |file: &PathBuf| match file.strip_prefix(&self.run_dir) {
            Ok(rest) => run_dir.join(rest),
            Err(_elsewhere) => file.clone(),
        };
        let mut worker_arguments = self.worker_arguments.clone();
        // the last one counts
        worker_arguments.extend(["--run-dir".into(), run_dir.clone().into_os_string()]);
        Self {
            pid_file: moved(&self.pid_file),
            vrrp_pid_file: moved(&self.vrrp_pid_file),
            lvs_pid_file: moved(&self.lvs_pid_file),
            run_dir: run_dir.clone(),
            worker_arguments,
            ..self.clone()
        }
    }

    /// The pid file of a worker.
    pub(crate) fn worker_pid_file(&self, role: Role) -> &Path {
        match role {
            Role::Vrrp => &self.vrrp_pid_file,
            Role::Lvs => &self.lvs_pid_file,
        }
    }

    /// Whether a stop gives back what the worker holds.
    pub(crate) fn releases(&self, role: Role) -> bool {
        match role {
            Role::Vrrp => self.release_vrrp,
            Role::Lvs => self.release_ipvs,
        }
    }
}

/// The descriptors a worker inherits, as they stand in its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerArguments {
    /// What it is.
    pub role: Role,
    /// Its end of the channel to the supervisor.
    pub channel: i32,
    /// The bundle.
    pub model: i32,
    /// Its end of the link to the other worker.
    pub link: i32,
    /// Its end of the link to the control process.
    pub questions: i32,
    /// What the workers of this role remember.
    pub memory: i32,
    /// Sockets that the one before it left, by the number that workers know them by.
    pub kept: Vec<(u64, i32)>,
    /// Somebody served here until a moment ago: where nothing is remembered of it, the kernel tells.
    pub adopts: bool,
}

impl WorkerArguments {
    /// How many there are, with the word `worker`.
    pub const WORDS: usize = 9;

    /// `worker vrrp 5 6 7 8 9 2:10,4:11 -`.
    pub fn encode(&self) -> [String; Self::WORDS] {
        let kept = self.kept.iter().map(|(id, fd)| format!("{id}:{fd}"));
        [
            "worker".to_owned(),
            self.role.word().to_owned(),
            self.channel.to_string(),
            self.model.to_string(),
            self.link.to_string(),
            self.questions.to_string(),
            self.memory.to_string(),
            kept.collect::<Vec<_>>().join(","),
            if self.adopts { "adopts" } else { "-" }.to_owned(),
        ]
    }

    /// From what follows the word `worker`.
    pub fn decode(words: &[String]) -> Option<Self> {
        let [role, channel, model, link, questions, memory, kept, adopts] = words else {
            return None;
        };
        let pair = |word: &str| {
            let (id, fd) = word.split_once(':')?;
            Some((id.parse().ok()?, fd.parse().ok()?))
        };
        let kept = kept.split(',').filter(|word| !word.is_empty());
        Some(Self {
            role: Role::from_word(role)?,
            channel: channel.parse().ok()?,
            model: model.parse().ok()?,
            link: link.parse().ok()?,
            questions: questions.parse().ok()?,
            memory: memory.parse().ok()?,
            kept: kept.map(pair).collect::<Option<_>>()?,
            adopts: adopts == "adopts",
        })
    }
}

/// The descriptors that the control process inherits, as they stand in its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlArguments {
    /// Its end of the channel to the supervisor.
    pub channel: i32,
    /// The socket that clients connect to.
    pub listener: i32,
    /// Its ends of the links to the workers, in the order of [`Role::ALL`].
    pub links: [i32; 2],
}

impl ControlArguments {
    /// How many there are, with the word `control`.
    pub const WORDS: usize = 5;

    /// `control 5 6 7 8`.
    pub fn encode(&self) -> [String; Self::WORDS] {
        let [vrrp, lvs] = self.links.map(|fd| fd.to_string());
        let (channel, listener) = (self.channel.to_string(), self.listener.to_string());
        ["control".to_owned(), channel, listener, vrrp, lvs]
    }

    /// From what follows the word `control`.
    pub fn decode(words: &[String]) -> Option<Self> {
        let numbers: Option<Vec<i32>> = words.iter().map(|word| word.parse().ok()).collect();
        match numbers?.as_slice() {
            [channel, listener, vrrp, lvs] => Some(Self {
                channel: *channel,
                listener: *listener,
                links: [*vrrp, *lvs],
            }),
            _other => None,
        }
    }
}
