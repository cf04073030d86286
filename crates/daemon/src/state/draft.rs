//! A state file that is written piece by piece: what is too much for one turn of a loop.

use super::{place, reserve};
use serde::Serialize;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Bytes that are written by one call, about.
const PIECE: usize = 64 << 10;

/// A file beside the one whose place it takes when it is whole; gone when it is dropped before.
#[derive(Debug)]
pub(crate) struct Draft {
    path: PathBuf,
    beside: PathBuf,
    file: File,
    /// What is not yet in the file.
    bytes: Vec<u8>,
    /// What is.
    written: usize,
}

impl Draft {
    /// For the file at `path`.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let beside = beside(path);
        Ok(Self {
            path: path.to_owned(),
            file: fresh(&beside)?,
            beside,
            bytes: place()?,
            written: 0,
        })
    }

    /// What comes next.
    pub(crate) fn add<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.bytes);
        self.bytes = postcard::to_extend(value, bytes).map_err(io::Error::other)?;
        if self.bytes.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    /// It is whole: it takes the place of the one of before.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        reserve(&self.file, self.written);
        std::fs::rename(&self.beside, &self.path)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.bytes)?;
        self.written += self.bytes.len();
        self.bytes.clear();
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _renamed = std::fs::remove_file(&self.beside);
    }
}

/// Where the draft of the file at `path` stands, also after a crash.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("draft")
}

/// A new file, 0600, whatever stood there.
pub(super) fn fresh(path: &Path) -> io::Result<File> {
    let _left_over = std::fs::remove_file(path);
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
}

#[cfg(test)]
mod tests {
    use crate::state::StateFile;

    #[test]
    fn a_draft_takes_its_place_when_it_is_whole_and_not_before() {
        let folder = tempfile::tempdir().expect("folder");
        let file = StateFile::checks(folder.path());
        let names = || std::fs::read_dir(folder.path()).expect("folder").count();
        file.write(&vec![1_u64]).expect("write");
        let many: Vec<u64> = (0..100_000).collect();
        let mut draft = file.draft().expect("draft");
        draft.add(&many.len()).expect("add");
        for number in &many {
            draft.add(number).expect("add");
        }
        assert_eq!((file.read(), names()), (Some(vec![1_u64]), 2));
        drop(draft);
        assert_eq!(names(), 1, "what nobody finished is gone");
        // as one that was killed leaves it
        std::fs::write(folder.path().join("checks.draft"), b"junk").expect("write");
        let mut draft = file.draft().expect("draft");
        draft.add(&many.len()).expect("add");
        many.iter()
            .try_for_each(|number| draft.add(number))
            .expect("add");
        draft.finish().expect("finish");
        assert_eq!((file.read(), names()), (Some(many), 1));
        std::fs::write(folder.path().join("checks.draft"), b"junk").expect("write");
        file.remove();
        assert_eq!(names(), 0);
    }
}
