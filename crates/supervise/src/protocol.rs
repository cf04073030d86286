//! What supervisor and workers say to each other: one byte of tag, eight of value; a descriptor
//! may ride along.

/// A worker's purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs the VRRP instances.
    Vrrp,
    /// Runs the checks and the IPVS table.
    Lvs,
}

impl Role {
    /// Both, in the order in which they are stopped.
    pub const ALL: [Self; 2] = [Self::Vrrp, Self::Lvs];

    /// The word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Vrrp => "vrrp",
            Self::Lvs => "lvs",
        }
    }

    /// From the word on the command line.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What keepalived calls the process in its log.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Vrrp => "VRRP",
            Self::Lvs => "Healthcheck",
        }
    }

    /// The syslog identity that log watchers know.
    pub const fn ident(self) -> &'static str {
        match self {
            Self::Vrrp => "Keepalived_vrrp",
            Self::Lvs => "Keepalived_healthcheckers",
        }
    }
}

/// When a script of the daemon itself runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the workers start.
    Startup,
    /// After they have ended.
    Shutdown,
}

impl Moment {
    /// The word on the command line, and in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Shutdown => "shutdown",
        }
    }

    /// From the word on the command line.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Startup, Self::Shutdown].into_iter();
        all.into_iter().find(|moment| moment.word() == word)
    }
}

/// From the supervisor to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToWorker {
    /// A new configuration; its memfd rides along.
    Reload {
        /// Its number.
        generation: u64,
    },
    /// Give back what is ours, then end.
    Stop {
        /// False with `--dont-release-vrrp` or `--dont-release-ipvs`.
        release: bool,
    },
    /// A signal that the supervisor got and passes on.
    Signal(i32),
    /// Write down how things stand, then end at once: another one goes on with it. Nothing is given back, nobody is told.
    Leave,
    /// Offer what is held to the peer, and say what became of it.
    Offer,
}

/// From a worker to the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromWorker {
    /// Alive.
    Beat,
    /// Started: what it runs is running.
    Ready,
    /// A configuration is in force.
    Reloaded {
        /// Its number.
        generation: u64,
    },
    /// A socket for whoever comes after this worker; it rides along. The supervisor never reads it.
    Keep {
        /// What the workers know it by; one of the same number is replaced.
        id: u64,
    },
    /// That socket is not needed any more.
    Drop {
        /// What the workers know it by.
        id: u64,
    },
    /// A configuration could not be read: the one before it stays in force.
    Kept {
        /// The number of the one that could not.
        generation: u64,
    },
    /// What became of an offer.
    Offered {
        /// Instances that nobody has taken over.
        left: u64,
    },
}

/// From the supervisor to the control process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToControl {
    /// How a worker is.
    Worker {
        /// Which.
        role: Role,
        /// The configuration has something for it.
        wanted: bool,
        /// Its process; 0: none runs.
        pid: u32,
        /// How often it was started.
        starts: u32,
    },
    /// The configuration that is in force.
    Configuration {
        /// Its number; 0: none yet.
        generation: u64,
    },
}

/// The bytes of a message.
pub type Frame = [u8; 9];

fn frame(tag: u8, value: u64) -> Frame {
    let mut frame = [0; 9];
    let [first, rest @ ..] = &mut frame;
    *first = tag;
    *rest = value.to_ne_bytes();
    frame
}

fn parts(bytes: &[u8]) -> Option<(u8, u64)> {
    let (tag, value) = bytes.split_first()?;
    Some((*tag, u64::from_ne_bytes(value.try_into().ok()?)))
}

impl ToWorker {
    /// As bytes.
    pub fn encode(self) -> Frame {
        match self {
            Self::Reload { generation } => frame(b'R', generation),
            Self::Stop { release } => frame(b'S', u64::from(release)),
            Self::Signal(number) => frame(b'N', u64::from(number.unsigned_abs())),
            Self::Leave => frame(b'L', 0),
            Self::Offer => frame(b'O', 0),
        }
    }

