//! The tape's form: everything that a router can be told comes back as it was, secrets do not.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::Ipv6Addr;
use core::time::Duration;
use holdfast_model::{
    AddressFamily, AntiReplay, Authentication, Hmac, HmacKey, HmacMode, Instance, Level, Mono,
    Secret, TrackKey, TrackKind, Version, VrrpModel, drive,
};
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::hmac::Stamp;
use holdfast_vrrp::tape::veil::Veil;
use holdfast_vrrp::tape::{FORM, Given, Head, How, Line, Turn, told};
use holdfast_vrrp::{Datagram, Ear, Input, Ipv6Header, Outgoing, Router, Signed};
use support::*;

const EPOCH: Duration = Duration::from_secs(1_700_000_000);
const KEY: [u8; 32] = *b"a key that is found nowhere else";
const EAR: Ear = Ear::Link(7, AddressFamily::V4);

/// Its place in [`inputs`]; whoever adds a variant comes here.
fn place(input: &Input<'_>) -> usize {
    match input {
        Input::Tick => 0,
        Input::Datagram(_) => 1,
        Input::Link(_) => 2,
        Input::LinkGone(_) => 3,
        Input::Applied { .. } => 4,
        Input::ApplyFailed { .. } => 5,
        Input::Lost { .. } => 6,
        Input::Ipvs(_) => 7,
        Input::Clock { .. } => 8,
        Input::Signed(_) => 9,
        Input::Level { .. } => 10,
        Input::Reconfigure(_) => 11,
        Input::Unheard(_) => 12,
        Input::Offer => 13,
        Input::Start => 14,
        Input::Stop { .. } => 15,
        Input::Claimed(_) => 16,
    }
}

#[test]
fn every_input_comes_back_as_it_was() {
    let (instance, address) = (&config(1).key, &vip(VIP));
    let key = &TrackKey::new(TrackKind::Script, "s \"\n\u{e4}".into());
    let signed = &Signed {
        latest: Router::new(&model(Vec::new())).latest(Mono::ZERO),
        heard: vec![(instance.clone(), vec![(OWN.into(), u64::MAX)])],
    };
    let (bytes, model) = (
        advert(PEER, 200).bytes(),
        &told(&model(vec![config(9), v3(9)])),
    );
    let header = Some(Ipv6Header {
        source: Ipv6Addr::LOCALHOST,
        destination: Ipv6Addr::UNSPECIFIED,
        hops: 255,
    });
    let datagram = |header| {
        Input::Datagram(Datagram {
            ear: Ear::Peers(AddressFamily::V6),
            bytes: &bytes,
            header,
        })
    };
    let epoch = u64::MAX;
    let inputs = [
        Input::Tick,
        datagram(None),
        datagram(header),
        Input::Link(link(Some(OWN), true)),
        Input::LinkGone(u32::MAX),
        Input::Applied { instance, epoch },
        Input::ApplyFailed { instance, epoch },
        Input::Lost { instance, address },
        Input::Ipvs(false),
        Input::Clock { ahead: EPOCH },
        Input::Signed(signed),
        Input::Level {
            key,
            level: Level::Value(i32::MIN),
        },
        Input::Reconfigure(model),
        Input::Unheard(EAR),
        Input::Offer,
        Input::Claimed(instance),
        Input::Start,
        Input::Stop { release: false },
    ];
    let mut seen = [false; 17];
    for input in &inputs {
        seen[place(input)] = true;
        let given = Given::from(input);
        let text = serde_json::to_string(&given).unwrap();
        assert!(!text.contains('\n'), "{text}");
        let back: Given = serde_json::from_str(&text).unwrap();
        assert_eq!(back, given, "{text}");
        assert_eq!(format!("{:?}", back.input()), format!("{input:?}"));
    }
    assert_eq!(seen, [true; 17]);
}

#[test]
fn a_router_in_the_middle_comes_back_as_it_was() {
    let mut rig = Rig::new(vec![config(150), v3(9)]);
    rig.input(Input::Start);
    rig.hear(&advert(PEER, 100).bytes());
    rig.hear(b"nonsense");
    let key = TrackKey::new(TrackKind::File, "f".into());
    let level = Level::Value(3);
    rig.input(Input::Level { key: &key, level });
    rig.advance(Duration::from_secs(20));
    let text = serde_json::to_string(&rig.router).unwrap();
    let back: Router = serde_json::from_str(&text).unwrap();
    assert_eq!(back, rig.router);
}

fn signing(secret: &[u8]) -> Hmac {
    Hmac {
        keys: vec![HmacKey {
            id: 1,
            secret: Secret(secret.to_vec()),
        }],
        active: 1,
        window: Duration::from_secs(5),
        replay: AntiReplay::Time,
        mode: HmacMode::Enforce,
    }
}

fn signed(secret: &[u8], priority: u8) -> Instance {
    let mut config = v3(priority);
    config.wire.hmac = Some(signing(secret));
    config
}

/// A daemon, and the tape it makes.
struct Recorded {
    router: Router,
    veil: Veil,
    lines: Vec<Line>,
    now: Mono,
}

impl Recorded {
    fn new(model: &VrrpModel) -> Self {
        let mut recorded = Self {
            router: Router::new(model),
            veil: Veil::new(KEY),
            lines: Vec::new(),
            now: Mono::from_secs(1),
        };
        recorded.head(How::Begins(told(model)));
        recorded.input(Input::Clock { ahead: EPOCH });
        recorded.input(Input::Link(link(Some(OWN), true)));
        recorded.input(Input::Start);
        recorded
    }

    fn add(&mut self, mut line: Line) {
        self.veil.line(&mut line);
        self.lines.push(line);
    }

