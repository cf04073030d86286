//! A tape, done again: the same, another, cut off, nonsense.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test code reads its cases"
)]

use core::time::Duration;
use holdfast_model::{AddressFamily, Mono, drive};
use holdfast_packet::MacAddress;
use holdfast_sim::draw::Limits;
use holdfast_sim::place::{eth0, ipv4, key, model};
use holdfast_sim::spec::Spec;
use holdfast_sim::tape::{Report, replay};
use holdfast_sim::{draw, recorded};
use holdfast_vrrp::tape::veil::Veil;
use holdfast_vrrp::tape::{FORM, Given, Head, How, Line, Turn};
use holdfast_vrrp::{Action, Datagram, Ear, Input, Link, Router};

/// One of two hosts, and the tape it makes.
struct Host {
    router: Router,
    veil: Veil,
    tape: String,
}

impl Host {
    fn new(at: usize, priority: u8) -> Self {
        let model = model(&[Spec::plain(0, priority)], at, 2);
        let mut host = Self {
            router: Router::new(&model),
            veil: Veil::new([7; 32]),
            tape: String::new(),
        };
        host.head(Mono::ZERO, 0, How::Begins(model));
        let link = Link {
            name: eth0(),
            index: 2,
            up: true,
            mac: MacAddress([2, 0, 0, 0, 0, 1]),
            mtu: 1500,
            source: Some(ipv4(at)),
            link_local: None,
            addresses: std::collections::BTreeSet::new(),
            in_vrf: false,
        };
        host.input(Mono::ZERO, Input::Link(link));
        host.input(Mono::ZERO, Input::Start);
        host
    }

    fn add(&mut self, mut line: Line) {
        self.veil.line(&mut line);
        self.tape += &serde_json::to_string(&line).unwrap();
        self.tape.push('\n');
    }

    fn head(&mut self, at: Mono, lost: u64, how: How) {
        self.add(Line::Head(Box::new(Head {
            form: FORM,
            build: "test".to_owned(),
            at,
            ahead: Duration::ZERO,
            lost,
            how,
        })));
    }

    fn goes_on(&mut self, at: Mono, lost: u64) {
        let router = Box::new(self.router.clone());
        self.head(at, lost, How::GoesOn(router));
    }

    /// What it sent; the kernel does at once what is wanted.
    fn input(&mut self, at: Mono, input: Input<'_>) -> Vec<Vec<u8>> {
        let (mut actions, given) = (Vec::new(), Given::from(&input));
        drive(&mut self.router, at, input, |action| actions.push(action));
        let (mut sent, mut wanted) = (Vec::new(), None);
        for action in &actions {
            match action {
                Action::Send { outgoing, .. } => sent.push(outgoing.packet.clone()),
                Action::Want { epoch, .. } => wanted = Some(*epoch),
                _ => {}
            }
        }
        self.add(Line::Turn(Box::new(Turn {
            at,
            input: given,
            actions,
        })));
        if let Some(epoch) = wanted {
            let instance = &key(0);
            sent.extend(self.input(at, Input::Applied { instance, epoch }));
        }
        sent
    }
}

/// The tape of a backup that becomes master when the better one stops, and is reloaded and stopped itself.
fn run() -> String {
    let (mut better, mut host) = (Host::new(0, 200), Host::new(1, 100));
    let mut now = Mono::ZERO;
    let ear = Ear::Link(2, AddressFamily::V4);
    while now < Mono::from_secs(20) {
        now = better
            .router
            .deadline()
            .unwrap()
            .min(host.router.deadline().unwrap());
        if better.router.deadline() == Some(now) {
            for bytes in &better.input(now, Input::Tick) {
                let header = None;
                host.input(now, Input::Datagram(Datagram { ear, bytes, header }));
            }
        }
        if host.router.deadline() == Some(now) {
            host.input(now, Input::Tick);
        }
    }
    for bytes in &better.input(now, Input::Stop { release: true }) {
        let header = None;
        host.input(now, Input::Datagram(Datagram { ear, bytes, header }));
    }
    for turn in 0..20 {
        now = host.router.deadline().unwrap();
        host.input(now, Input::Tick);
        if turn == 10 {
            let model = model(&[Spec::plain(0, 101)], 1, 2);
            host.input(now, Input::Reconfigure(&model));
            host.goes_on(now, 0);
        }
    }
    host.input(now, Input::Stop { release: true });
    host.tape
}

