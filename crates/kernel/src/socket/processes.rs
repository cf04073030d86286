//! The kernel's news of processes: the proc connector (linux/cn_proc.h), which speaks in the first
//! network namespace only.

use crate::netlink::resize;
use holdfast_model::Buffer;
use netlink_sys::{Socket, SocketAddr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// Netlink's protocol of the connector.
const CONNECTOR: isize = 11;
/// `nlmsghdr`, then `cn_msg`.
const HEADERS: usize = 16 + 20;
/// `what`, processor and time come before what an event says.
const EVENT: usize = HEADERS + 16;
/// Longer than any event.
const ROOM: usize = 512;

const LISTEN: u32 = 1;
const FORK: u32 = 1;
const EXEC: u32 = 2;
const COMM: u32 = 0x200;
const EXIT: u32 = 0x8000_0000;

/// What happened to a process. Its further threads are nothing of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessEvent {
    /// It has made a copy of itself.
    Forked {
        /// Itself.
        parent: u32,
        /// The copy.
        child: u32,
    },
    /// It is another program now, or has another name.
    Changed(u32),
    /// It has ended.
    Ended(u32),
}

/// The socket that hears them.
#[derive(Debug)]
pub struct ProcessMonitor {
    socket: Socket,
}

impl ProcessMonitor {
    /// Opens it with that receive buffer, for events from now on.
    ///
    /// # Errors
    /// `ConnectionRefused` in another network namespace, or what else the system says.
    pub fn open(buffer: Option<Buffer>) -> io::Result<Self> {
        let mut socket = Socket::new(CONNECTOR)?;
        if let Some(buffer) = buffer {
            resize(&socket, buffer)?;
        }
        let group = libc::CN_IDX_PROC;
        socket.bind(&SocketAddr::new(0, group))?;
        socket.set_non_blocking(true)?;
        let header = [40_u32, u32::from(libc::NLMSG_DONE as u16), 0, 0];
        let connector = [group, libc::CN_VAL_PROC, 0, 0, 4, LISTEN];
        let words = header.iter().chain(&connector);
        let message: Vec<u8> = words.flat_map(|word| word.to_ne_bytes()).collect();
        socket.send_to(&message, &SocketAddr::new(0, 0), 0)?;
        Ok(Self { socket })
    }

    /// The next event; none waits: `None`.
    ///
    /// # Errors
    /// ENOBUFS when some were lost, or what else the system says.
    pub fn read(&mut self) -> io::Result<Option<ProcessEvent>> {
        loop {
            let mut message = Vec::with_capacity(ROOM);
            match self.socket.recv_from(&mut message, 0) {
                // anybody may write to a netlink socket: only the kernel is believed
                Ok((_, from)) if from.port_number() != 0 => {}
                Ok(_) => {
                    if let Some(event) = event(&message) {
                        return Ok(Some(event));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}

impl AsFd for ProcessMonitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What a message says of a process.
fn event(message: &[u8]) -> Option<ProcessEvent> {
    let word = |at: usize| -> Option<u32> {
        let bytes = message.get(at..at + 4)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    let (pid, group) = (word(EVENT)?, word(EVENT + 4)?);
    let leader = pid == group;
    match word(HEADERS)? {
        FORK => {
            let (child, its_group) = (word(EVENT + 8)?, word(EVENT + 12)?);
            (child == its_group).then_some(ProcessEvent::Forked {
                parent: group,
                child,
            })
        }
        EXEC => Some(ProcessEvent::Changed(group)),
        COMM => leader.then_some(ProcessEvent::Changed(pid)),
        EXIT => leader.then_some(ProcessEvent::Ended(pid)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(what: u32, words: &[u32]) -> Vec<u8> {
        let mut message = vec![0; HEADERS];
        message.extend(what.to_ne_bytes());
        message.extend([0; 12]);
        message.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
        message
    }

    #[test]
    fn threads_are_no_processes_and_short_messages_say_nothing() {
        for (what, words, wanted) in [
            (
                FORK,
                &[7_u32, 5, 9, 9] as &[u32],
                Some(ProcessEvent::Forked {
                    parent: 5,
                    child: 9,
                }),
            ),
            (FORK, &[5, 5, 9, 5], None),
            (EXEC, &[5, 5], Some(ProcessEvent::Changed(5))),
            (COMM, &[5, 5], Some(ProcessEvent::Changed(5))),
            (COMM, &[6, 5], None),
            (EXIT, &[5, 5, 0, 0], Some(ProcessEvent::Ended(5))),
            (EXIT, &[6, 5, 0, 0], None),
            (4, &[5, 5], None),
            (EXEC, &[5], None),
        ] {
            assert_eq!(event(&message(what, words)), wanted, "{what} {words:?}");
        }
        assert_eq!(event(&[]), None);
    }
}
