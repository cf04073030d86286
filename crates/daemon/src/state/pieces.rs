//! A list on its way into a state file: some entries a turn, while what it is about goes on.

use super::{Draft, StateFile};
use serde::Serialize;
use std::io;

/// What was begun: a head, then a known number of entries by key.
#[derive(Debug)]
pub(crate) struct Pieces<K> {
    draft: Draft,
    /// The last entry in it.
    last: Option<K>,
    /// Entries that it lacks.
    left: usize,
}

impl<K: Copy> Pieces<K> {
    /// `head` is everything before the entries, their `count` too.
    pub(crate) fn begin(file: &StateFile, head: &impl Serialize, count: usize) -> io::Result<Self> {
        let mut draft = file.draft()?;
        draft.add(head)?;
        Ok(Self {
            draft,
            last: None,
            left: count,
        })
    }

    /// After which entry it goes on.
    pub(crate) const fn last(&self) -> Option<K> {
        self.last
    }

    /// Adds entries, in the order of their keys, until they weigh `room` together. None: it is whole, and in its
    /// place.
    ///
    /// # Errors
    /// If there are others than were counted, or the file cannot be written.
    pub(crate) fn further<V: Serialize>(
        mut self,
        entries: impl Iterator<Item = (K, usize, V)>,
        mut room: usize,
    ) -> io::Result<Option<Self>> {
        let others = || io::Error::from(io::ErrorKind::InvalidData);
        for (key, weight, entry) in entries {
            self.left = self.left.checked_sub(1).ok_or_else(others)?;
            self.draft.add(&entry)?;
            self.last = Some(key);
            room = room.saturating_sub(weight);
            if room == 0 && self.left > 0 {
                return Ok(Some(self));
            }
        }
        match self.left {
            0 => self.draft.finish().map(|()| None),
            _ => Err(others()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn further(pieces: Pieces<u32>, count: u32) -> io::Result<Option<Pieces<u32>>> {
        let next = pieces.last().map_or(0, |last| last + 1);
        pieces.further((next..count).map(|number| (number, 1, number)), 40)
    }

    #[test]
    fn a_list_in_pieces_is_the_list() {
        let folder = tempfile::tempdir().expect("folder");
        let file = StateFile::checks(folder.path());
        for count in [0_u32, 1, 40, 41, 100] {
            let length = usize::try_from(count).expect("length");
            let mut pieces = Pieces::begin(&file, &(7_u32, length), length).expect("begin");
            let mut turns = 0;
            while let Some(more) = further(pieces, count).expect("further") {
                pieces = more;
                turns += 1;
            }
            assert_eq!(turns, length.saturating_sub(1) / 40);
            let whole: Vec<u32> = (0..count).collect();
            assert_eq!(file.read(), Some((7_u32, whole)));
        }
    }

    #[test]
    fn others_than_were_counted_are_no_list() {
        let folder = tempfile::tempdir().expect("folder");
        let file = StateFile::checks(folder.path());
        let begin = |count: usize| Pieces::begin(&file, &count, count).expect("begin");
        further(begin(3), 2).expect_err("one is gone");
        further(begin(3), 4).expect_err("one has come");
        assert_eq!(file.read::<Vec<u32>>(), None);
    }
}
