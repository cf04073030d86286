//! `auth_hmac`: what a signed virtual router sends, believes and refuses.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::Ipv4Addr;
use core::time::Duration;
use holdfast_model::event::{Event, RejectReason, VrrpEvent};
use holdfast_model::{
    AntiReplay, Authentication, Hmac, HmacKey, HmacMode, Instance, Secret, State, Version,
};
use holdfast_packet::ipv4;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::hmac::{Stamp, Trailer};
use holdfast_vrrp::{Action, Input, Outgoing, Router, Signed};
use support::*;

/// What the wall clock shows when the tests' clock shows 0.
const EPOCH: Duration = Duration::from_secs(1_700_000_000);
const WINDOW: Duration = Duration::from_secs(5);

fn key(id: u8) -> HmacKey {
    HmacKey {
        id,
        secret: Secret(vec![id; 32]),
    }
}

fn hmac(mode: HmacMode) -> Hmac {
    Hmac {
        keys: vec![key(1), key(2)],
        active: 1,
        window: WINDOW,
        replay: AntiReplay::Time,
        mode,
    }
}

fn signed(priority: u8, hmac: Hmac) -> Instance {
    let mut config = config(priority);
    config.authentication = Authentication::None;
    config.wire.hmac = Some(hmac);
    config
}

fn rig(state: State, instance: Instance) -> Rig {
    let mut rig = Rig::new(vec![instance]);
    rig.input(Input::Clock { ahead: EPOCH });
    rig.input(Input::Start);
    if state == State::Master {
        rig.advance(Duration::from_secs(4));
    }
    assert_eq!(rig.state(), state);
    rig
}

fn unsigned() -> Vec<u8> {
    let auth = AuthField::NONE;
    let advert = Advert {
        auth,
        ..advert(HIGH_PEER, 200)
    };
    advert.bytes()
}

/// A better peer's advert, signed so long after [`EPOCH`].
fn packet(key: &HmacKey, at: Duration) -> Vec<u8> {
    let mut out = Outgoing {
        source: HIGH_PEER.into(),
        destination: Ipv4Addr::new(224, 0, 0, 18).into(),
        packet: unsigned(),
    };
    out.sign(key, Stamp::of(EPOCH + at));
    out.packet
}

fn verdict(rig: &mut Rig, bytes: &[u8]) -> Option<RejectReason> {
    let count = |rig: &Rig| rig.router.stats(&config(1).key).unwrap().rejected.clone();
    let before = count(rig);
    rig.hear(bytes);
    let after = count(rig);
    let mut changed = after.into_iter();
    let changed = changed.find(|(reason, count)| before.get(reason) != Some(count));
    changed.map(|(reason, _)| reason)
}

fn since_epoch(rig: &Rig) -> Duration {
    Duration::from_nanos(rig.now.nanos())
}

fn stamps(actions: &[Action]) -> Vec<Stamp> {
    let sent = actions.iter().filter_map(|action| match action {
        Action::Send { outgoing, .. } => Some(&outgoing.packet),
        _ => None,
    });
    let trailer = |packet: &Vec<u8>| Trailer::read(&packet[packet.len() - 28..]).unwrap().stamp;
    sent.map(trailer).collect()
}

#[test]
fn each_mode_believes_what_it_should() {
    use HmacMode::{Enforce, Permissive, ReceiveOnly};
    for mode in [ReceiveOnly, Permissive, Enforce] {
        let refused = (mode == Enforce).then_some(RejectReason::Unsigned);
        let mut rig = rig(State::Backup, signed(100, hmac(mode)));
        assert_eq!(verdict(&mut rig, &unsigned()), refused, "{mode:?}");
        let now = since_epoch(&rig);
        let late = now - WINDOW - Duration::from_secs(1);
        let early = now + WINDOW + Duration::from_secs(1);
        let mut stranger = key(1);
        stranger.secret.0[31] ^= 1;
        let mut torn = packet(&key(1), now);
        let end = torn.len() - 28;
        torn[end] = 9;
        for (what, bytes, expected) in [
            ("late", packet(&key(1), late), Some(RejectReason::Stale)),
            ("early", packet(&key(1), early), Some(RejectReason::Stale)),
            (
                "key 3",
                packet(&key(3), now),
                Some(RejectReason::UnknownKey),
            ),
            (
                "forged",
                packet(&stranger, now),
                Some(RejectReason::Signature),
            ),
            ("torn", torn, Some(RejectReason::Trailer)),
            ("good", packet(&key(1), now), None),
            ("again", packet(&key(1), now), Some(RejectReason::Replay)),
            (
                "the other key",
                packet(&key(2), now + Duration::from_millis(1)),
                None,
            ),
            ("earlier", packet(&key(1), now), Some(RejectReason::Replay)),
        ] {
            assert_eq!(verdict(&mut rig, &bytes), expected, "{mode:?} {what}");
        }
    }
}