    /// From bytes; `None` for what nobody sends.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match parts(bytes)? {
            (b'R', generation) => Some(Self::Reload { generation }),
            (b'S', release) => Some(Self::Stop {
                release: release != 0,
            }),
            (b'N', number) => Some(Self::Signal(i32::try_from(number).ok()?)),
            (b'L', _) => Some(Self::Leave),
            (b'O', _) => Some(Self::Offer),
            _unknown => None,
        }
    }
}

/// The highest bit.
const WANTED: u64 = 1 << 63;
/// 31 bits of 32.
const STARTS: u64 = 0x7fff_ffff;

impl ToControl {
    /// As bytes.
    pub fn encode(self) -> Frame {
        match self {
            Self::Worker {
                role,
                wanted,
                pid,
                starts,
            } => {
                let tag = match role {
                    Role::Vrrp => b'V',
                    Role::Lvs => b'L',
                };
                let wanted = if wanted { WANTED } else { 0 };
                let starts = u64::from(starts).min(STARTS) << 32;
                frame(tag, wanted | starts | u64::from(pid))
            }
            Self::Configuration { generation } => frame(b'G', generation),
        }
    }

    /// From bytes; `None` for what nobody sends.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (tag, value) = parts(bytes)?;
        let role = match tag {
            b'V' => Role::Vrrp,
            b'L' => Role::Lvs,
            b'G' => return Some(Self::Configuration { generation: value }),
            _unknown => return None,
        };
        Some(Self::Worker {
            role,
            wanted: value & WANTED != 0,
            pid: u32::try_from(value & u64::from(u32::MAX)).ok()?,
            starts: u32::try_from((value >> 32) & STARTS).ok()?,
        })
    }
}

impl FromWorker {
    /// As bytes.
    pub fn encode(self) -> Frame {
        match self {
            Self::Beat => frame(b'b', 0),
            Self::Ready => frame(b'r', 0),
            Self::Reloaded { generation } => frame(b'l', generation),
            Self::Kept { generation } => frame(b'k', generation),
            Self::Keep { id } => frame(b's', id),
            Self::Drop { id } => frame(b'd', id),
            Self::Offered { left } => frame(b'o', left),
        }
    }

    /// From bytes; `None` for what nobody sends.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match parts(bytes)? {
            (b'b', _) => Some(Self::Beat),
            (b'r', _) => Some(Self::Ready),
            (b'l', generation) => Some(Self::Reloaded { generation }),
            (b'k', generation) => Some(Self::Kept { generation }),
            (b's', id) => Some(Self::Keep { id }),
            (b'd', id) => Some(Self::Drop { id }),
            (b'o', left) => Some(Self::Offered { left }),
            _unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_survives_the_wire() {
        for message in [
            ToWorker::Reload {
                generation: u64::MAX,
            },
            ToWorker::Stop { release: true },
            ToWorker::Stop { release: false },
            ToWorker::Signal(10),
            ToWorker::Leave,
            ToWorker::Offer,
        ] {
            assert_eq!(ToWorker::decode(&message.encode()), Some(message));
        }
        for message in [
            FromWorker::Beat,
            FromWorker::Ready,
            FromWorker::Reloaded { generation: 9 },
            FromWorker::Kept { generation: 9 },
            FromWorker::Keep { id: 3 },
            FromWorker::Drop { id: u64::MAX },
            FromWorker::Offered { left: 2 },
        ] {
            assert_eq!(FromWorker::decode(&message.encode()), Some(message));
        }
        for role in Role::ALL {
            for (wanted, pid, starts) in [(true, u32::MAX, 0), (false, 0, 0x7fff_ffff)] {
                let message = ToControl::Worker {
                    role,
                    wanted,
                    pid,
                    starts,
                };
                assert_eq!(ToControl::decode(&message.encode()), Some(message));
            }
        }
        let message = ToControl::Configuration { generation: 9 };
        assert_eq!(ToControl::decode(&message.encode()), Some(message));
        assert_eq!(ToControl::decode(b"zzzzzzzzz"), None);
        assert_eq!(ToWorker::decode(b""), None);
        assert_eq!(FromWorker::decode(b"zzzzzzzzz"), None);
    }
}
