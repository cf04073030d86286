//! Processes: who counts, when they are enough, and what a short change is worth.
#![allow(clippy::unwrap_used, reason = "test code")]

use holdfast_model::track::{ParameterMatch, ProcessPattern, TrackProcess};
use holdfast_model::{Level, Machine as _, Micros, Mono, Name};
use holdfast_vrrp::process::{Process, ProcessInput, Processes};
use std::collections::BTreeMap;

fn config(quorum: u32, most: Option<u32>) -> TrackProcess {
    TrackProcess {
        name: Name::from("p"),
        pattern: ProcessPattern::Name(Name::from("web")),
        quorum,
        most,
        fork_delay: Micros::from_secs(0),
        terminate_delay: Micros::from_secs(0),
    }
}

fn process(words: &str) -> Process {
    let name = words.split(' ').next().unwrap();
    Process {
        name: name.rsplit('/').next().unwrap().as_bytes().to_vec(),
        command_line: words
            .split(' ')
            .flat_map(|w| [w.as_bytes(), b"\0"].concat())
            .collect(),
    }
}

struct Bench(Processes);

impl Bench {
    fn new(config: TrackProcess, running: &[&str]) -> (Self, Vec<Level>) {
        let mut bench = Self(Processes::default());
        let told = bench.input(0, ProcessInput::Configure(&[config]));
        assert_eq!(told, [], "nobody has looked");
        let told = bench.scan(0, running);
        (bench, told)
    }

    fn scan(&mut self, now: u64, running: &[&str]) -> Vec<Level> {
        let all = running.iter().zip(1_u32..);
        let all: BTreeMap<u32, Process> = all.map(|(words, pid)| (pid, process(words))).collect();
        self.input(now, ProcessInput::Scan(&all))
    }

    fn input(&mut self, now: u64, input: ProcessInput<'_>) -> Vec<Level> {
        self.0.handle(Mono::from_secs(now), input);
        core::iter::from_fn(|| self.0.poll_action())
            .map(|news| news.1)
            .collect()
    }
}

#[test]
fn enough_is_from_quorum_to_most() {
    use Level::{Down, Up};
    for (quorum, most, running, level) in [
        (1, None, 0, Down),
        (1, None, 1, Up),
        (1, None, 9, Up),
        (2, None, 1, Down),
        (2, Some(3), 3, Up),
        (2, Some(3), 4, Down),
        (1, Some(0), 0, Up),
        (1, Some(0), 1, Down),
    ] {
        let (_, told) = Bench::new(config(quorum, most), &vec!["web"; running]);
        assert_eq!(told, [level], "{running} of {quorum} to {most:?}");
    }
}

#[test]
fn who_counts() {
    use ParameterMatch::{Exact, Initial, Partial};
    let command = |matching, words: &str| {
        let mut words = words.split(' ').map(Name::from);
        ProcessPattern::Command {
            program: words.next().unwrap(),
            parameters: words.collect(),
            matching,
        }
    };
    for (pattern, running, counts) in [
        (
            ProcessPattern::Name(Name::from("web")),
            "/usr/bin/web -d",
            true,
        ),
        (ProcessPattern::Name(Name::from("web")), "webs", false),
        // the kernel keeps 15 bytes
        (
            ProcessPattern::Name(Name::from("a23456789012345")),
            "a23456789012345",
            true,
        ),
        (
            ProcessPattern::Name(Name::from("a234567890123456")),
            "a23456789012345",
            true,
        ),
        (command(Exact, "/bin/web"), "/bin/web", true),
        (command(Exact, "/bin/web"), "web", false),
        (command(Exact, "/bin/web"), "/bin/web -d", false),
        (command(Exact, "web -d x"), "web -d x", true),
        (command(Exact, "web -d x"), "web -d", false),
        (command(Exact, "web -d x"), "web -d xy", false),
        (command(Partial, "web -d"), "web -d x", true),
        (command(Partial, "web -d"), "web -dx", false),
        (command(Partial, "web"), "web x", true),
        (command(Initial, "web -d"), "web -dx y", true),
        (command(Initial, "web -d x"), "web -d1 x", false),
    ] {
        let mut config = config(1, None);
        config.pattern = pattern.clone();
        let (_, told) = Bench::new(config, &[running]);
        let level = if counts { Level::Up } else { Level::Down };
        assert_eq!(told, [level], "{pattern:?} {running}");
    }
}

