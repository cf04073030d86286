//! Syslog's local socket (RFC 3164 as /dev/log speaks it).

use super::Level;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SOCKET: &str = "/dev/log";
/// How long nothing is sent after no syslog was there: a container often has none at all.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// A syslog facility's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facility(u8);

impl Facility {
    /// LOG_LOCAL0 + `number`, 0 to 7: keepalived's `-S`.
    pub const fn local(number: u8) -> Option<Self> {
        if number <= 7 {
            Some(Self(16 + number))
        } else {
            None
        }
    }
}

impl Default for Facility {
    /// LOG_DAEMON.
    fn default() -> Self {
        Self(3)
    }
}

#[derive(Debug)]
pub(super) struct Syslog {
    path: PathBuf,
    /// `ident[pid]: `.
    tag: String,
    facility: Facility,
    socket: Option<UnixDatagram>,
    /// When there was no syslog.
    absent: Option<Instant>,
    /// Lines that it did not take.
    lost: u64,
}

impl Syslog {
    pub(super) fn new(ident: &str, facility: Facility) -> Self {
        Self::at(Path::new(SOCKET), ident, facility)
    }

    fn at(path: &Path, ident: &str, facility: Facility) -> Self {
        Self {
            path: path.to_owned(),
            tag: format!("{ident}[{}]: ", std::process::id()),
            facility,
            socket: None,
            absent: None,
            lost: 0,
        }
    }

    /// Sends without waiting; a line that syslog cannot take now is lost, not the daemon's time.
    pub(super) fn send(&mut self, level: Level, text: &str) {
        let severity = match level {
            Level::Error => 3,
            Level::Warning => 4,
            Level::Info => 6,
            Level::Debug => 7,
        };
        let priority = self.facility.0 * 8 + severity;
        for _again_after_restart in 0..2 {
            self.connect();
            let Some(socket) = &self.socket else {
                return;
            };
            if self.lost > 0 {
                let told = format!("<{priority}>{}{}", self.tag, super::dropped(self.lost));
                if socket.send(told.as_bytes()).is_ok() {
                    self.lost = 0;
                }
            }
            let line = format!("<{priority}>{}{text}", self.tag);
            match socket.send(line.as_bytes()) {
                Ok(_) => return,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    self.lost += 1;
                    return;
                }
                Err(_gone) => self.socket = None,
            }
        }
    }

    fn connect(&mut self) {
        let asked = self.absent.is_some_and(|since| since.elapsed() < ASK_AGAIN);
        if self.socket.is_none() && !asked {
            self.socket = connect(&self.path);
            self.absent = self.socket.is_none().then(Instant::now);
        }
    }
}

fn connect(path: &Path) -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(path).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> Option<String> {
        let mut buffer = [0; 200];
        let length = socket.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(buffer.get(..length)?).into_owned())
    }

    fn listen(path: &Path) -> UnixDatagram {
        let socket = UnixDatagram::bind(path).expect("bind");
        socket.set_nonblocking(true).expect("nonblocking");
        socket
    }

    #[test]
    fn a_restarted_syslog_gets_the_next_line_and_a_missing_one_is_asked_for_later() {
        let directory =
            std::env::temp_dir().join(format!("holdfast-syslog-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("directory");
        let path = directory.join("log");
        let mut syslog = Syslog::at(&path, "Holdfast", Facility::local(2).expect("facility"));
        syslog.send(Level::Info, "nobody there");
        let first = listen(&path);
        syslog.send(Level::Info, "not asked yet");
        assert_eq!(received(&first), None);
        syslog.absent = None;
        syslog.send(Level::Warning, "one");
        let line = format!("<148>Holdfast[{}]: one", std::process::id());
        assert_eq!(received(&first), Some(line));
        while syslog.lost < 3 {
            syslog.send(Level::Info, "nobody reads");
        }
        while received(&first).is_some() {}
        syslog.send(Level::Info, "again");
        let told = "3 log lines were dropped: the log is slow";
        assert!(received(&first).is_some_and(|line| line.ends_with(told)));
        assert!(received(&first).is_some_and(|line| line.ends_with(": again")));
        std::fs::remove_file(&path).expect("remove");
        drop(first);
        let second = listen(&path);
        syslog.send(Level::Error, "two");
        assert!(received(&second).is_some_and(|line| line.ends_with(": two")));
        std::fs::remove_dir_all(&directory).expect("remove");
    }
}
