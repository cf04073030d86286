//! Syslog's local socket (RFC 3164 as /dev/log speaks it).

use super::Level;
use std::os::unix::net::UnixDatagram;

const SOCKET: &str = "/dev/log";

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
    ident: String,
    facility: Facility,
    socket: Option<UnixDatagram>,
}

impl Syslog {
    pub(super) fn new(ident: &str, facility: Facility) -> Self {
        Self {
            ident: ident.to_owned(),
            facility,
            socket: None,
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
        let line = format!("<{priority}>{}[{}]: {text}", self.ident, std::process::id());
        for _again_after_restart in 0..2 {
            if self.socket.is_none() {
                self.socket = connect();
            }
            match self
                .socket
                .as_ref()
                .map(|socket| socket.send(line.as_bytes()))
            {
                Some(Err(error)) if error.kind() != std::io::ErrorKind::WouldBlock => {
                    self.socket = None;
                }
                _sent_lost_or_no_syslog => return,
            }
        }
    }
}

fn connect() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(SOCKET).ok()?;
    Some(socket)
}
