//! Scripts: when they run, and what their results come to.
#![allow(clippy::unwrap_used, reason = "test code")]

use core::time::Duration;
use holdfast_model::event::{Event, ScriptEvent};
use holdfast_model::track::TrackScript;
use holdfast_model::{Level, Machine as _, Micros, Mono, Name, Script};
use holdfast_vrrp::script::{ScriptAction, ScriptInput, Scripts};

fn program(path: &str) -> Option<Script> {
    Some(Script {
        words: vec![Name::from(path)],
        ..Script::default()
    })
}

fn config(rise: u32, fall: u32) -> TrackScript {
    TrackScript {
        name: Name::from("chk"),
        script: program("/bin/check"),
        interval: Micros::from_secs(2),
        timeout: Micros::from_secs(5),
        rise,
        fall,
        starts_failed: false,
    }
}

struct Bench {
    scripts: Scripts,
    now: Mono,
    runs: Vec<Mono>,
    levels: Vec<Level>,
    said: Vec<ScriptEvent>,
}

impl Bench {
    fn new(config: TrackScript) -> Self {
        let mut bench = Self {
            scripts: Scripts::default(),
            now: Mono::from_secs(100),
            runs: Vec::new(),
            levels: Vec::new(),
            said: Vec::new(),
        };
        bench.configure(config);
        bench
    }

    fn configure(&mut self, config: TrackScript) {
        self.input(ScriptInput::Configure(&[config]));
    }

    fn input(&mut self, input: ScriptInput<'_>) {
        self.scripts.handle(self.now, input);
        while let Some(action) = self.scripts.poll_action() {
            match action {
                ScriptAction::Run { .. } => self.runs.push(self.now),
                ScriptAction::Level(_, level) => self.levels.push(level),
                ScriptAction::Report(Event::Script { name, event }) => {
                    assert_eq!(name, Name::from("chk"));
                    self.said.push(event);
                }
                ScriptAction::Report(_) => unreachable!(),
            }
        }
    }

    /// Up to and with the next run, which ends like that at once.
    fn run(&mut self, status: Option<i32>) {
        let before = self.runs.len();
        while self.runs.len() == before {
            self.now = self.scripts.deadline().unwrap().max(self.now);
            self.input(ScriptInput::Tick);
        }
        let name = Name::from("chk");
        self.input(ScriptInput::Ended {
            name: &name,
            status,
        });
    }

    fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.scripts.deadline().filter(|due| *due <= end) {
            self.now = due;
            self.input(ScriptInput::Tick);
        }
        self.now = end;
    }
}

#[test]
fn rise_and_fall_count_results_in_a_row_and_the_first_decides() {
    use Level::{Down, Up};
    // rise, fall, results (+ success), levels as they are told
    for (rise, fall, results, levels) in [
        (1, 1, "+", &[Up] as &[Level]),
        (1, 1, "-", &[Down]),
        (3, 3, "+", &[Up]),
        (3, 3, "-", &[Down]),
        (1, 1, "+-+", &[Up, Down, Up]),
        (1, 3, "+--+--+", &[Up]),
        (1, 3, "+---", &[Up, Down]),
        (3, 1, "-++-++", &[Down]),
        (3, 1, "-+++", &[Down, Up]),
        (2, 2, "+-+-+--", &[Up, Down]),
        (2, 2, "--+-++", &[Down, Up]),
    ] {
        let mut bench = Bench::new(config(rise, fall));
        for result in results.chars() {
            bench.run(Some(i32::from(result != '+')));
        }
        assert_eq!(bench.levels, levels, "{rise} {fall} {results}");
    }
}

#[test]
fn init_fail_is_down_until_it_has_risen() {
    let mut failing = config(2, 1);
    failing.starts_failed = true;
    let mut bench = Bench::new(failing);
    assert_eq!(bench.levels, [Level::Down]);
    bench.run(Some(0));
    bench.run(Some(0));
    assert_eq!(bench.levels, [Level::Down, Level::Up]);
}

#[test]
fn it_runs_once_an_interval_and_never_twice_at_a_time() {
    let mut bench = Bench::new(config(1, 1));
    bench.advance(Duration::from_secs(4));
    // It does not end: the runs that would be due at 2 and 4 are left out.
    assert_eq!(bench.runs, [Mono::from_secs(100)]);
    let name = Name::from("chk");
    bench.input(ScriptInput::Ended {
        name: &name,
        status: Some(0),
    });
    bench.advance(Duration::from_secs(2));
    assert_eq!(bench.runs.last(), Some(&Mono::from_secs(106)));
}

#[test]
fn one_that_hangs_fails_at_its_limit_and_counts_once() {
    let mut bench = Bench::new(config(1, 1));
    bench.run(Some(0));
    bench.advance(Duration::from_secs(2));
    bench.advance(Duration::from_millis(4_999));
    assert_eq!(bench.levels, [Level::Up]);
    bench.advance(Duration::from_millis(1));
    assert_eq!(bench.levels, [Level::Up, Level::Down]);
    // Killed at last, or even with a success: too late.
    let name = Name::from("chk");
    bench.input(ScriptInput::Ended {
        name: &name,
        status: Some(0),
    });
    assert_eq!(bench.levels, [Level::Up, Level::Down]);
    bench.run(Some(0));
    assert_eq!(bench.levels, [Level::Up, Level::Down, Level::Up]);
}

#[test]
fn what_cannot_be_started_has_failed() {
    let mut bench = Bench::new(config(1, 1));
    bench.run(None);
    assert_eq!(bench.levels, [Level::Down]);
}

