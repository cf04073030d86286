//! What the vrrp worker's successor goes on with, should this one die: written into memory that the
//! supervisor holds, after every turn in which something happened; adverts as ever may wait a little.
//!
//! ```text
//!  0               SLOT              2 SLOT            3 SLOT
//!  +---------------+-----------------+-----------------+
//!  | header, state | header, state   | header, history |   of the states, the newer whole one counts
//!  +---------------+-----------------+-----------------+
//! ```

use super::history::Kept;
use crate::script::told::Told;
use holdfast_bfd::SpeakerState;
use holdfast_model::{Centis, Mono, VrrpModel};
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
/// Where it stands what happened. One that is half written is missed by nobody but who asks why.
const HISTORY: u64 = 2 * SLOT;
/// Length, number and checksum.
const HEADER: usize = 24;
/// Not written more often: what is this old does no harm, a successor is only more careful.
const SOONEST: Duration = Duration::from_millis(10);
/// Adverts that were heard are written down together, after this part of the shortest time between two of
/// one sender: those of many instances come in a row, and a successor that expects the next that much
/// too early waits for K of them.
const PART: u32 = 2;
/// A turn that comes so much earlier anyway takes it along: nothing need be woken for it.
const EARLY: Duration = Duration::from_millis(2);
/// At most one part in so many of the worker's time.
const SHARE: u32 = 50;

/// Of [`Remembered`] and all in it: a change of any field is another one.
pub(super) const FORM: u16 = 1;

/// All of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    /// Of what follows: another build may remember other things.
    pub(super) form: u16,
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
    /// How long adverts that were heard may wait.
    pace: Duration,
    /// What was written last: the next one is as long.
    buffer: Vec<u8>,
}

/// What there is to be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// Adverts came as ever.
    Heard,
    /// Adverts left as ever.
    Sent,
    /// Something else.
    Other,
}

impl Memory {
    pub(super) fn new(fd: OwnedFd) -> Self {
        Self {
            file: File::from(fd),
            number: 0,
            due: None,
            rest: Mono::ZERO,
            pace: SOONEST,
            buffer: Vec::new(),
        }
    }

    /// What is configured from now on.
    pub(super) fn configure(&mut self, model: &VrrpModel) {
        let intervals = model.instances.iter().map(|i| i.advert_interval);
        self.keep_pace(intervals.map(Centis::duration).min());
    }

    fn keep_pace(&mut self, shortest: Option<Duration>) {
        self.pace = shortest.map_or(SOONEST, |shortest| SOONEST.max(shortest / PART));
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

    /// What happened, by the worker before this one; none as above.
    pub(super) fn recall_history(&self) -> Option<Kept> {
        let (_, bytes) = self.slot(HISTORY)?;
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
    pub(super) fn touch(&mut self, now: Mono, news: News) {
        let at = self.rest.max(match news {
            News::Heard => now + self.pace,
            News::Sent => now + SOONEST,
            News::Other => now,
        });
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
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
        self.put(number % 2 * SLOT, number, state)?;
        self.number = number;
        Ok(())
    }

    /// Beside the state: what happened.
    ///
    /// # Errors
    /// As above.
    pub(super) fn write_history(&mut self, kept: &Kept) -> io::Result<()> {
        self.put(HISTORY, 0, kept)
    }

    fn put(&mut self, at: u64, number: u64, state: &impl Serialize) -> io::Result<()> {
        let mut buffer = core::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.resize(HEADER, 0);
        self.buffer = postcard::to_extend(state, buffer).map_err(io::Error::other)?;
        let Some((header, state)) = self.buffer.split_at_mut_checked(HEADER) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        if state.len() > room() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let words = [state.len() as u64, number, checksum(number, state)];
        for (place, word) in header.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *place = word.to_ne_bytes();
        }
        self.file.write_all_at(&self.buffer, at)
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
    use holdfast_model::{Level, TrackKey, TrackKind};
    use holdfast_vrrp::Router;

    fn state(form: u16) -> Remembered {
        Remembered {
            form,
            router: Router::new(&VrrpModel::default()).snapshot(),
            bfd: Speaker::new(&[]).snapshot(),
            links: Vec::new(),
            told: Told::default(),
        }
    }

    fn form(memory: &File) -> Option<u16> {
        let file = memory.try_clone().expect("clone");
        Memory::new(file.into()).recall().map(|state| state.form)
    }

    #[test]
    fn a_change_of_what_is_remembered_is_another_form() {
        let name = |text| holdfast_model::IfName::new(text).expect("name");
        let instance = holdfast_vrrp::InstanceState {
            key: holdfast_model::InstanceKey("V".into()),
            vrid: 1,
            place: (
                name("e0"),
                name("e1"),
                holdfast_model::AddressFamily::V4,
                None,
            ),
            state: holdfast_model::State::Master,
            since: Mono::from_secs(1),
            want: (2, Some(Mono::from_secs(3))),
            packet_id: 4,
            faults: (Vec::new(), Some(Mono::from_secs(5))),
            down: Some(Mono::from_secs(6)),
            learned: None,
            preempt_from: Some(Mono::from_secs(7)),
            master: Some(([10, 0, 0, 1].into(), 8)),
            adverts: Some((Mono::from_secs(9), Mono::from_secs(10))),
            answers: Some((Mono::from_secs(11), 12)),
            second_arp: Some((Mono::from_secs(13), 14, Vec::new())),
            refresh_arp: Some(Mono::from_secs(15)),
            placed: true,
            owed: Vec::new(),
            priority: 16,
            wants: true,
            signatures: (Some(17), vec![([10, 0, 0, 2].into(), 18)]),
        };
        let mut state = state(FORM);
        state.router.instances.push(instance);
        let bytes = postcard::to_stdvec(&state).expect("bytes");
        let sum = bytes.iter().fold(0_u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(*byte))
        });
        // whoever comes here because of a new field: FORM + 1
        assert_eq!((FORM, bytes.len(), sum), (1, 108, 59_987_772));
    }

