//! A worker's line to the supervisor.

use holdfast_supervise::channel::Received;
use holdfast_supervise::signals::{Asked, Signals};
use holdfast_supervise::{Bundle, Channel, FromWorker, ToWorker};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// How often the worker says that it is alive: several times within the supervisor's patience.
pub(super) const BEAT: Duration = Duration::from_millis(400);

/// What the supervisor wants.
#[derive(Debug)]
pub(super) enum Order {
    /// Run this configuration.
    Reload(Bundle),
    /// End, giving back what is held or not. Also when the supervisor is gone.
    Stop { release: bool },
    /// Write down how things stand (SIGUSR1, SIGUSR2 and keepalived's other reports).
    Report,
}

/// The channel and this process's own signals.
#[derive(Debug)]
pub(super) struct Control {
    channel: Channel,
    signals: Signals,
}

impl Control {
    pub(super) fn new(channel: Channel, signals: Signals) -> Self {
        Self { channel, signals }
    }

    /// The two descriptors to wait for.
    pub(super) fn descriptors(&self) -> [BorrowedFd<'_>; 2] {
        [self.channel.as_fd(), self.signals.as_fd()]
    }

    /// The next order that waits.
    pub(super) fn next(&self) -> Option<Order> {
        while let Some(asked) = self.signals.next() {
            match asked {
                Asked::Stop => return Some(Order::Stop { release: true }),
                Asked::Report(_) => return Some(Order::Report),
                Asked::Reload | Asked::ChildEnded => {}
            }
        }
        loop {
            match self.channel.receive() {
                Ok(Received::Message(bytes, memfd)) => match ToWorker::decode(&bytes) {
                    Some(ToWorker::Reload { .. }) => match memfd.map(Bundle::open) {
                        Some(Ok(bundle)) => return Some(Order::Reload(bundle)),
                        Some(Err(error)) => tracing::error!("reload: no bundle: {error}"),
                        None => tracing::error!("reload: no descriptor came along"),
                    },
                    Some(ToWorker::Stop { release }) => return Some(Order::Stop { release }),
                    Some(ToWorker::Signal(_)) => return Some(Order::Report),
                    None => {}
                },
                Ok(Received::Empty) => return None,
                Ok(Received::Closed) => return Some(Order::Stop { release: true }),
                Err(error) => {
                    tracing::error!("lost the supervisor: {error}");
                    return Some(Order::Stop { release: true });
                }
            }
        }
    }

    pub(super) fn say(&self, message: FromWorker) {
        say(&self.channel, message);
    }
}

/// Says something to the supervisor. If its queue is full it is the supervisor that hangs, and
/// the message would say nothing new.
pub(super) fn say(channel: &Channel, message: FromWorker) {
    let _full_or_gone = channel.send(&message.encode(), None);
}