#[test]
fn a_reload_keeps_results_and_takes_a_new_script_for_good() {
    let mut bench = Bench::new(config(2, 2));
    bench.run(Some(1));
    let mut slower = config(3, 1);
    slower.interval = Micros::from_secs(9);
    bench.configure(slower);
    assert_eq!(bench.levels, [Level::Down]);
    bench.run(Some(0));
    bench.run(Some(0));
    assert_eq!(bench.levels, [Level::Down]);
    bench.run(Some(0));
    assert_eq!(bench.levels, [Level::Down, Level::Up]);

    let mut other = config(1, 2);
    other.script = program("/bin/other");
    bench.configure(other);
    assert_eq!(bench.levels.last(), Some(&Level::Up));
    let told = bench.levels.len();
    // Not judged yet: one failure is not one too many.
    bench.run(Some(1));
    assert_eq!(bench.levels.get(told..), Some(&[Level::Down][..]));
}

#[test]
fn what_could_not_be_started_says_nothing_once_something_is_known() {
    let name = Name::from("chk");
    let mut bench = Bench::new(config(1, 1));
    bench.input(ScriptInput::Tick);
    bench.input(ScriptInput::Ended {
        name: &name,
        status: Some(0),
    });
    assert_eq!(bench.levels, [Level::Up]);
    for _ in 0..5 {
        bench.now = bench.now + Duration::from_secs(2);
        bench.input(ScriptInput::Tick);
        bench.input(ScriptInput::Unstarted { name: &name });
    }
    assert_eq!((bench.runs.len(), &bench.levels[..]), (6, &[Level::Up][..]));
    let mut unknown = Bench::new(config(1, 1));
    unknown.input(ScriptInput::Tick);
    unknown.input(ScriptInput::Unstarted { name: &name });
    assert_eq!(unknown.levels, [Level::Down]);
}

/// As keepalived 2.2.7 does: the first status is another where it is not 0, and one that was killed has none.
#[test]
fn each_change_is_told_and_each_other_status() {
    use ScriptEvent::{Failed, Returning, Succeeded};
    let mut bench = Bench::new(config(1, 2));
    for (status, said) in [
        (Some(0), vec![Succeeded]),
        (Some(0), vec![]),
        // one of two failures
        (Some(1), vec![Returning(1)]),
        (Some(2), vec![Returning(2), Failed(Some(2))]),
        (Some(2), vec![]),
        (None, vec![]),
        (Some(2), vec![]),
        (None, vec![]),
        (Some(0), vec![Returning(0), Succeeded]),
    ] {
        bench.said.clear();
        bench.run(status);
        assert_eq!(bench.said, said, "{status:?}");
    }
    let mut failing = Bench::new(config(1, 2));
    failing.run(Some(1));
    assert_eq!(failing.said, [Returning(1), Failed(Some(1))]);
}

#[test]
fn one_that_hangs_is_told_of_and_so_is_each_run_that_is_left_out() {
    let mut bench = Bench::new(config(1, 1));
    bench.advance(Duration::from_secs(4));
    assert_eq!(bench.said, [ScriptEvent::Skipped; 2], "at 2 s and 4 s");
    bench.advance(Duration::from_millis(1_999));
    assert_eq!(bench.said[2..], [ScriptEvent::TimedOut], "at 5 s");
}

/// keepalived, at a reload: what is new counts as good until it has run, unless the file says otherwise.
#[test]
fn a_script_that_a_reload_brings_begins_as_the_file_says() {
    for (starts_failed, level) in [(false, Level::Up), (true, Level::Down)] {
        let mut bench = Bench::new(config(1, 1));
        bench.run(Some(0));
        let mut other = config(1, 1);
        other.script = program("/bin/other");
        other.starts_failed = starts_failed;
        bench.levels.clear();
        bench.configure(other);
        assert_eq!(bench.levels, [level], "{starts_failed}");
    }
}

/// When each of two runs, whatever wakes the other one.
#[test]
fn two_scripts_run_each_at_its_own_interval() {
    let named = |name: &str, interval| TrackScript {
        name: Name::from(name),
        interval: Micros::from_secs(interval),
        ..config(1, 1)
    };
    let start = Mono::from_secs(100);
    let mut scripts = Scripts::default();
    let both = [named("two", 2), named("five", 5)];
    scripts.handle(start, ScriptInput::Configure(&both));
    let (mut two, mut five) = (Vec::new(), Vec::new());
    while let Some(now) = scripts
        .deadline()
        .filter(|due| due.since(start).as_secs() < 11)
    {
        scripts.handle(now, ScriptInput::Tick);
        while let Some(action) = scripts.poll_action() {
            let ScriptAction::Run { name, .. } = action else {
                continue;
            };
            let runs = if name == Name::from("two") {
                &mut two
            } else {
                &mut five
            };
            runs.push(now.since(start).as_secs());
            let (name, status) = (&name, Some(0));
            scripts.handle(now, ScriptInput::Ended { name, status });
        }
    }
    assert_eq!((two, five), (vec![0, 2, 4, 6, 8, 10], vec![0, 5, 10]));
}

/// Lateness does not add up, and what was slept through is not made up for.
#[test]
fn a_late_run_does_not_move_the_beat_unless_it_was_missed() {
    for (late, next) in [
        (300, 2_000),
        (1_999, 2_000),
        (2_000, 4_000),
        (9_500, 11_500),
    ] {
        let mut bench = Bench::new(config(1, 1));
        let start = bench.now;
        bench.now = start + Duration::from_millis(late);
        bench.run(Some(0));
        assert_eq!(bench.runs.len(), 1, "{late}");
        let due = bench.scripts.deadline().unwrap();
        assert_eq!(due.since(start).as_millis(), next, "{late}");
    }
}
