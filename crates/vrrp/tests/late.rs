//! A master that stood still: what waited is heard first, then its silence decides.
//!
//! ```text
//!   last advert ── A ── 2 A ───────── K A ──────────────
//!        MASTER      │  and ARP again │  BACKUP, without a word
//! ```
//!
//! And a backup that stood still: it may have been the master's sleep, too.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::event::{Event, VrrpEvent};
use holdfast_model::{Centis, Instance, LastWord, State, Version};
use holdfast_vrrp::{Action, Input};
use support::*;

const TICK: Duration = Duration::from_millis(1);

/// What it was woken by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Tick,
    Weaker,
    Better,
    Resigned,
    Fault,
    Level,
    Lost,
    Stop,
}

fn with(adverts: u8, change: fn(&mut Instance)) -> Instance {
    let mut config = config(150);
    config.wire.down_adverts = adverts;
    change(&mut config);
    config
}

fn plain(_: &mut Instance) {}

/// A master whose last advert left `silent` ago hears, or is told, that.
fn wakes(config: Instance, silent: Duration, by: By) -> (Rig, Vec<Action>) {
    let key = config.key.clone();
    let mut rig = Rig::new(vec![config]);
    rig.input(Input::Start);
    rig.advance(A * 7);
    assert_eq!(rig.state(), State::Master);
    let (sent, _) = rig.router.snapshot().instances[0].adverts.unwrap();
    rig.now = sent + silent;
    let actions = match by {
        By::Tick => rig.input(Input::Tick),
        By::Weaker => rig.hears(PEER, 50),
        By::Better => rig.hears(HIGH_PEER, 200),
        By::Resigned => rig.hears(PEER, 0),
        By::Fault => rig.input(Input::Link(link(Some(OWN), false))),
        By::Level => rig.input(Input::Ipvs(false)),
        By::Lost => rig.input(Input::Lost {
            instance: &key,
            address: &vip(VIP),
        }),
        By::Stop => rig.input(Input::Stop { release: true }),
    };
    (rig, actions)
}

fn sent(actions: &[Action]) -> usize {
    let sends = |action: &&Action| matches!(action, Action::Send { .. });
    actions.iter().filter(sends).count()
}

fn announced(actions: &[Action]) -> Vec<u16> {
    let rounds = actions.iter().filter_map(|action| match action {
        Action::Announce { count, .. } => Some(*count),
        _ => None,
    });
    rounds.collect()
}

fn told(actions: &[Action]) -> Vec<Duration> {
    let late = actions.iter().filter_map(|action| match action {
        Action::Report(Event::Vrrp {
            event: VrrpEvent::RanLate { silent },
            ..
        }) => Some(*silent),
        _ => None,
    });
    late.collect()
}

fn gives_up(actions: &[Action]) -> bool {
    let none =
        |action: &Action| matches!(action, Action::Want { addresses, .. } if addresses.is_empty());
    actions.iter().any(none)
}

#[test]
fn silence_decides_whatever_it_is_woken_by() {
    let owner: fn(&mut Instance) = |config| config.priority = holdfast_model::Priority::OWNER;
    let v3: fn(&mut Instance) = |config| {
        config.wire.version = Version::V3;
        config.authentication = holdfast_model::Authentication::None;
        config.advert_interval = Centis::new(20).unwrap();
    };
    let fast: fn(&mut Instance) = |config| {
        config.wire.version = Version::V3;
        config.authentication = holdfast_model::Authentication::None;
        config.advert_interval = Centis::new(1).unwrap();
    };
    let patient: fn(&mut Instance) = |config| config.nopreempt = true;
    let speaks: fn(&mut Instance) = |config| config.wire.last_word = LastWord::Always;
    let fifth = Duration::from_millis(200);
    use By::{Better, Fault, Level, Lost, Resigned, Stop, Tick as Due, Weaker};
    use State::{Backup, Init, Master};
    // K, configuration, silent, by, then, adverts sent, gives up its addresses
    for (adverts, change, silent, by, then, speaks, releases) in [
        (3, plain as fn(&mut Instance), A * 3, Due, Master, 1, false),
        (3, plain, A * 3 + TICK, Due, Backup, 0, true),
        (3, plain, A * 600, Due, Backup, 0, true),
        (5, plain, A * 5, Due, Master, 1, false),
        (5, plain, A * 5 + TICK, Due, Backup, 0, true),
        // with K = 1 an advert has to be missing
        (1, plain, A + A / 2, Due, Master, 1, false),
        (1, plain, A * 2 + TICK, Due, Backup, 0, true),
        (3, v3, fifth * 3, Due, Master, 1, false),
        (3, v3, fifth * 3 + TICK, Due, Backup, 0, true),
        // so short that anybody may be kept from a processor for as long
        (3, fast, TICK * 31, Due, Master, 1, false),
        (3, fast, TICK * 100, Due, Master, 1, false),
        (3, fast, TICK * 101, Due, Backup, 0, true),
        (3, owner, A * 3 + TICK, Due, Backup, 0, true),
        (3, patient, A * 3 + TICK, Due, Backup, 0, true),
        // a weaker advert is not answered by one that may be no master
        (3, plain, A * 3, Weaker, Master, 1, false),
        (3, plain, A * 3 + TICK, Weaker, Backup, 0, true),
        (3, plain, A * 3, Better, Backup, 0, true),
        (3, plain, A * 3 + TICK, Better, Backup, 0, true),
        (3, speaks, A * 3, Better, Backup, 1, true),
        (3, speaks, A * 3 + TICK, Better, Backup, 0, true),
        (3, plain, A * 3, Resigned, Master, 1, false),
        (3, plain, A * 3 + TICK, Resigned, Backup, 0, true),
        // nothing is repaired or given up with priority 0 before that is judged
        (3, plain, A * 3 + TICK, Lost, Backup, 0, true),
        (3, plain, A * 3 + TICK, Level, Backup, 0, true),
        (3, plain, A * 3 + TICK, Fault, State::Fault, 0, true),
        // a stop says so in any case
        (3, plain, A * 3 + TICK, Stop, Init, 1, true),
    ] {
        let row = format!("K {adverts}, {silent:?}, {by:?}");
        let config = with(adverts, change);
        let every = Duration::from_millis(u64::from(config.advert_interval.get()) * 10);
        let longest = (every * u32::from(adverts.max(2))).max(TICK * 100);
        let late = silent > longest && by != Stop;
        let (rig, actions) = wakes(config, silent, by);
        assert_eq!(rig.state(), then, "{row}");
        assert_eq!(sent(&actions), speaks, "{row}: adverts");
        assert_eq!(gives_up(&actions), releases, "{row}: addresses");
        assert_eq!(!told(&actions).is_empty(), late, "{row}");
    }
}