/// S13: no state and no timer changes by a packet without a fresh and right signature.
#[test]
fn what_is_refused_changes_nothing() {
    for state in [State::Backup, State::Master] {
        let mut rig = rig(state, signed(100, hmac(HmacMode::Enforce)));
        let before = rig.router.snapshot();
        let now = since_epoch(&rig);
        for bytes in [
            unsigned(),
            packet(&key(3), now),
            packet(&key(1), now - WINDOW * 2),
        ] {
            assert!(verdict(&mut rig, &bytes).is_some(), "{state:?}");
            assert_eq!(rig.router.snapshot(), before, "{state:?}");
        }
        assert_eq!(verdict(&mut rig, &packet(&key(1), now)), None);
        assert_eq!(rig.state(), State::Backup);
    }
}

#[test]
fn a_trailer_for_somebody_who_asks_for_none_is_a_wrong_length() {
    let mut config = signed(100, hmac(HmacMode::Enforce));
    config.wire.hmac = None;
    let mut rig = rig(State::Backup, config);
    let bytes = packet(&key(1), since_epoch(&rig));
    assert_eq!(verdict(&mut rig, &bytes), Some(RejectReason::Length));
}

#[test]
fn a_master_signs_all_it_sends_and_its_stamps_grow() {
    for version in [Version::V2, Version::V3] {
        let mut config = signed(200, hmac(HmacMode::Permissive));
        config.wire.version = version;
        let mut rig = rig(State::Master, config);
        let mut actions = rig.advance(Duration::from_secs(3));
        // the clock goes back by less than the window: stamps must not
        let ahead = EPOCH - Duration::from_secs(2);
        rig.input(Input::Clock { ahead });
        actions.extend(rig.advance(Duration::from_secs(3)));
        actions.extend(rig.input(Input::Stop { release: true }));
        let stamps = stamps(&actions);
        assert_eq!(stamps.len(), 7);
        let grow = |pair: &[Stamp]| pair[1].is_after(pair[0]);
        assert!(stamps.windows(2).all(grow), "{stamps:?}");
    }
}

#[test]
fn receive_only_signs_nothing() {
    let mut rig = rig(State::Master, signed(200, hmac(HmacMode::ReceiveOnly)));
    for action in rig.advance(Duration::from_secs(2)) {
        if let Action::Send { outgoing, .. } = action {
            let (_, message) = ipv4::parse(&outgoing.packet).unwrap();
            assert_eq!(message.len(), 24);
        }
    }
}

/// Clocks are set: both by an hour, or one of them; nobody stays unheard when they agree again.
#[test]
fn clock_steps_strand_nobody() {
    let hour = Duration::from_secs(3600);
    for (both, ahead) in [
        (true, EPOCH - hour),
        (true, EPOCH + hour),
        (false, EPOCH - hour),
    ] {
        let mut master = rig(State::Master, signed(200, hmac(HmacMode::Enforce)));
        let mut backup = rig(State::Backup, signed(100, hmac(HmacMode::Enforce)));
        backup.now = master.now;
        let tell = |master: &mut Rig, backup: &mut Rig| {
            let actions = master.advance(A);
            backup.now = master.now;
            let mut refused = None;
            for action in actions {
                if let Action::Send { outgoing, .. } = action {
                    let bytes = from_peer(&outgoing);
                    refused = verdict(backup, &bytes);
                }
            }
            refused
        };
        assert_eq!(tell(&mut master, &mut backup), None);
        master.input(Input::Clock { ahead });
        if both {
            backup.input(Input::Clock { ahead });
            assert_eq!(tell(&mut master, &mut backup), None, "{ahead:?}");
        } else {
            assert_eq!(tell(&mut master, &mut backup), Some(RejectReason::Stale));
            master.input(Input::Clock { ahead: EPOCH });
            assert_eq!(tell(&mut master, &mut backup), None);
        }
    }
}

/// The same stamp from another address: both rigs have the same one.
fn from_peer(outgoing: &Outgoing) -> Vec<u8> {
    let trailer = &outgoing.packet[outgoing.packet.len() - 28..];
    let mut out = Outgoing {
        source: HIGH_PEER.into(),
        packet: unsigned(),
        ..outgoing.clone()
    };
    out.sign(&key(1), Trailer::read(trailer).unwrap().stamp);
    out.packet
}

#[test]
fn a_clock_at_half_of_the_window_is_told_once() {
    let mut rig = rig(State::Backup, signed(100, hmac(HmacMode::Enforce)));
    let mut told = Vec::new();
    for milliseconds in [0, 1, 2] {
        let at = since_epoch(&rig) + Duration::from_millis(4_000 + milliseconds);
        let actions = rig.hear(&packet(&key(1), at));
        let events = actions.into_iter().filter_map(|action| match action {
            Action::Report(Event::Vrrp { event, .. }) => Some(event),
            _ => None,
        });
        told.extend(events.filter(|event| matches!(event, VrrpEvent::ClockApart { .. })));
    }
    let source = HIGH_PEER.into();
    let expected = VrrpEvent::ClockApart { source, seconds: 4 };
    assert_eq!(told, [expected]);
}

