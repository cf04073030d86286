//! What the vrrp worker's successor goes on with, should this one die: written into memory that the
//! supervisor holds, after every turn in which something happened.
//!
//! ```text
//!  0               SLOT              2 SLOT
//!  +---------------+-----------------+
//!  | header, state | header, state   |   the newer whole one counts
//!  +---------------+-----------------+
//! ```

use crate::script::told::Told;
use holdfast_bfd::SpeakerState;
use holdfast_model::Mono;
use holdfast_vrrp::{Link, RouterState};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

/// Two states have room, so that one half written costs nothing.
const SLOT: u64 = 16 << 20;
/// Length, number and checksum.
const HEADER: usize = 24;
/// Not written more often: what is this old does no harm, a successor is only more careful.
const SOONEST: Duration = Duration::from_millis(10);
/// A turn that comes so much earlier anyway takes it along: nothing need be woken for it.
const EARLY: Duration = Duration::from_millis(2);
/// At most one part in so many of the worker's time.
const SHARE: u32 = 50;

/// All of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// The build that wrote it: another one's forms may be others.
    pub(super) build: u64,
    pub(super) router: RouterState,
    pub(super) bfd: SpeakerState,
    pub(super) links: Vec<Link>,
    pub(super) told: Told,
}

/// The memory.
#[derive(Debug)]
pub(super) struct Memory {
    file: File,
    /// Of the last state.
    number: u64,
    /// Something happened since the last time.
    due: Option<Mono>,
    /// Not before.
    rest: Mono,
}

impl Memory {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self {
            file: File::from(fd),
            number: 0,
            due: None,
            rest: Mono::ZERO,
        }
    }

    /// What the worker before this one wrote last; none when there was none, and when it is spoilt.
    pub(super) fn recall(&mut self) -> Option<Remembered> {
        let slots = [0, SLOT].into_iter();
        let (number, bytes) = slots
            .filter_map(|at| self.slot(at))
            .max_by_key(|(number, _)| *number)?;
        self.number = number;
        postcard::from_bytes(&bytes).ok()
    }

    fn slot(&self, at: u64) -> Option<(u64, Vec<u8>)> {
        let mut header = [0; HEADER];
        self.file.read_exact_at(&mut header, at).ok()?;
        let (words, _) = header.as_chunks::<8>();
        let [length, number, sum] = words else {
            return None;
        };
        let [length, number, sum] = [length, number, sum].map(|word| u64::from_ne_bytes(*word));
        let length = usize::try_from(length).ok().filter(|n| *n <= room())?;
        let mut bytes = vec![0; length];
        self.file
            .read_exact_at(&mut bytes, at + HEADER as u64)
            .ok()?;
        (checksum(number, &bytes) == sum).then_some((number, bytes))
    }

    /// Something happened.
    pub(super) fn touch(&mut self) {
        self.due.get_or_insert(self.rest);
    }

    /// When it is to be written.
    pub(super) const fn deadline(&self) -> Option<Mono> {
        self.due
    }

    /// True when it is to be written now.
    pub(super) fn is_due(&mut self, now: Mono) -> bool {
        self.due.take_if(|due| *due <= now + EARLY).is_some()
    }

    /// It was written, from `start` to `end`: what takes long is done seldom.
    pub(super) fn written(&mut self, start: Mono, end: Mono) {
        self.rest = end + SOONEST.max(end.since(start) * SHARE);
    }

    /// When it cannot be written what is there goes: a successor that begins anew does no harm, one that
    /// believes what was true once does.
    ///
    /// # Errors
    /// When there is no memory left, or no room.
    pub(super) fn write(&mut self, state: &Remembered) -> io::Result<()> {
        self.try_write(state).inspect_err(|_| {
            let _nothing_more_can_be_done = self.file.set_len(0);
        })
    }

    fn try_write(&mut self, state: &Remembered) -> io::Result<()> {
        let number = self.number + 1;
        let state = postcard::to_stdvec(state).map_err(io::Error::other)?;
        if state.len() > room() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::with_capacity(HEADER + state.len());
        let header = [state.len() as u64, number, checksum(number, &state)];
        bytes.extend(header.into_iter().flat_map(u64::to_ne_bytes));
        bytes.extend(state);
        self.file.write_all_at(&bytes, number % 2 * SLOT)?;
        self.number = number;
        Ok(())
    }
}

/// Bytes of the largest state.
fn room() -> usize {
    usize::try_from(SLOT).unwrap_or(usize::MAX) - HEADER
}

/// Written and read by the same build on the same machine.
fn checksum(number: u64, bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(number);
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_bfd::Speaker;
    use holdfast_model::{Level, TrackKey, TrackKind, VrrpModel};
    use holdfast_vrrp::Router;

    fn state(build: u64) -> Remembered {
        Remembered {
            build,
            router: Router::new(&VrrpModel::default()).snapshot(),
            bfd: Speaker::new(&[]).snapshot(),
            links: Vec::new(),
            told: Told::default(),
        }
    }

    fn build(memory: &File) -> Option<u64> {
        let file = memory.try_clone().expect("clone");
        Memory::new(file.into()).recall().map(|state| state.build)
    }

    #[test]
    fn the_newest_whole_state_counts() {
        let file = tempfile::tempfile().expect("file");
        assert_eq!(build(&file), None);
        let mut memory = Memory::new(file.try_clone().expect("clone").into());
        for number in 1..=3 {
            memory.write(&state(number)).expect("write");
            assert_eq!(build(&file), Some(number));
        }
        // died while it wrote the fourth, which has the place of the second
        file.write_all_at(&[0xff; 40], 0).expect("spoil");
        assert_eq!(build(&file), Some(3));
        let mut next = Memory::new(file.try_clone().expect("clone").into());
        next.recall();
        next.write(&state(4)).expect("write");
        assert_eq!(build(&file), Some(4));
        file.set_len(0).expect("forget");
        assert_eq!(build(&file), None);
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_old_behind() {
        let file = tempfile::tempfile().expect("file");
        let mut memory = Memory::new(file.try_clone().expect("clone").into());
        memory.write(&state(1)).expect("write");
        memory.write(&state(2)).expect("write");
        let key = TrackKey::new(TrackKind::Script, "x".repeat(room()).as_str().into());
        let levels = vec![(key, Level::Unknown)];
        let mut large = state(3);
        large.router.levels = levels;
        memory.write(&large).expect_err("no room");
        assert_eq!(build(&file), None);
        memory.write(&state(4)).expect("write");
        assert_eq!(build(&file), Some(4), "and it goes on");
    }

    #[test]
    fn it_is_written_soon_and_not_too_often() {
        let mut memory = Memory::new(tempfile::tempfile().expect("file").into());
        assert!(!memory.is_due(Mono::from_secs(1)));
        memory.touch();
        let (start, end) = (Mono::from_secs(1), Mono::from_millis(1_001));
        assert!(memory.is_due(start));
        memory.written(start, start);
        memory.touch();
        assert_eq!(memory.deadline(), Some(start + SOONEST));
        assert!(!memory.is_due(start));
        assert!(!memory.is_due(start + SOONEST / 2));
        assert!(memory.is_due(start + (SOONEST - EARLY)));
        memory.written(start, end);
        memory.touch();
        assert_eq!(memory.deadline(), Some(Mono::from_millis(1_051)));
    }
}
