//! Checks that nobody asks: what they watch is told, and is a verdict, a weight, or both.

use crate::check::CheckId;
use crate::pool::Pool;
use crate::service::Service;
use crate::weigh::Weigh;
use holdfast_model::event::{CheckFailure, RealServerEvent};
use holdfast_model::{FileCheck, Level, LvsModel, Mono, Probe, TrackKey};
use std::collections::{BTreeMap, BTreeSet};

/// A product at or below this is a failure.
const FAULT: i64 = i32::MIN as i64;

/// What was told, and who listens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    levels: BTreeMap<TrackKey, Level>,
    listeners: BTreeMap<TrackKey, BTreeSet<CheckId>>,
}

/// What a level means for a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Says {
    pub(crate) weigh: Weigh,
    pub(crate) failure: Option<CheckFailure>,
}

impl Says {
    pub(crate) const fn up(&self) -> bool {
        self.failure.is_none()
    }
}

impl Told {
    pub(crate) const fn new() -> Self {
        Self {
            levels: BTreeMap::new(),
            listeners: BTreeMap::new(),
        }
    }

    /// Forgets what is watched no more: whoever watches it again is told again.
    pub(crate) fn configure(&mut self, model: &LvsModel) {
        let servers = model.virtual_servers.iter();
        let reals = servers.flat_map(|server| &server.real_servers);
        let checkers = reals.flat_map(|real| &real.checkers);
        let watched: BTreeSet<TrackKey> = checkers
            .filter_map(|checker| checker.probe.watches())
            .collect();
        self.levels.retain(|key, _| watched.contains(key));
    }

    /// True when the check is one that is told.
    pub(crate) fn add_check(&mut self, probe: &Probe, id: CheckId) -> bool {
        let Some(key) = probe.watches() else {
            return false;
        };
        self.listeners.entry(key).or_default().insert(id);
        true
    }

    pub(crate) fn drop_check(&mut self, probe: &Probe, id: CheckId) {
        let Some(key) = probe.watches() else {
            return;
        };
        if let Some(listeners) = self.listeners.get_mut(&key) {
            listeners.remove(&id);
            if listeners.is_empty() {
                self.listeners.remove(&key);
            }
        }
    }

    /// What the probe says of its server now; none: nobody has told.
    pub(crate) fn says(&self, probe: &Probe) -> Option<Says> {
        says(probe, *self.levels.get(&probe.watches()?)?)
    }
}

impl Pool {
    /// Something that checks watch is so.
    pub(crate) fn level(&mut self, now: Mono, of: &TrackKey, level: Level) {
        self.told.levels.insert(of.clone(), level);
        let listeners = self.told.listeners.get(of);
        let listeners: Vec<CheckId> = listeners.into_iter().flatten().copied().collect();
        for id in listeners {
            self.hear(now, id, level);
        }
    }

    fn hear(&mut self, now: Mono, id: CheckId, level: Level) {
        let Some(check) = self.checks.get_mut(&id) else {
            return;
        };
        let Some(says) = says(&check.key.probe, level) else {
            return;
        };
        check.tried = true;
        check.failure = says.failure.clone().map(Box::new);
        // who is out has no weight: what it had before stands until it is back
        let Some(reason) = says.failure else {
            if !self.rises(now, id) {
                self.good(now, id, says.weigh);
            }
            return;
        };
        self.rising.end(id);
        if !core::mem::replace(&mut check.up, false) {
            return;
        }
        let key = check.key.real_server.clone();
        let event = RealServerEvent::CheckFailed {
            probe: check.key.probe.clone(),
            reason,
            retries: 0,
        };
        self.say(&key, event);
        self.judge(&key, Service::fail);
    }

    /// It is up, whatever it was.
    pub(crate) fn good(&mut self, now: Mono, id: CheckId, weigh: Weigh) {
        let Some(check) = self.checks.get_mut(&id) else {
            return;
        };
        let was_up = core::mem::replace(&mut check.up, true);
        let key = check.key.real_server.clone();
        let probe = check.key.probe.clone();
        self.weigh(id, weigh);
        if !was_up {
            self.say(&key, RealServerEvent::CheckSucceeded { probe });
            self.easing(now, &key, |pool| pool.judge(&key, Service::recover));
        }
    }
}

/// None: the level says nothing.
fn says(probe: &Probe, level: Level) -> Option<Says> {
    match (probe, level) {
        (Probe::File(check), Level::Value(number)) => Some(file(check, number)),
        (Probe::Bfd(_), Level::Up | Level::Down) => Some(Says {
            weigh: Weigh::Own,
            failure: (level == Level::Down).then_some(CheckFailure::Session),
        }),
        _ => None,
    }
}

