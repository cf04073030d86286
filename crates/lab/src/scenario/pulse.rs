//! How evenly the machine lets a scenario run: whoever is kept from its processors or its disk for long
//! can tell nothing of times.

use crate::background::Background;
use crate::error::lock;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often it beats.
const PERIOD: Duration = Duration::from_millis(2);
/// A beat that comes so late is a standstill. The scenarios forgive 40 ms and more, but what they
/// look at passes through several processes, each of which may have to wait.
const STANDSTILL: Duration = Duration::from_millis(20);

/// So long all that wanted to run waited for the disk, in sum: programs are read from there, in pieces, when
/// they come to them.
const DISK: Duration = Duration::from_millis(100);

type Standstills = Mutex<Vec<(Instant, Instant)>>;

/// Beats until it is dropped: on each processor, since a guest's may be taken away one at a time, for a second and with
/// whoever runs there, while all goes well on the others.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// What the kernel had counted of waits for the disk.
    disk: Duration,
    /// The longest wait beyond a period, in nanoseconds.
    longest: Arc<AtomicU64>,
    /// When a standstill began and when it was over, of each.
    standstills: Arc<Standstills>,
    _threads: Vec<Background<()>>,
}

impl Pulse {
    pub(crate) fn start() -> Self {
        let longest: Arc<AtomicU64> = Arc::default();
        let standstills: Arc<Standstills> = Arc::default();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            disk: waited_for_disk(),
            _threads: (0..processors)
                .map(|at| beat(at, &longest, &standstills))
                .collect(),
            longest,
            standstills,
        }
    }

    /// The longest time for which nothing ran here.
    pub(crate) fn longest(&self) -> Duration {
        // who asks may be the first that runs again
        std::thread::sleep(PERIOD * 2);
        Duration::from_nanos(self.longest.load(Ordering::Relaxed))
    }

    /// For how much of the time between these two moments a processor stood still.
    pub(crate) fn stood(&self, from: Instant, until: Instant) -> Duration {
        // who asks may be the first that runs again
        std::thread::sleep(PERIOD * 2);
        within(&lock(&self.standstills), from, until)
    }

    /// The time for which nothing ran here, if it is one that disturbs measurements.
    pub(super) fn standstill(&self) -> Option<Duration> {
        let longest = self.longest();
        let disk = waited_for_disk().saturating_sub(self.disk);
        let processor = (longest >= STANDSTILL).then_some(longest);
        processor.or((disk >= DISK).then_some(disk))
    }
}

/// How much of a time is within one of these; two processors stand still at once for one time.
fn within(standstills: &[(Instant, Instant)], from: Instant, until: Instant) -> Duration {
    let mut sorted = standstills.to_vec();
    sorted.sort_unstable();
    let (mut sum, mut seen) = (Duration::ZERO, from);
    for (begin, end) in sorted {
        let (begin, end) = (begin.max(seen), end.min(until));
        sum += end.saturating_duration_since(begin);
        seen = seen.max(end);
    }
    sum
}

fn beat(
    processor: usize,
    longest: &Arc<AtomicU64>,
    standstills: &Arc<Standstills>,
) -> Background<()> {
    let (sink, stop) = (Arc::clone(longest), Arc::new(AtomicBool::new(false)));
    let list = Arc::clone(standstills);
    let flag = Arc::clone(&stop);
    let thread = std::thread::spawn(move || {
        let mut here = CpuSet::new();
        // where it may not be it beats elsewhere
        let _set = here.set(processor);
        let _placed = sched_setaffinity(Pid::from_raw(0), &here);
        while !flag.load(Ordering::Relaxed) {
            let before = Instant::now();
            std::thread::sleep(PERIOD);
            let (due, now) = (before + PERIOD, Instant::now());
            let late = now.saturating_duration_since(due);
            if late >= STANDSTILL {
                lock(&list).push((due, now));
            }
            let late = late.as_nanos();
            sink.fetch_max(u64::try_from(late).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    });
    Background::new(stop, thread)
}

/// Since boot (Linux, Documentation/accounting/psi.rst): nothing where the kernel does not count it, as in the
/// guest.
fn waited_for_disk() -> Duration {
    let text = std::fs::read_to_string("/proc/pressure/io").unwrap_or_default();
    let full = text.lines().find(|line| line.starts_with("full "));
    let total = full.and_then(|line| line.split("total=").nth(1)?.trim().parse().ok());
    Duration::from_micros(total.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{Pulse, STANDSTILL, within};
    use std::time::{Duration, Instant};

    #[test]
    fn who_beats_on_time_is_not_disturbed_and_a_late_beat_is_told() {
        let pulse = Pulse::start();
        let late = u64::try_from(STANDSTILL.as_nanos()).unwrap();
        pulse
            .longest
            .fetch_max(late, std::sync::atomic::Ordering::Relaxed);
        assert!(pulse.standstill().is_some_and(|time| time >= STANDSTILL));
    }

    #[test]
    fn standstills_of_two_processors_are_counted_once_and_only_within_the_time() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let stood = [(at(300), at(400)), (at(0), at(100)), (at(50), at(150))];
        let of = |from, until| within(&stood, at(from), at(until)).as_millis();
        assert_eq!(of(0, 1000), 250);
        assert_eq!(of(20, 320), 150);
        assert_eq!(of(150, 300), 0);
        assert_eq!(of(310, 390), 80);
    }
}