#[test]
fn it_says_for_how_long_it_was_silent() {
    let (_, actions) = wakes(with(3, plain), A * 10, By::Tick);
    assert_eq!(told(&actions), [A * 10]);
    let (_, actions) = wakes(with(3, plain), A * 3, By::Tick);
    assert!(told(&actions).is_empty());
}

#[test]
fn a_short_standstill_costs_one_round_of_gratuitous_arp() {
    for (silent, rounds) in [(A + TICK, 0), (A * 2, 1), (A * 3, 1)] {
        let mut config = with(3, plain);
        // nothing else is to be announced at that time
        config.garp.delay = Duration::ZERO;
        config.garp.refresh = Duration::ZERO;
        let (mut rig, actions) = wakes(config, silent, By::Tick);
        assert_eq!(announced(&actions), vec![1; rounds], "{silent:?}");
        assert_eq!(rig.state(), State::Master);
        assert!(announced(&rig.advance(A * 2)).is_empty(), "once");
    }
}

/// The others have served meanwhile, and go on: they are not preempted before they were heard out.
#[test]
fn it_comes_back_as_one_that_starts() {
    let (mut rig, _) = wakes(with(3, plain), A * 60, By::Weaker);
    let down = rig.router.deadline().unwrap().since(rig.now);
    assert_eq!(down, A * 3 + Duration::from_nanos(3_906_250) * 106);
    rig.advance(down - TICK);
    assert_eq!(rig.state(), State::Backup);
    rig.advance(TICK);
    assert_eq!(rig.state(), State::Master);
}

/// One that resigned while we stood still: nobody serves.
#[test]
fn a_priority_0_that_waited_is_heard_as_a_backup() {
    let (rig, _) = wakes(with(3, plain), A * 60, By::Resigned);
    let skew = Duration::from_nanos(3_906_250) * 106;
    assert_eq!(rig.router.deadline().unwrap().since(rig.now), skew);
}

#[test]
fn a_rejected_packet_judges_nothing() {
    let mut rig = Rig::at(State::Master, with(3, plain));
    rig.now = rig.now + A * 60;
    let mut forged = advert(PEER, 200);
    forged.ttl = 64;
    rig.hear(&forged.bytes());
    assert_eq!(rig.state(), State::Master);
}

/// A backup that wakes `late` after its timer, from which everything is due.
fn backup(late: Duration) -> Rig {
    let mut rig = Rig::at(State::Backup, with(3, plain));
    rig.hears(HIGH_PEER, 200);
    rig.now = rig.router.deadline().unwrap() + late;
    rig.input(Input::Tick);
    rig
}

#[test]
fn a_backup_that_wakes_late_listens_for_an_interval_more() {
    assert_eq!(backup(A / 4).state(), State::Master);
    for late in [A / 4 + TICK, A, A * 60] {
        let mut rig = backup(late);
        assert_eq!(rig.state(), State::Backup, "{late:?}");
        assert_eq!(rig.router.deadline().unwrap().since(rig.now), A);
        rig.advance(A - TICK);
        assert_eq!(rig.state(), State::Backup, "{late:?}");
        rig.advance(TICK);
        assert_eq!(rig.state(), State::Master, "{late:?}");
    }
}

/// Who always wakes late takes over all the same.
#[test]
fn it_does_so_once_until_a_master_is_heard_again() {
    let wakes_late = |rig: &mut Rig| {
        rig.now = rig.router.deadline().unwrap() + A;
        rig.input(Input::Tick);
    };
    let mut rig = backup(A);
    wakes_late(&mut rig);
    assert_eq!(rig.state(), State::Master);
    let mut rig = backup(A);
    rig.hears(HIGH_PEER, 200);
    wakes_late(&mut rig);
    assert_eq!(rig.state(), State::Backup);
    wakes_late(&mut rig);
    assert_eq!(rig.state(), State::Master);
}
