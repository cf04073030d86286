//! Between two turns: until something is due or somebody calls.

use super::Worker;
use holdfast_kernel::time::now;
use holdfast_model::Mono;
use nix::errno::Errno;
use nix::sys::epoll::{EpollEvent, EpollTimeout};
use std::io;
use std::time::Duration;

/// What wakes the loop. Sockets and the timer are looked at in every turn, so that their order does
/// not depend on epoll's.
pub(super) const PACKETS: u64 = 0;
/// Everything else is asked only when it has something to say: a turn for one advert should cost
/// little more than reading it.
pub(super) const OTHER: u64 = u64::MAX;
/// What epoll tells of in one turn; the rest comes first in the next.
const EVENTS: usize = 16;
/// Packets that come within so long of each other come one upon the other.
const DENSE: Duration = Duration::from_millis(4);
/// They are taken so long together: waking up costs more than reading dozens of them.
const TOGETHER: Duration = Duration::from_millis(2);
/// Who finds so many in one turn does not wait for more: that is a flood.
const MANY: usize = 32;

/// How dense packets are: the adverts of a master with many instances come one upon the other, and
/// waking up for each costs more than reading it.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// When there were some last.
    last: Mono,
    /// Just after others.
    dense: bool,
}

impl Flow {
    /// There were so many packets in this turn.
    pub(super) fn note(&mut self, now: Mono, count: usize) {
        if count > 0 {
            self.dense = now.since(self.last) < DENSE && count < MANY;
            self.last = now;
        }
    }

    /// Is the next one waited for with closed eyes? Not when something is due soon.
    fn rests(&mut self, now: Mono, deadline: Mono) -> bool {
        core::mem::take(&mut self.dense) && deadline > now + TOGETHER * 2
    }
}

impl Worker {
    pub(super) fn sleep(&mut self) -> io::Result<()> {
        let start = self.hold.filter(|_| !self.started);
        let machines = self
            .router
            .deadline()
            .into_iter()
            .chain(self.bfd.deadline());
        let waiting = self.waiting.as_ref().map(|waiting| waiting.until);
        let soonest = machines.chain(start).chain(waiting);
        let soonest = soonest.chain(self.memory.deadline());
        let deadline = soonest.fold(self.next_beat, Mono::min);
        let time = now();
        if self.flow.rests(time, deadline) {
            std::thread::sleep(TOGETHER);
        }
        self.timer.wake_by(deadline, time)?;
        // what is due already is nobody's lateness
        self.expected = deadline.max(time);
        let mut events = [EpollEvent::empty(); EVENTS];
        match self.epoll.wait(&mut events, EpollTimeout::NONE) {
            Ok(count) => {
                let mut events = events.iter().take(count);
                self.called = events.any(|event| event.data() != PACKETS);
                Ok(())
            }
            Err(Errno::EINTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dense_packets_are_waited_for_and_never_past_a_deadline() {
        let at = |tenths: u32| Mono::from_secs(1) + DENSE / 40 * tenths;
        let far = at(10_000);
        let mut flow = Flow::default();
        flow.note(at(0), 1);
        assert!(!flow.rests(at(1), far), "the first for a long time");
        flow.note(at(10), 1);
        assert!(flow.rests(at(11), far));
        assert!(!flow.rests(at(12), far), "nothing came meanwhile");
        flow.note(at(20), 0);
        assert!(!flow.rests(at(21), far), "nor did it in this turn");
        flow.note(at(30), 1);
        assert!(!flow.rests(at(31), at(50)), "something is due");
        flow.note(at(40), MANY);
        assert!(!flow.rests(at(41), far), "a flood");
        flow.note(at(81), 1);
        assert!(!flow.rests(at(82), far), "less dense");
    }
}
