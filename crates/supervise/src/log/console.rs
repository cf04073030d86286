//! Standard error for a process that must not wait for whoever reads it.

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::socket::{MsgFlags, send};
use nix::sys::stat::{Mode, SFlag, fstat};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};

/// Where the lines go.
#[derive(Debug)]
enum Way {
    /// As it was inherited: what it is never waits for long.
    Plain,
    /// A pipe or a terminal, opened anew: the inherited one is also the shell's, which wants to wait.
    Anew(File),
    /// As systemd gives it.
    Socket,
}

/// It, and how many lines nobody took.
#[derive(Debug)]
pub(super) struct Console {
    way: Way,
    lost: u64,
}

impl Console {
    /// It waits, for a thread that may.
    pub(super) const fn patient() -> Self {
        Self {
            way: Way::Plain,
            lost: 0,
        }
    }

    /// It never waits.
    pub(super) fn hasty() -> Self {
        Self {
            way: way(io::stderr().as_fd()),
            lost: 0,
        }
    }

    /// Writes a block of lines, before it how many could not be written.
    pub(super) fn write(&mut self, now: &str, block: &str, lines: usize) {
        if self.lost > 0 {
            let line = format!("{now}: {}\n", super::dropped(self.lost));
            if self.put(line.as_bytes()).is_ok() {
                self.lost = 0;
            }
        }
        if let Err(error) = self.put(block.as_bytes())
            && error.kind() == io::ErrorKind::WouldBlock
        {
            self.lost += lines as u64;
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.way {
            Way::Plain => io::stderr().write_all(bytes),
            // pipe(7): up to PIPE_BUF bytes all of them or none
            Way::Anew(file) => file.write_all(bytes),
            Way::Socket => {
                let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
                let sent = send(io::stderr().as_raw_fd(), bytes, flags);
                sent.map(drop).map_err(Errno::into)
            }
        }
    }
}

fn way(stderr: BorrowedFd<'_>) -> Way {
    let kind = fstat(stderr).map(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT);
    match kind {
        Ok(SFlag::S_IFSOCK) => Way::Socket,
        Ok(SFlag::S_IFIFO | SFlag::S_IFCHR) => {
            let path = format!("/proc/self/fd/{}", stderr.as_raw_fd());
            let flags = OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
            let anew = open(path.as_str(), flags, Mode::empty());
            anew.map_or(Way::Plain, |fd| Way::Anew(File::from(fd)))
        }
        _file => Way::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn a_full_pipe_is_not_waited_for_and_what_is_lost_is_counted() {
        let (mut reader, writer) = io::pipe().expect("pipe");
        let way = way(writer.as_fd());
        assert!(matches!(way, Way::Anew(_)));
        let mut console = Console { way, lost: 0 };
        let line = "a line of the log\n";
        for _ in 0..10_000 {
            console.write("now", line, 1);
        }
        let lost = console.lost;
        assert!(lost > 0 && lost < 10_000, "{lost}");
        let mut waiting = [0; 60_000];
        reader.read_exact(&mut waiting).expect("read");
        console.write("now", line, 1);
        assert_eq!(console.lost, 0);
        drop((console, writer));
        let mut rest = String::new();
        reader.read_to_string(&mut rest).expect("read");
        let told = format!("now: {lost} log lines were dropped: the log is slow\n{line}");
        assert!(rest.ends_with(&told), "{rest}");
    }
}