/// The line and the words of what is wrong.
fn fault(tape: &str) -> (usize, String) {
    let fault = replay(tape.as_bytes()).fault.unwrap();
    (fault.line, fault.what)
}

fn notes(report: &Report) -> String {
    let notes = report.notes.iter().map(ToString::to_string);
    notes.collect::<Vec<_>>().join("\n")
}

fn at(lines: &[&str], what: &str) -> usize {
    lines.iter().position(|line| line.contains(what)).unwrap()
}

#[test]
fn a_run_is_done_again_and_its_story_told() {
    let tape = run();
    let report = replay(tape.as_bytes());
    assert_eq!(report.fault, None);
    assert_eq!(report.turns, tape.lines().count() as u64 - 2);
    let story = notes(&report);
    for part in [
        "line 1: build test: begins",
        "(V0) INIT -> BACKUP",
        "(V0) BACKUP -> MASTER",
        "goes on",
        "(V0) MASTER -> INIT",
    ] {
        assert!(story.contains(part), "{part} in {story}");
    }
}

#[test]
fn what_differs_is_told_with_its_line() {
    let tape = run();
    let lines: Vec<&str> = tape.lines().collect();
    let master = at(&lines, "Master");
    // an advert that was not sent, one that was, an input that was not given, another time
    let edited = |line: usize, text: &str| {
        let mut lines = lines.clone();
        lines[line] = text;
        fault(&(lines.join("\n") + "\n"))
    };
    let silent = lines[master].replacen("\"epoch\":1", "\"epoch\":7", 1);
    let (line, what) = edited(master, &silent);
    assert_eq!(line, master + 1, "{what}");
    assert!(
        what.contains("recorded: {\"Want\"") && what.contains("\"epoch\":1"),
        "{what}"
    );
    let (line, what) = edited(master, lines[master - 1]);
    assert!(line >= master, "{what}");
    // the resignation, as if it had come later
    let late = Mono::from_secs(30).nanos();
    let heard = lines.iter().rposition(|line| line.contains("datagram"));
    let heard = heard.unwrap();
    let (head, tail) = lines[heard].split_once("\"at\":").unwrap();
    let rest = tail.split_once(',').unwrap().1;
    let (line, what) = edited(heard, &format!("{head}\"at\":{late},{rest}"));
    assert!(line > heard, "{what}");
    let (line, what) = edited(0, lines[1]);
    assert_eq!(
        (line, what.as_str()),
        (1, "a turn, and no router has begun")
    );
    let goes_on = at(&lines, "goes_on");
    let other = lines[goes_on].replacen("\"epoch\":", "\"epoch\":9", 1);
    let (line, what) = edited(goes_on, &other);
    assert_eq!(line, goes_on + 1);
    assert!(what.contains("another than the one"), "{what}");
    let later = lines[0].replacen(&format!("\"form\":{FORM}"), "\"form\":9", 1);
    let (line, what) = edited(0, &later);
    assert_eq!(line, 1);
    assert!(what.contains("form 9") && what.contains("test"), "{what}");
    let next = FORM + 1;
    let unknown = format!(r#"{{"head":{{"form":{next},"build":"next","more":[]}}}}"#);
    assert!(
        edited(0, &unknown)
            .1
            .contains(&format!("form {next}, recorded by build next"))
    );
    assert_eq!(fault("").1, "no router begins on this tape");
}

#[test]
fn a_promise_that_was_broken_is_told_by_its_id() {
    let tape = run();
    let lines: Vec<&str> = tape.lines().collect();
    let stop = at(&lines, "{\"stop\"");
    // the machine cannot be made to keep quiet here, so the tape is
    let (head, _) = lines[stop].split_once("\"actions\":").unwrap();
    let quiet = format!("{head}\"actions\":[]}}}}");
    let mut lines = lines;
    lines[stop] = &quiet;
    let fault = replay((lines.join("\n") + "\n").as_bytes()).fault.unwrap();
    assert_eq!(fault.line, stop + 1);
    assert!(fault.what.contains("S9 is broken by (V0)"), "{fault}");
}

#[test]
fn a_tape_may_end_anywhere_and_a_process_may_die_over_it() {
    let tape = run();
    let second = tape.match_indices('\n').nth(3).unwrap().0 + 1;
    for end in (second..second + 400).chain([tape.len() - 1]) {
        let report = replay(&tape.as_bytes()[..end]);
        assert_eq!(report.fault, None, "{end}");
        let whole = tape.as_bytes()[end - 1] == b'\n' || tape.as_bytes()[end] == b'\n';
        assert_eq!(notes(&report).contains("cut off"), !whole, "{end}");
    }
    let half = &tape[..second + 50];
    let report = replay(format!("{half}\n{tape}").as_bytes());
    assert_eq!(report.fault, None);
    assert!(notes(&report).contains("line 5: it was cut off here"));
    // but nobody goes on behind it as if nothing were
    let (line, what) = fault(&format!("{half}\n{}", &tape[second..]));
    assert_eq!((line, what.as_str()), (5, "ends too early"));
}

#[test]
fn lost_events_are_told_and_the_run_goes_on_behind_them() {
    let (mut host, mut now) = (Host::new(1, 100), Mono::ZERO);
    for _ in 0..5 {
        now = host.router.deadline().unwrap();
        host.input(now, Input::Tick);
    }
    let before = host.tape.len();
    for _ in 0..3 {
        now = host.router.deadline().unwrap();
        host.input(now, Input::Tick);
    }
    host.tape.truncate(before);
    host.goes_on(now, 3);
    now = host.router.deadline().unwrap();
    host.input(now, Input::Tick);
    let report = replay(host.tape.as_bytes());
    assert_eq!((report.fault.as_ref(), report.lost), (None, 3));
    assert!(notes(&report).contains("3 events were lost here"));
}

/// All that a router can go through, with faults, sync groups, reloads, crashes: `SEEDS=10000` looks longer.
#[test]
fn any_run_is_done_again_and_kept_its_promises() {
    let seeds = std::env::var("SEEDS").map_or(60, |seeds| seeds.parse().unwrap());
    let limits = Limits {
        length: 60_000,
        nodes: (2, 3),
    };
    let mut turns = 0;
    for seed in 0..seeds {
        let lines = recorded(&draw(seed, &limits), 1);
        let lines = lines
            .iter()
            .map(|line| serde_json::to_string(line).unwrap());
        let tape = lines.collect::<Vec<_>>().join("\n");
        let report = replay(tape.as_bytes());
        assert_eq!(
            (report.fault.as_ref(), report.lost),
            (None, 0),
            "seed {seed}"
        );
        turns += report.turns;
    }
    assert!(turns > 100 * seeds, "{turns}");
}

/// S17 for tapes: `CHANGED=100000 cargo test -p holdfast-sim --test tape` looks longer.
#[test]
fn no_bytes_break_it() {
    let tape = run().into_bytes();
    let times = std::env::var("CHANGED").map_or(300, |times| times.parse().unwrap());
    let mut rng = fastrand::Rng::with_seed(1);
    for _ in 0..times {
        let length = rng.usize(..2_000);
        let noise: Vec<u8> = core::iter::repeat_with(|| rng.u8(..))
            .take(length)
            .collect();
        assert!(replay(&noise).fault.is_some());
        let mut changed = tape.clone();
        for _ in 0..rng.usize(1..4) {
            let at = rng.usize(..changed.len());
            match rng.u8(..4) {
                0 => changed[at] = rng.u8(..),
                1 => changed[at] = *b"0123456789"[..].get(rng.usize(..10)).unwrap(),
                2 => {
                    let end = (at + rng.usize(..40)).min(changed.len());
                    changed.drain(at..end);
                }
                _ => changed.insert(at, *b"9[]{}\",:"[..].get(rng.usize(..8)).unwrap()),
            }
        }
        let _whatever_it_says = replay(&changed);
    }
}
