//! FIFOs that are told of changes. Writing never waits: a line that nobody has room for is lost, as
//! with keepalived, and counted.

use holdfast_model::Fifo;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::PathBuf;

/// An open FIFO.
#[derive(Debug)]
pub(crate) struct OpenFifo {
    path: PathBuf,
    file: File,
    /// We made it, so we remove it.
    made: bool,
    lost: u64,
}

impl OpenFifo {
    /// Makes it unless it is there, and opens it. What is there must be a FIFO of ours or of its
    /// user, for anybody may have put it there.
    ///
    /// # Errors
    /// In words, for the log.
    pub(crate) fn open(fifo: &Fifo, mode: u32) -> io::Result<Self> {
        let path = PathBuf::from(fifo.path.as_str());
        let made = match nix::unistd::mkfifo(&path, Mode::from_bits_truncate(mode)) {
            Ok(()) => true,
            Err(nix::errno::Errno::EEXIST) => false,
            Err(errno) => return Err(errno.into()),
        };
        let flags = OFlag::O_RDWR | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        let file = File::from(open(&path, flags, Mode::empty())?);
        let owner = nix::sys::stat::fstat(&file)?.st_uid;
        let ours = nix::unistd::geteuid().as_raw();
        if !file.metadata()?.file_type().is_fifo() {
            return Err(io::Error::other("there is something else of that name"));
        }
        if owner != ours && owner != fifo.owner.uid {
            return Err(io::Error::other("the FIFO there is another user's"));
        }
        if made {
            std::os::unix::fs::fchown(&file, Some(fifo.owner.uid), Some(fifo.owner.gid))?;
        }
        Ok(Self {
            path,
            file,
            made,
            lost: 0,
        })
    }

    /// Writes a line at once or not at all.
    pub(crate) fn write(&mut self, line: &str) {
        // a line is shorter than PIPE_BUF: all of it or nothing (pipe(7))
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => {
                if self.lost > 0 {
                    let (path, lost) = (self.path.display(), self.lost);
                    tracing::warn!("{path}: {lost} lines were lost: nobody had read it");
                    self.lost = 0;
                }
            }
            Err(error) => {
                if self.lost == 0 {
                    let path = self.path.display();
                    tracing::warn!("{path}: cannot write: {error}: lines are lost from now on");
                }
                self.lost += 1;
            }
        }
    }
}

impl Drop for OpenFifo {
    fn drop(&mut self) {
        if self.made {
            let _gone = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::{Name, RunAs};
    use std::io::Read as _;
    use std::os::unix::fs::MetadataExt as _;

    fn fifo(path: &std::path::Path) -> Fifo {
        Fifo {
            path: Name::from(path.to_str().expect("utf-8")),
            owner: RunAs {
                uid: nix::unistd::geteuid().as_raw(),
                gid: nix::unistd::getegid().as_raw(),
                groups: Vec::new(),
            },
            reader: None,
            shared: false,
        }
    }

    #[test]
    fn what_is_written_is_read_and_a_full_one_waits_for_nobody() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("f");
        let mut open = OpenFifo::open(&fifo(&path), 0o600).expect("open");
        assert_eq!(
            std::fs::metadata(&path).expect("there").mode() & 0o777,
            0o600
        );
        open.write("one\n");
        let mut bytes = [0; 4];
        open.file.read_exact(&mut bytes).expect("read");
        assert_eq!(&bytes, b"one\n");
        for _ in 0..20_000 {
            open.write("INSTANCE \"VI_1\" MASTER 100\n");
        }
        assert!(open.lost > 0);
        drop(open);
        assert!(!path.exists());
    }

    #[test]
    fn what_others_put_there_is_left_alone() {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("f");
        std::fs::write(&path, "mine").expect("written");
        assert!(OpenFifo::open(&fifo(&path), 0o600).is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("there"), "mine");
        let link = directory.path().join("l");
        std::os::unix::fs::symlink(&path, &link).expect("link");
        assert!(OpenFifo::open(&fifo(&link), 0o600).is_err());
    }
}