#[test]
fn events_count_copies_changes_and_ends() {
    let (mut bench, told) = Bench::new(config(2, None), &["web", "sh"]);
    assert_eq!(told, [Level::Down]);
    assert_eq!(
        bench.input(
            1,
            ProcessInput::Forked {
                parent: 2,
                child: 3
            }
        ),
        []
    );
    let copy = ProcessInput::Forked {
        parent: 1,
        child: 4,
    };
    assert_eq!(bench.input(1, copy), [Level::Up]);
    assert_eq!(
        bench.input(2, ProcessInput::Is(4, &process("sh"))),
        [Level::Down]
    );
    assert_eq!(
        bench.input(3, ProcessInput::Is(3, &process("web"))),
        [Level::Up]
    );
    assert_eq!(bench.input(3, ProcessInput::Is(3, &process("web"))), []);
    assert_eq!(bench.input(4, ProcessInput::Gone(2)), []);
    assert_eq!(bench.input(4, ProcessInput::Gone(3)), [Level::Down]);
    // events were lost
    assert_eq!(bench.scan(5, &["web", "web"]), [Level::Up]);
}

#[test]
fn a_change_has_to_last() {
    let mut slow = config(1, None);
    (slow.fork_delay, slow.terminate_delay) = (Micros::from_secs(2), Micros::from_secs(5));
    let (mut bench, told) = Bench::new(slow, &["web"]);
    assert_eq!(told, [Level::Up], "the first look counts at once");
    assert_eq!(bench.input(10, ProcessInput::Gone(1)), []);
    assert_eq!(bench.0.deadline(), Some(Mono::from_secs(15)));
    assert_eq!(bench.input(14, ProcessInput::Is(7, &process("web"))), []);
    assert_eq!(bench.0.deadline(), None, "as before");
    bench.input(20, ProcessInput::Gone(7));
    assert_eq!(bench.input(24, ProcessInput::Tick), []);
    assert_eq!(bench.input(25, ProcessInput::Tick), [Level::Down]);
    bench.input(30, ProcessInput::Is(8, &process("web")));
    assert_eq!(bench.0.deadline(), Some(Mono::from_secs(32)));
    assert_eq!(bench.input(32, ProcessInput::Tick), [Level::Up]);
}

#[test]
fn a_reload_keeps_what_was_told() {
    let (mut bench, told) = Bench::new(config(1, None), &["web"]);
    assert_eq!(told, [Level::Up]);
    bench.input(1, ProcessInput::Configure(&[config(1, Some(5))]));
    assert_eq!(bench.scan(1, &["web"]), []);
    bench.input(2, ProcessInput::Configure(&[config(2, None)]));
    assert_eq!(bench.scan(2, &["web"]), [Level::Down]);
}

#[test]
fn who_looks_at_what() {
    assert!(Processes::default().is_empty());
    let by_command = TrackProcess {
        pattern: ProcessPattern::Command {
            program: Name::from("/bin/web"),
            parameters: Vec::new(),
            matching: ParameterMatch::Partial,
        },
        ..config(1, None)
    };
    let by_name = config(1, None);
    for (list, only_names) in [
        (vec![by_name.clone()], true),
        (vec![by_command.clone()], false),
        (vec![by_name, by_command], false),
    ] {
        let mut all = Processes::default();
        all.handle(Mono::ZERO, ProcessInput::Configure(&list));
        assert_eq!((all.is_empty(), all.only_names()), (false, only_names));
        all.handle(Mono::ZERO, ProcessInput::Configure(&[]));
        assert!(all.is_empty());
    }
}

/// Events were lost: what is found is a change like any other, and has to last as long.
#[test]
fn a_change_that_only_a_scan_shows_has_its_delay() {
    let delayed = |most| {
        let mut slow = config(1, most);
        (slow.fork_delay, slow.terminate_delay) = (Micros::from_secs(2), Micros::from_secs(5));
        slow
    };
    let (mut bench, told) = Bench::new(delayed(Some(1)), &["web"]);
    assert_eq!(told, [Level::Up]);
    assert_eq!(bench.scan(10, &["web", "web"]), []);
    assert_eq!(bench.0.deadline(), Some(Mono::from_secs(12)), "one more");
    assert_eq!(bench.input(12, ProcessInput::Tick), [Level::Down]);
    assert_eq!(bench.scan(20, &["web"]), []);
    assert_eq!(bench.0.deadline(), Some(Mono::from_secs(25)), "one less");
    assert_eq!(bench.input(25, ProcessInput::Tick), [Level::Up]);
}

/// What ended is waited for however often is looked.
#[test]
fn a_scan_that_finds_nothing_new_shortens_no_delay() {
    let mut slow = config(1, None);
    slow.terminate_delay = Micros::from_secs(5);
    let (mut bench, _) = Bench::new(slow, &["web"]);
    assert_eq!(bench.input(10, ProcessInput::Gone(1)), []);
    assert_eq!(bench.scan(11, &[]), []);
    assert_eq!(bench.0.deadline(), Some(Mono::from_secs(15)));
    assert_eq!(bench.input(15, ProcessInput::Tick), [Level::Down]);
}
