//! A worker's line to the supervisor.

use holdfast_kernel::time::now;
use holdfast_model::Mono;
use holdfast_supervise::channel::Received;
use holdfast_supervise::signals::{Asked, Signals};
use holdfast_supervise::{Bundle, Channel, FromWorker, ToWorker};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// How often the worker says that it is alive: several times within the supervisor's patience.
pub(super) const BEAT: Duration = Duration::from_millis(400);
/// So long after a start or a reload nothing of what only they need is in use any more.
const SETTLED: Duration = Duration::from_secs(10);

/// What the supervisor wants.
#[derive(Debug)]
pub(super) enum Order {
    /// Run this configuration.
    Reload(Bundle),
    /// End, giving back what is held or not. Also when the supervisor is gone.
    Stop { release: bool },
    /// Write down what another one goes on with, and end at once.
    Leave,
    /// Offer what is held to the peer.
    Offer,
    /// Write down how things stand (SIGUSR1, SIGUSR2 and keepalived's other reports).
    Report,
}

/// The channel and this process's own signals.
#[derive(Debug)]
pub(super) struct Control {
    channel: Channel,
    signals: Signals,
    /// What an end gives back that the supervisor did not ask for.
    release: bool,
    /// When what the start or the reload needed of the program is given back.
    unload: Cell<Option<Mono>>,
}

impl Control {
    pub(super) fn new(channel: Channel, signals: Signals, release: bool) -> Self {
        Self {
            channel,
            signals,
            release,
            unload: Cell::new(None),
        }
    }

    /// The two descriptors to wait for.
    pub(super) fn descriptors(&self) -> [BorrowedFd<'_>; 2] {
        [self.channel.as_fd(), self.signals.as_fd()]
    }

    /// The next order that waits.
    pub(super) fn next(&self) -> Option<Order> {
        while let Some(asked) = self.signals.next() {
            match asked {
                Asked::Stop => return Some(self.stop()),
                Asked::Report(_) => return Some(Order::Report),
                Asked::Reload | Asked::ChildEnded => {}
            }
        }
        loop {
            match self.channel.receive() {
                Ok(Received::Message(bytes, memfd)) => match ToWorker::decode(&bytes) {
                    Some(ToWorker::Reload { generation }) => {
                        match memfd.map(Bundle::open) {
                            Some(Ok(bundle)) => return Some(Order::Reload(bundle)),
                            Some(Err(error)) => tracing::error!("reload: no bundle: {error}"),
                            None => tracing::error!("reload: no descriptor came along"),
                        }
                        self.say(FromWorker::Kept { generation });
                    }
                    Some(ToWorker::Stop { release }) => return Some(Order::Stop { release }),
                    Some(ToWorker::Leave) => return Some(Order::Leave),
                    Some(ToWorker::Offer) => return Some(Order::Offer),
                    Some(ToWorker::Signal(_)) => return Some(Order::Report),
                    None => {}
                },
                Ok(Received::Empty) => return None,
                Ok(Received::Closed) => return Some(self.stop()),
                Err(error) => {
                    tracing::error!("lost the supervisor: {error}");
                    return Some(self.stop());
                }
            }
        }
    }

    fn stop(&self) -> Order {
        Order::Stop {
            release: self.release,
        }
    }

    /// A second handle of the line.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub(super) fn line(&self) -> io::Result<Channel> {
        self.channel.try_clone()
    }

    pub(super) fn say(&self, message: FromWorker) {
        say(&self.channel, message);
        if matches!(message, FromWorker::Ready | FromWorker::Reloaded { .. }) {
            self.unload.set(Some(now() + SETTLED));
        }
    }

    /// Says that the worker is alive, from its loop.
    pub(super) fn beat(&self, time: Mono) {
        self.say(FromWorker::Beat);
        if self.unload.get().is_some_and(|due| due <= time) {
            self.unload.set(None);
            holdfast_kernel::program::unload();
        }
    }
}

/// Says something to the supervisor. If its queue is full it is the supervisor that hangs, and
/// the message would say nothing new.
pub(super) fn say(channel: &Channel, message: FromWorker) {
    let _full_or_gone = channel.send(&message.encode(), None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_without_its_bundle_is_refused() {
        let (ours, theirs) = Channel::pair().expect("pair");
        let signals = Signals::block(false).expect("signals");
        let control = Control::new(theirs, signals, true);
        let order = ToWorker::Reload { generation: 7 };
        ours.send(&order.encode(), None).expect("send");
        assert!(control.next().is_none());
        let Ok(Received::Message(bytes, None)) = ours.receive() else {
            panic!("no answer");
        };
        let said = FromWorker::decode(&bytes);
        assert!(matches!(said, Some(FromWorker::Kept { generation: 7 })));
    }

    #[test]
    fn a_supervisor_that_is_gone_takes_only_what_the_options_give_back() {
        for release in [true, false] {
            let (ours, theirs) = Channel::pair().expect("pair");
            let signals = Signals::block(false).expect("signals");
            let control = Control::new(theirs, signals, release);
            assert!(control.next().is_none());
            drop(ours);
            let order = control.next();
            assert!(matches!(order, Some(Order::Stop { release: r }) if r == release));
        }
    }
}
