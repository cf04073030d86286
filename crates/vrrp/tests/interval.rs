//! In whose interval a router counts: RFC 3768 s6.1, RFC 9568 s6.1 and s6.4.2.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{Centis, State, Version};
use holdfast_vrrp::{Input, Router, Timing};
use support::*;

// conforms: C42+ C42-
#[test]
fn c42_skew_is_not_rounded_in_either_version() {
    // version, interval in hundredths, priority, missed adverts, down interval in microseconds
    for (version, interval, priority, missed, micros) in [
        (Version::V2, 100, 100, 3, 3_609_375),
        (Version::V2, 100, 90, 3, 3_648_437),
        (Version::V2, 100, 254, 3, 3_007_812),
        (Version::V2, 100, 255, 3, 3_003_906),
        (Version::V2, 25_500, 1, 3, 765_996_093),
        (Version::V2, 100, 100, 1, 1_609_375),
        (Version::V3, 100, 100, 3, 3_609_375),
        (Version::V3, 10, 100, 3, 360_937),
        (Version::V3, 1, 1, 3, 39_960),
        (Version::V3, 4095, 254, 3, 123_169_921),
        (Version::V3, 10, 200, 10, 1_021_875),
    ] {
        let mut config = config(priority);
        config.wire.version = version;
        config.wire.down_adverts = missed;
        config.advert_interval = Centis::new(interval).unwrap();
        let down = Timing::own(&config).down.as_micros();
        assert_eq!(down, micros, "{version:?} {interval} {priority} {missed}");
    }
}

/// RFC 9568 s6.4.2: a backup counts in its master's interval, until it is master itself.
// conforms: C29+ C44+ C49+
#[test]
fn c29_c44_a_backup_learns_its_master_s_interval() {
    let mut rig = Rig::at(State::Backup, v3(100));
    let mut slow = v3_advert(PEER, 150);
    slow.interval = 500;
    assert_eq!(
        words(&rig.hear(&slow.bytes())),
        ["IntervalDiffers"],
        "said once a state"
    );
    assert!(rig.hear(&slow.bytes()).is_empty());
    // 3 x 5 s, and 156/256 of 5 s
    assert_eq!(rig.down(), Duration::from_nanos(18_046_875_000));
    assert_eq!(rig.snapshot().learned, Centis::new(500));
    rig.advance(Duration::from_secs(19));
    assert_eq!(rig.state(), State::Master);
    assert_eq!(rig.snapshot().learned, None);
    assert!(rig.next_advert() <= A, "its own interval again");
    // the better master is followed at its pace
    rig.hear(&slow.bytes());
    assert_eq!(rig.state(), State::Backup);
    assert_eq!(rig.down(), Duration::from_nanos(18_046_875_000));
}

/// One forged advert must not keep a backup waiting for 148 s, when the file says so.
#[test]
fn a_learned_interval_has_its_cap() {
    let mut config = v3(100);
    config.wire.learned_max = Centis::new(300);
    let mut rig = Rig::at(State::Backup, config);
    let mut slow = v3_advert(PEER, 255);
    for (interval, learned, down) in [
        (4095, Centis::new(300), 10_828_125_000),
        (200, Centis::new(200), 7_218_750_000),
        (100, Centis::new(100), 3_609_375_000),
    ] {
        slow.interval = interval;
        rig.hear(&slow.bytes());
        assert_eq!(rig.down(), Duration::from_nanos(down), "{interval}");
        assert_eq!(rig.snapshot().learned, learned, "{interval}");
    }
}

/// `preempt_delay`: until it ends the weaker master is followed, at its pace; then nothing of it counts any more.
/// One that resigns has no pace.
// conforms: C44+
#[test]
fn a_weaker_master_s_interval_counts_while_it_is_followed() {
    let mut config = v3(200);
    config.preempt_delay = Duration::from_secs(4);
    let mut rig = Rig::at(State::Backup, config);
    let mut hear = |priority, interval, wait| {
        let mut advert = v3_advert(PEER, priority);
        advert.interval = interval;
        rig.hear(&advert.bytes());
        let learned = rig.snapshot().learned;
        rig.advance(Duration::from_secs(wait));
        assert_eq!(rig.state(), State::Backup);
        learned
    };
    assert_eq!(hear(0, 900, 0), None, "resigns");
    // the delay begins, and ends four seconds later
    assert_eq!(hear(100, 200, 2), Centis::new(200));
    assert_eq!(hear(100, 300, 2), Centis::new(300));
    assert_eq!(hear(100, 400, 1), Centis::new(300), "discarded");
    assert_eq!(hear(100, 500, 0), Centis::new(300), "discarded");
}

/// A rolling change of the interval: the backup that is reloaded first is not to take over from a
/// master that speaks as it ever did. Version 2 drops the adverts of the other interval.
// conforms: C44+ C42+
#[test]
fn c44_a_reload_does_not_change_the_master_s_interval() {
    // version, our interval and the master's before, ours after, the time to wait after that, ms
    for (version, before, theirs, after, down) in [
        (Version::V3, 400, 400, 100, 14_437),
        (Version::V3, 400, 200, 100, 7_218),
        (Version::V3, 100, 400, 400, 14_437),
        (Version::V3, 100, 200, 200, 7_218),
        (Version::V2, 400, 400, 100, 3_609),
    ] {
        let row = format!("{version:?} {before} {theirs} {after}");
        let mut config = match version {
            Version::V2 => config(100),
            Version::V3 => v3(100),
        };
        config.advert_interval = Centis::new(before).unwrap();
        let mut rig = Rig::at(State::Backup, config.clone());
        let mut master = match version {
            Version::V2 => advert(PEER, 150),
            Version::V3 => v3_advert(PEER, 150),
        };
        master.interval = theirs;
        rig.hear(&master.bytes());
        config.advert_interval = Centis::new(after).unwrap();
        rig.input(Input::Reconfigure(&model(vec![config.clone()])));
        assert_eq!(rig.down().as_millis(), down, "{row}");
        // neither does a reload that the next process finds
        config.advert_interval = Centis::new(50).unwrap();
        let state = rig.router.snapshot();
        rig.router = Router::resume(&model(vec![config]), &state, rig.now);
        rig.input(Input::Link(link(Some(OWN), true)));
        rig.input(Input::Start);
        if version == Version::V3 {
            assert_eq!(rig.down().as_millis(), down, "{row}, resumed");
        }
    }
}