    fn head(&mut self, how: How) {
        self.add(Line::Head(Box::new(Head {
            form: FORM,
            build: String::new(),
            at: self.now,
            ahead: EPOCH,
            lost: 0,
            how,
        })));
    }

    fn input(&mut self, input: Input<'_>) {
        let (mut actions, given) = (Vec::new(), Given::from(&input));
        drive(&mut self.router, self.now, input, |action| {
            actions.push(action);
        });
        self.add(Line::Turn(Box::new(Turn {
            at: self.now,
            input: given,
            actions,
        })));
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.input(Input::Datagram(Datagram {
            ear: EAR,
            bytes,
            header: None,
        }));
    }

    fn tick(&mut self) {
        self.now = self.router.deadline().unwrap();
        self.input(Input::Tick);
    }

    /// Signed just now.
    fn sign(&self, secret: &[u8], mut advert: Advert) -> Vec<u8> {
        advert.version = 3;
        advert.auth = AuthField::NONE;
        advert.form = holdfast_packet::vrrp::Form::Pseudo;
        let mut out = Outgoing {
            source: advert.source.into(),
            destination: core::net::Ipv4Addr::new(224, 0, 0, 18).into(),
            packet: advert.bytes(),
        };
        let wall = self.now.since(Mono::ZERO) + EPOCH;
        out.sign(&signing(secret).keys[0], Stamp::of(wall));
        out.packet
    }

    /// Does it again with what stands on the tape, which holds none of these.
    fn check(&self, secrets: &[&[u8]]) {
        let mut router = None;
        for line in &self.lines {
            let text = serde_json::to_string(line).unwrap();
            for secret in secrets {
                let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
                let list = serde_json::to_string(secret).unwrap();
                let clear = String::from_utf8_lossy(secret);
                for form in [hex.as_str(), list.trim_matches(['[', ']']), &clear] {
                    assert!(!text.contains(form), "{form} in {text}");
                }
            }
            match serde_json::from_str(&text).unwrap() {
                Line::Head(head) => router = Some(head.how.router(head.at)),
                Line::Turn(turn) => {
                    let router = router.as_mut().unwrap();
                    let mut actions = Vec::new();
                    drive(router, turn.at, turn.input.input(), |action| {
                        actions.push(action);
                    });
                    assert_eq!(actions, turn.actions, "{text}");
                }
            }
        }
        let (router, key) = (router.unwrap(), config(1).key);
        assert_eq!(router.stats(&key), self.router.stats(&key));
        assert_eq!(router.router_stats(), self.router.router_stats());
    }
}

#[test]
fn a_password_is_not_on_the_tape_and_who_was_believed_still_is() {
    let mut run = Recorded::new(&model(vec![config(100)]));
    let wrong = *b"guessed!";
    let with = |password| Advert {
        auth: AuthField::password(password),
        ..advert(HIGH_PEER, 200)
    };
    run.hear(&with(PASSWORD).bytes());
    run.hear(&with(wrong).bytes());
    let mut spoilt = with(PASSWORD).bytes();
    *spoilt.last_mut().unwrap() ^= 1;
    run.hear(&spoilt);
    // cut off, and with more behind it than belongs there: where the password stands is not known
    let whole = with(PASSWORD).bytes();
    run.hear(&whole[..whole.len() - 4]);
    let (header, message) = holdfast_packet::ipv4::parse(&whole).unwrap();
    let longer = [message, &PASSWORD].concat();
    let (from, to) = (header.source, header.destination);
    run.hear(&holdfast_packet::ipv4::build(from, to, 1, 255, &longer).unwrap());
    let mut other = config(100);
    other.authentication = Authentication::Password(wrong);
    run.input(Input::Reconfigure(&model(vec![other])));
    run.hear(&with(PASSWORD).bytes());
    run.hear(&with(wrong).bytes());
    run.tick();
    run.tick();
    run.head(How::GoesOn(Box::new(run.router.clone())));
    run.tick();
    run.input(Input::Stop { release: true });
    let stats = run.router.stats(&config(1).key).unwrap().clone();
    assert_eq!((stats.adverts_received, stats.became_master), (2, 1));
    assert_eq!(stats.rejected.values().sum::<u64>(), 4, "{stats:?}");
    assert_eq!(run.router.router_stats().rejected.len(), 1, "the cut one");
    run.check(&[&PASSWORD, &wrong]);
}

#[test]
fn a_key_is_not_on_the_tape_and_who_was_believed_still_is() {
    let (old, new, wrong) = (&[7; 32][..], &b"the second key"[..], &[9; 16][..]);
    let mut run = Recorded::new(&model(vec![signed(old, 100)]));
    assert_eq!(
        run.router.configurations().next().unwrap().wire.version,
        Version::V3
    );
    for secret in [old, wrong, old] {
        let packet = run.sign(secret, advert(HIGH_PEER, 200));
        run.hear(&packet);
    }
    run.tick();
    // another VRID: the old one resigns with the old key while the new configuration is taken over
    let mut other = signed(new, 100);
    other.vrid = holdfast_model::Vrid::new(52).unwrap();
    run.input(Input::Reconfigure(&model(vec![other])));
    for secret in [old, new] {
        let packet = Advert {
            vrid: 52,
            ..advert(HIGH_PEER, 200)
        };
        let packet = run.sign(secret, packet);
        run.hear(&packet);
    }
    run.tick();
    run.tick();
    let stats = run.router.stats(&config(1).key).unwrap().clone();
    assert_eq!((stats.adverts_received, stats.became_master), (1, 1));
    assert_eq!(stats.rejected.values().sum::<u64>(), 1, "{stats:?}");
    run.check(&[old, new, wrong]);
}
