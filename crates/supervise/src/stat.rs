//! What proc(5) says of a process.

use std::fs;

/// A few fields of its `stat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// `R`, `S`, `Z` and so on.
    pub state: char,
    /// Its parent.
    pub parent: i32,
    /// Since when, in ticks since the boot: no other process has had that number and this.
    pub started: u64,
}

impl Stat {
    /// Of the process with this number; `None` when there is none.
    pub fn of(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // the name may hold anything
        let mut fields = text.rsplit_once(')')?.1.split_whitespace();
        Some(Self {
            state: fields.next()?.chars().next()?,
            parent: fields.next()?.parse().ok()?,
            started: fields.nth(17)?.parse().ok()?,
        })
    }

    /// Not a process that has ended: a zombie holds nothing any more.
    pub const fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }

    /// There is a process with this number, and it has not ended.
    pub fn lives(pid: i32) -> bool {
        Self::of(pid).is_some_and(|stat| stat.is_alive())
    }
}
