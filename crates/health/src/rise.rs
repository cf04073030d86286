//! `rise` of checks that nobody asks: what they watch has to be good for as long as so many
//! successes in a row would take, a `delay_loop` after the other, until a server that is down is up.
//!
//! A process that goes on for another goes on with its count too, once it is told that what is watched is still good.

use crate::check::CheckId;
use crate::pool::Pool;
use holdfast_model::Mono;
use std::collections::{BTreeMap, BTreeSet};

/// Checks that are down and good, until when they are not believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rising {
    until: BTreeMap<CheckId, Mono>,
    order: BTreeSet<(Mono, CheckId)>,
    /// The same, as the process before this one had it, of those of whom nothing was told yet.
    left: BTreeMap<CheckId, Mono>,
}

impl Rising {
    pub(crate) const fn new() -> Self {
        Self {
            until: BTreeMap::new(),
            order: BTreeSet::new(),
            left: BTreeMap::new(),
        }
    }

    /// The process before this one had it so.
    pub(crate) fn resume(&mut self, id: CheckId, until: Option<Mono>) {
        self.left.extend(until.map(|until| (id, until)));
    }

    /// When it is believed.
    pub(crate) fn until(&self, id: CheckId) -> Option<Mono> {
        let until = self.until.get(&id).or_else(|| self.left.get(&id));
        until.copied()
    }

    /// It is good; since when, is known if it was before. What is left of another process may be longer than
    /// is configured now.
    fn begin(&mut self, id: CheckId, until: Mono) {
        let left = self.left.remove(&id).unwrap_or(until);
        let until = *self.until.entry(id).or_insert(until.min(left));
        self.order.insert((until, id));
    }

    /// It is bad, or gone.
    pub(crate) fn end(&mut self, id: CheckId) {
        self.left.remove(&id);
        if let Some(until) = self.until.remove(&id) {
            self.order.remove(&(until, id));
        }
    }

    /// When the first one is believed.
    pub(crate) fn first(&self) -> Option<Mono> {
        self.order.first().map(|(until, _)| *until)
    }

    /// One that has been good for long enough.
    fn take(&mut self, now: Mono) -> Option<CheckId> {
        let (_, id) = self.order.first().filter(|(until, _)| *until <= now)?;
        let id = *id;
        self.end(id);
        Some(id)
    }
}

impl Pool {
    /// True when what is told of a check that is down is good, and not believed yet.
    pub(crate) fn rises(&mut self, now: Mono, id: CheckId) -> bool {
        let check = self.checks.get(&id).filter(|check| !check.up);
        let Some(check) = check.filter(|check| check.manner.further > 0) else {
            return false;
        };
        let every = check.timing.delay_loop.duration();
        let until = now + every.saturating_mul(check.manner.further);
        self.rising.begin(id, until);
        true
    }