/// keepalived 2.2.7: the product is added to the weight; the weight 0 makes a failure of every
/// number but 0, or with `reverse` of 0.
fn file(check: &FileCheck, number: i32) -> Says {
    let sign = if check.reverse { -1 } else { 1 };
    let product = i64::from(number) * i64::from(check.weight) * sign;
    let failed = if check.weight == 0 {
        (number == 0) == check.reverse
    } else {
        product <= FAULT
    };
    Says {
        weigh: match product {
            _ if failed => Weigh::Own,
            0 => Weigh::Own,
            more => Weigh::Plus(more.min(i64::from(i32::MAX))),
        },
        failure: failed.then_some(CheckFailure::Number(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, model, server};
    use crate::{Input, Pool};
    use holdfast_model::{Checker, Manner, Name, Timing, TrackKind, VirtualServer};

    fn check(weight: i32, reverse: bool) -> FileCheck {
        FileCheck {
            file: Name::from("f"),
            weight,
            reverse,
        }
    }

    #[test]
    fn numbers_are_weights_and_failures() {
        let cases = [
            (1, false, 5, Some(5)),
            (1, true, 5, Some(-5)),
            (-2, false, 5, Some(-10)),
            (1, false, 0, Some(0)),
            (1, false, -65_535, Some(-65_535)),
            (1, false, -65_536, Some(-65_536)),
            (65_535, true, 2, Some(-131_070)),
            (65_535, true, 32_769, None),
            (1, false, i32::MIN, None),
            (65_535, false, i32::MAX, Some(2_147_483_647)),
            (0, false, 0, Some(0)),
            (0, false, 1, None),
            (0, false, -1, None),
            (0, true, 0, None),
            (0, true, 7, Some(0)),
        ];
        for (weight, reverse, number, expected) in cases {
            let says = file(&check(weight, reverse), number);
            let plus = match says.weigh {
                Weigh::Plus(more) => more,
                Weigh::Own | Weigh::Is(_) => 0,
            };
            let name = format!("{number} * {weight}, reverse {reverse}");
            assert_eq!(says.up().then_some(plus), expected, "{name}");
        }
    }

    /// Two servers of weight 5, the first of which a file weighs too.
    fn weighed(weight: i32) -> VirtualServer {
        let mut server = server(1, &[5, 5], 6);
        server.real_servers[0].checkers.push(Checker {
            probe: Probe::File(Box::new(check(weight, false))),
            timing: Timing::default(),
            manner: Manner::default(),
        });
        server
    }

    fn tell(bench: &mut Bench, number: i32) -> String {
        bench.said.clear();
        let of = TrackKey::new(TrackKind::File, Name::from("f"));
        let level = Level::Value(number);
        bench.feed(Input::Level { of: &of, level });
        bench.said.join(", ")
    }

    #[test]
    fn a_file_weighs_drains_and_takes_out() {
        let mut bench = Bench::started(&[weighed(1)]);
        assert_eq!(tell(&mut bench, 3), "weight 1 5>8");
        assert_eq!(bench.rows(1), "1:8 2:5");
        assert_eq!(tell(&mut bench, 3), "");
        assert_eq!(tell(&mut bench, -5), "weight 1 8>0, lost 5");
        assert_eq!(bench.rows(1), "1:0 2:5");
        assert_eq!(tell(&mut bench, i32::MIN), "bad 1/0, -1");
        assert_eq!(bench.rows(1), "2:5");
        assert_eq!(tell(&mut bench, 2), "weight 1 0>7, good 1, +1, gained 12");
        assert_eq!(bench.rows(1), "1:7 2:5");
    }

    /// The sessions of two servers, the second of which counts as failed until it is up.
    #[test]
    fn servers_live_as_long_as_their_session() {
        let session = holdfast_model::BfdKey(Name::from("s"));
        let mut watched = server(1, &[5, 5], 6);
        for (real, alpha) in watched.real_servers.iter_mut().zip([false, true]) {
            real.checkers = vec![Checker {
                probe: Probe::Bfd(session.clone()),
                timing: Timing::default(),
                manner: Manner {
                    alpha,
                    ..Manner::default()
                },
            }];
        }
        let mut bench = Bench::started(&[watched]);
        assert_eq!(bench.rows(1), "1:5");
        let of = session.watched();
        let mut tell = |level| {
            bench.feed(Input::Level { of: &of, level });
            bench.rows(1)
        };
        assert_eq!(tell(Level::Up), "1:5 2:5");
        assert_eq!(tell(Level::Down), "");
        assert_eq!(tell(Level::Unknown), "", "which says nothing");
        assert_eq!(tell(Level::Up), "1:5 2:5");
    }

    #[test]
    fn a_check_begins_as_its_file_says_and_stays_so_across_reload_and_restart() {
        let mut bench = Bench::new(Pool::new());
        tell(&mut bench, -2);
        bench.start(&model(&[weighed(1)]));
        assert_eq!(bench.rows(1), "1:3 2:5");
        bench.reload(&[weighed(1)]);
        assert_eq!((bench.rows(1).as_str(), bench.dirty.len()), ("1:3 2:5", 0));
        // the new factor counts at once
        bench.reload(&[weighed(2)]);
        assert_eq!(bench.rows(1), "1:1 2:5");
        bench.reload(&[weighed(0)]);
        assert_eq!(bench.rows(1), "2:5");
        let resumed = Pool::resume(&model(&[weighed(0)]), &bench.pool.snapshot());
        let mut next = Bench::new(resumed);
        next.start(&model(&[weighed(0)]));
        assert_eq!(next.rows(1), "2:5");
        assert_eq!(tell(&mut next, 0), "good 1, +1, gained 10");
        // nobody watches it any more: it counts for nothing when it is watched again
        bench.reload(&[server(1, &[5, 5], 6)]);
        bench.reload(&[weighed(1)]);
        assert_eq!(bench.rows(1), "1:5 2:5");
    }
}