/// A successor does not believe what its predecessor heard, and goes on where its stamps ended.
#[test]
fn marks_outlive_the_process() {
    let config = signed(100, hmac(HmacMode::Enforce));
    let mut first = rig(State::Backup, config.clone());
    let heard = packet(&key(1), since_epoch(&first));
    assert_eq!(verdict(&mut first, &heard), None);
    let kept = first.router.snapshot();
    let router = Router::resume(&model(vec![config]), &kept, first.now);
    let mut second = Rig {
        router,
        now: first.now,
        applies: true,
    };
    second.input(Input::Link(link(Some(OWN), true)));
    second.input(Input::Clock { ahead: EPOCH });
    second.input(Input::Start);
    assert_eq!(verdict(&mut second, &heard), Some(RejectReason::Replay));
}

/// Clocks do not count: only that adverts come later than the last.
#[test]
fn monotonic_asks_for_no_clock() {
    let mut hmac = hmac(HmacMode::Enforce);
    hmac.replay = AntiReplay::Monotonic;
    let mut rig = rig(State::Backup, signed(100, hmac));
    let day = Duration::from_secs(86_400);
    let now = since_epoch(&rig);
    for (at, expected) in [
        (now + day, None),
        (now, Some(RejectReason::Replay)),
        (now + day * 2, None),
    ] {
        assert_eq!(verdict(&mut rig, &packet(&key(1), at)), expected);
    }
}

/// A host whose clock was set back by an hour, and whose daemon died after that: what it signs next
/// is later than what it signed before all the same, where clocks do not count.
#[test]
fn a_successor_signs_later_than_the_dead() {
    for (replay, of_before) in [(AntiReplay::Monotonic, true), (AntiReplay::Time, false)] {
        let config = signed(
            100,
            Hmac {
                replay,
                ..hmac(HmacMode::Enforce)
            },
        );
        let mut first = rig(State::Master, config.clone());
        let mut sent = stamps(&first.advance(Duration::from_secs(2)));
        let known = Signed {
            latest: first.router.latest(first.now),
            heard: Vec::new(),
        };
        let back = EPOCH - Duration::from_secs(3600);
        first.input(Input::Clock { ahead: back });
        sent.extend(stamps(&first.advance(Duration::from_secs(60))));
        // nothing had to be written down since
        let latest = first.router.latest(first.now);
        assert!(known.covers(latest, first.now));
        let mut second = Rig::new(vec![config]);
        second.now = first.now;
        second.input(Input::Signed(&known));
        second.input(Input::Clock { ahead: back });
        second.input(Input::Start);
        let next = stamps(&second.advance(Duration::from_secs(5)));
        let last = *sent.last().unwrap();
        let first = *next.first().unwrap();
        assert!(first.is_after(last), "{replay:?}");
        // where clocks count, it must not be far from them
        let wall = Stamp::of(back + since_epoch(&second));
        let apart = Duration::from_secs(first.seconds_to(wall).into());
        assert_eq!(apart > WINDOW, of_before, "{replay:?}");
        assert!(next.windows(2).all(|pair| pair[1].is_after(pair[0])));
    }
}

#[test]
fn a_clock_set_forward_is_written_down() {
    let mut rig = rig(State::Master, signed(100, hmac(HmacMode::Enforce)));
    assert!(Signed::default().covers(None, rig.now));
    let first = rig.router.latest(rig.now);
    assert!(!Signed::default().covers(first, rig.now));
    let known = Signed {
        latest: first,
        heard: Vec::new(),
    };
    rig.advance(Duration::from_secs(60));
    assert!(known.covers(rig.router.latest(rig.now), rig.now));
    let ahead = EPOCH + Duration::from_secs(1);
    rig.input(Input::Clock { ahead });
    rig.advance(Duration::from_secs(2));
    assert!(!known.covers(rig.router.latest(rig.now), rig.now));
}

/// What the dead had heard is not believed by its successor either.
#[test]
fn a_successor_knows_what_was_heard() {
    let config = signed(100, hmac(HmacMode::Enforce));
    let mut first = rig(State::Backup, config.clone());
    let heard = packet(&key(1), since_epoch(&first));
    assert_eq!(verdict(&mut first, &heard), None);
    let known = Signed {
        latest: None,
        heard: first.router.heard(),
    };
    let mut second = Rig::new(vec![config]);
    second.now = first.now;
    second.input(Input::Signed(&known));
    second.input(Input::Clock { ahead: EPOCH });
    second.input(Input::Start);
    assert_eq!(verdict(&mut second, &heard), Some(RejectReason::Replay));
}