    /// Those that have been good for long enough are up.
    pub(crate) fn believe(&mut self, now: Mono) {
        while let Some(id) = self.rising.take(now) {
            let says = self.checks.get(&id).map(|check| &check.key.probe);
            if let Some(says) = says.and_then(|probe| self.told.says(probe))
                && says.up()
            {
                self.good(now, id, says.weigh);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, model, server, timing};
    use crate::{Input, Pool};
    use holdfast_model::{Checker, Level, Manner, Name, Probe, VirtualServer};

    fn session() -> holdfast_model::BfdKey {
        holdfast_model::BfdKey(Name::from("s"))
    }

    /// A server that lives while a session does, with `rise`, every 10 s.
    fn watched(rise: u32, alpha: bool) -> VirtualServer {
        let mut server = server(1, &[5, 5], 5);
        server.real_servers[0].checkers = vec![Checker {
            probe: Probe::Bfd(session()),
            timing: timing(0),
            manner: Manner {
                alpha,
                further: rise - 1,
                ..Manner::default()
            },
        }];
        server
    }

    fn tell(bench: &mut Bench, level: Level) -> String {
        let of = session().watched();
        bench.feed(Input::Level { of: &of, level });
        bench.rows(1)
    }

    fn after(bench: &mut Bench, seconds: u64) -> String {
        bench.now = bench.now + core::time::Duration::from_secs(seconds);
        bench.feed(Input::Tick);
        bench.rows(1)
    }

    const OUT: &str = "2:5";
    const IN: &str = "1:5 2:5";

    #[test]
    fn a_session_has_to_be_up_for_so_long() {
        let mut bench = Bench::started(&[watched(3, false)]);
        assert_eq!(bench.rows(1), IN, "up from the start: nothing has to rise");
        assert_eq!(tell(&mut bench, Level::Down), OUT);
        assert_eq!(tell(&mut bench, Level::Up), OUT);
        let deadline = holdfast_model::Machine::deadline(&bench.pool);
        assert!(deadline.is_some_and(|due| due <= bench.now + core::time::Duration::from_secs(20)));
        assert_eq!(after(&mut bench, 19), OUT);
        // said again: it has been so since then
        assert_eq!(tell(&mut bench, Level::Up), OUT);
        assert_eq!(after(&mut bench, 1), IN);
        // a break begins it anew
        assert_eq!(tell(&mut bench, Level::Down), OUT);
        assert_eq!(tell(&mut bench, Level::Up), OUT);
        assert_eq!(after(&mut bench, 19), OUT);
        assert_eq!(tell(&mut bench, Level::Down), OUT);
        assert_eq!(after(&mut bench, 1), OUT);
        assert_eq!(tell(&mut bench, Level::Up), OUT);
        assert_eq!(after(&mut bench, 19), OUT);
        assert_eq!(after(&mut bench, 1), IN);
    }

    /// A process that goes on for another, so many seconds later.
    fn follow(bench: &mut Bench, seconds: u64, servers: &[VirtualServer]) -> Bench {
        let pool = Pool::resume(&model(servers), &bench.pool.snapshot());
        let mut next = Bench::new(pool);
        next.now = bench.now + core::time::Duration::from_secs(seconds);
        next.start(&model(servers));
        next
    }

    #[test]
    fn a_process_that_follows_goes_on_counting_when_it_is_told() {
        let servers = [watched(3, false)];
        let mut bench = Bench::started(&servers);
        tell(&mut bench, Level::Down);
        tell(&mut bench, Level::Up);
        after(&mut bench, 12);
        let mut next = follow(&mut bench, 0, &servers);
        // one that dies before it is told leaves the same
        let mut next = follow(&mut next, 1, &servers);
        assert_eq!(tell(&mut next, Level::Up), OUT);
        assert_eq!(after(&mut next, 6), OUT);
        assert_eq!(after(&mut next, 1), IN);
        assert_eq!(next.pool.snapshot().checks[0].rising, None);
        // the time is over when it is told: believed at the next look, not before
        let mut late = follow(&mut bench, 60, &servers);
        assert_eq!(after(&mut late, 1), OUT);
        assert_eq!(tell(&mut late, Level::Up), OUT);
        assert_eq!(after(&mut late, 0), IN);
        // bad meanwhile: it begins anew
        let mut bad = follow(&mut bench, 0, &servers);
        assert_eq!(tell(&mut bad, Level::Down), OUT);
        assert_eq!(tell(&mut bad, Level::Up), OUT);
        assert_eq!(after(&mut bad, 19), OUT);
        assert_eq!(after(&mut bad, 1), IN);
        // no more than is configured now
        let mut shorter = follow(&mut bench, 0, &[watched(1, false)]);
        assert_eq!(tell(&mut shorter, Level::Up), IN);
        let mut spoilt = bench.pool.snapshot();
        spoilt.checks[0].rising = Some(holdfast_model::Mono::MAX);
        bench.pool = Pool::resume(&model(&servers), &spoilt);
        bench.flying.clear();
        bench.start(&model(&servers));
        assert_eq!(tell(&mut bench, Level::Up), OUT);
        assert_eq!(after(&mut bench, 20), IN);
    }

    #[test]
    fn without_it_the_first_word_counts() {
        let mut bench = Bench::started(&[watched(1, true)]);
        assert_eq!(bench.rows(1), OUT);
        assert_eq!(tell(&mut bench, Level::Up), IN);
    }

    #[test]
    fn a_server_that_begins_as_failed_rises_too_and_who_goes_rises_no_more() {
        let mut bench = Bench::started(&[watched(2, true)]);
        assert_eq!(tell(&mut bench, Level::Up), OUT);
        assert_eq!(after(&mut bench, 10), IN);
        assert_eq!(tell(&mut bench, Level::Down), OUT);
        assert_eq!(tell(&mut bench, Level::Up), OUT);
        assert!(bench.pool.rising.first().is_some());
        bench.reload(&[server(1, &[5, 5], 5)]);
        assert_eq!(bench.pool.rising.first(), None);
        assert_eq!(after(&mut bench, 60), IN);
    }
}
