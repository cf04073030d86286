//! Pid files: a lock decides whether a daemon runs, so a stale file never blocks a start.

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A pid file that is ours as long as this lives; it is removed with it.
#[derive(Debug)]
pub struct PidFile {
    path: PathBuf,
    lock: Flock<File>,
}

/// Why there is no pid file.
#[derive(Debug, thiserror::Error)]
pub enum PidFileError {
    /// Its owner is alive.
    #[error("daemon is already running (pid file {0} is locked)")]
    Running(PathBuf),
    /// It could not be written.
    #[error("cannot write pid file {path}: {source}")]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl PidFile {
    /// Claims `path` for the process `pid`: 0644, never through a link.
    ///
    /// # Errors
    /// [`PidFileError::Running`] when another process holds it.
    pub fn claim(path: &Path, pid: u32) -> Result<Self, PidFileError> {
        let fail = |source| PidFileError::Write {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o644)
            .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(path)
            .map_err(fail)?;
        let mut lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(
            |(_, errno)| match errno {
                Errno::EWOULDBLOCK => PidFileError::Running(path.to_owned()),
                errno => fail(errno.into()),
            },
        )?;
        lock.set_len(0).map_err(fail)?;
        lock.write_all(format!("{pid}\n").as_bytes())
            .map_err(fail)?;
        Ok(Self {
            path: path.to_owned(),
            lock,
        })
    }

    /// One that this process has claimed already, before another build went on in it.
    ///
    /// # Errors
    /// [`PidFileError::Running`] when another process holds it.
    pub(crate) fn adopt(path: PathBuf, file: OwnedFd) -> Result<Self, PidFileError> {
        match Flock::lock(File::from(file), FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self { path, lock }),
            Err(_) => Err(PidFileError::Running(path)),
        }
    }

    /// Where it is, and what holds its lock.
    pub(crate) fn parts(&self) -> (&Path, BorrowedFd<'_>) {
        (&self.path, self.lock.as_fd())
    }
}

/// The process whose pid file this is, while it runs.
pub fn owner(path: &Path) -> Option<u32> {
    let text = std::fs::read_to_string(path).ok()?;
    let file = File::open(path).ok()?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(_nobody) => None,
        Err(_) => text.trim().parse().ok(),
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _already_gone = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_does_not_block_and_a_live_one_does() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("run/holdfast.pid");
        std::fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        std::fs::write(&path, "1\n").expect("stale");
        let held = PidFile::claim(&path, 4711).expect("stale file is taken over");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "4711\n");
        assert!(matches!(
            PidFile::claim(&path, 4712),
            Err(PidFileError::Running(_))
        ));
        drop(held);
        assert!(!path.exists());
    }

    #[test]
    fn a_planted_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("folder");
        let target = folder.path().join("target");
        std::fs::write(&target, "precious").expect("target");
        let path = folder.path().join("pid");
        std::os::unix::fs::symlink(&target, &path).expect("link");
        assert!(matches!(
            PidFile::claim(&path, 1),
            Err(PidFileError::Write { .. })
        ));
        assert_eq!(std::fs::read_to_string(&target).expect("read"), "precious");
    }
}