    #[test]
    fn the_newest_whole_state_counts() {
        let file = tempfile::tempfile().expect("file");
        assert_eq!(form(&file), None);
        let mut memory = Memory::new(file.try_clone().expect("clone").into());
        for number in 1..=3 {
            memory.write(&state(number)).expect("write");
            assert_eq!(form(&file), Some(number));
        }
        // died while it wrote the fourth, which has the place of the second
        file.write_all_at(&[0xff; 40], 0).expect("spoil");
        assert_eq!(form(&file), Some(3));
        let mut next = Memory::new(file.try_clone().expect("clone").into());
        next.recall();
        next.write(&state(4)).expect("write");
        assert_eq!(form(&file), Some(4));
        file.set_len(0).expect("forget");
        assert_eq!(form(&file), None);
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
        assert_eq!(form(&file), None);
        memory.write(&state(4)).expect("write");
        assert_eq!(form(&file), Some(4), "and it goes on");
    }

    #[test]
    fn it_is_written_soon_and_not_too_often() {
        let mut memory = Memory::new(tempfile::tempfile().expect("file").into());
        assert!(!memory.is_due(Mono::from_secs(1)));
        let (start, end) = (Mono::from_secs(1), Mono::from_millis(1_001));
        memory.touch(start, News::Other);
        assert!(memory.is_due(start));
        memory.written(start, start);
        memory.touch(start, News::Other);
        assert_eq!(memory.deadline(), Some(start + SOONEST));
        assert!(!memory.is_due(start));
        assert!(!memory.is_due(start + SOONEST / 2));
        assert!(memory.is_due(start + (SOONEST - EARLY)));
        memory.written(start, end);
        memory.touch(end, News::Other);
        assert_eq!(memory.deadline(), Some(Mono::from_millis(1_051)));
    }

    #[test]
    fn adverts_are_written_down_together_and_nothing_else_waits_for_them() {
        let mut memory = Memory::new(tempfile::tempfile().expect("file").into());
        memory.keep_pace(Some(Duration::from_secs(1)));
        let at = |millis: u64| Mono::from_millis(1_000 + millis);
        memory.touch(at(0), News::Heard);
        memory.touch(at(5), News::Heard);
        assert_eq!(memory.deadline(), Some(at(500)));
        memory.touch(at(6), News::Sent);
        assert_eq!(memory.deadline(), Some(at(16)));
        memory.touch(at(7), News::Other);
        assert_eq!(memory.deadline(), Some(at(7)));
        memory.touch(at(8), News::Heard);
        assert_eq!(memory.deadline(), Some(at(7)));
        assert!(memory.is_due(at(7)));
        memory.written(at(7), at(7));
        memory.touch(at(8), News::Other);
        assert_eq!(memory.deadline(), Some(at(17)));
    }
}
