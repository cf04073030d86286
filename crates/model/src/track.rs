//! What instances watch besides their own interface, and how it counts: `track_*`, and the objects
//! they name.

use crate::listening::Buffer;
use crate::notify::Script;
use crate::time::Micros;
use crate::units::Name;
use core::fmt;
use serde::{Deserialize, Serialize};

/// What kind of thing is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TrackKind {
    /// A network interface: up or not.
    Interface,
    /// `vrrp_script`.
    Script,
    /// `track_file`: a number.
    File,
    /// `vrrp_track_process`.
    Process,
    /// `bfd_instance`.
    Bfd,
}

/// One watched thing, by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrackKey {
    /// Its kind.
    pub kind: TrackKind,
    /// Its name in the file; of an interface, the kernel's.
    pub name: Name,
}

impl TrackKind {
    /// The block that defines it; interfaces are the machine's.
    pub const fn block(self) -> &'static str {
        match self {
            Self::Interface => "interface",
            Self::Script => "vrrp_script",
            Self::File => "track_file",
            Self::Process => "vrrp_track_process",
            Self::Bfd => "bfd_instance",
        }
    }
}

impl TrackKey {
    /// A thing of that kind and name.
    pub const fn new(kind: TrackKind, name: Name) -> Self {
        Self { kind, name }
    }
}

/// As log lines name it.
impl fmt::Display for TrackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            TrackKind::Interface => "interface",
            TrackKind::Script => "script",
            TrackKind::File => "file",
            TrackKind::Process => "process",
            TrackKind::Bfd => "BFD instance",
        };
        write!(f, "{kind} {}", self.name)
    }
}

/// How a watched thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Nobody has looked yet.
    Unknown,
    /// As it should be.
    Up,
    /// Not so.
    Down,
    /// The number in a file.
    Value(i32),
}

impl Level {
    /// Of what is up or not.
    pub const fn of(up: bool) -> Self {
        if up { Self::Up } else { Self::Down }
    }
}

/// A line of a `track_*` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Track {
    /// What is watched.
    pub key: TrackKey,
    /// 0: what is not as it should be is a fault.
    pub weight: i32,
    /// `reverse`: the other way round.
    pub reverse: bool,
}

/// Everything that one instance watches; what its sync group watches is among it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracks {
    /// At most one line a thing and block.
    pub list: Vec<Track>,
    /// `dont_track_primary`: the state of its own interface is nothing to it.
    pub not_own_interface: bool,
}

/// The objects that are watched by anybody, in the order of their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// `track_file`.
    pub files: Vec<TrackFile>,
    /// `vrrp_script`.
    pub scripts: Vec<TrackScript>,
    /// `vrrp_track_process`.
    pub processes: Vec<TrackProcess>,
    /// `process_monitor_rcv_bufs`.
    pub room: Option<Buffer>,
}

/// `track_file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackFile {
    /// Its name.
    pub name: Name,
    /// Where it is.
    pub path: Name,
    /// `init_file`.
    pub initial: Option<InitFile>,
}

/// `init_file [VALUE] [overwrite]`: what is written at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitFile {
    /// The number.
    pub value: i32,
    /// Also when the file is there.
    pub overwrite: bool,
}

/// `vrrp_script`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackScript {
    /// Its name.
    pub name: Name,
    /// The program, its arguments and its user; without it may not run, and has failed.
    pub script: Option<Script>,
    /// From one start to the next.
    pub interval: Micros,
    /// How long a run may take.
    pub timeout: Micros,
    /// Successes in a row that make it up, at least 1.
    pub rise: u32,
    /// Failures in a row that make it down, at least 1.
    pub fall: u32,
    /// `init_fail`: down until it has succeeded.
    pub starts_failed: bool,
}

/// `vrrp_track_process`: up while as many run as are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackProcess {
    /// Its name.
    pub name: Name,
    /// Who counts.
    pub pattern: ProcessPattern,
    /// At least so many.
    pub quorum: u32,
    /// At most so many; none: any number.
    pub most: Option<u32>,
    /// How long a change has to last that came with a new process.
    pub fork_delay: Micros,
    /// The same with the end of one.
    pub terminate_delay: Micros,
}

/// Which processes count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessPattern {
    /// Those of this name, as the kernel has it: 15 bytes at most.
    Name(Name),
    /// Those whose command line has this program, as it was called, and these parameters.
    Command {
        /// The first word.
        program: Name,
        /// The others.
        parameters: Vec<Name>,
        /// How many of them.
        matching: ParameterMatch,
    },
}

/// `param_match`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ParameterMatch {
    /// All of them, and no others.
    Exact,
    /// These first, then perhaps others.
    Partial,
    /// The same, and the last of these may be the beginning of one.
    Initial,
}
