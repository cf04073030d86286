//! A tape that a daemon recorded, done again: the same inputs at the same times to the same machine. It tells where
//! the machine does something else than the tape says, and where what was done breaks a promise.
//!
//! ```text
//!   line ─► head ─► the router begins, or is compared with what it should be by now
//!      └──► turn ─► Router::handle ─► actions, the same as recorded? ─► judge
//! ```
//!
//! Nothing on a tape is believed: whatever its bytes are, the answer is a report.

mod judge;

use core::fmt;
use core::time::Duration;
use holdfast_model::{InstanceKey, Mono, State, drive};
use holdfast_vrrp::tape::{FORM, Head, How, Line, Turn};
use holdfast_vrrp::{Action, Router};
use judge::Judge;
use serde::Deserialize;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Letters of an input or an action that are shown.
const SHOWN: usize = 600;

/// What a tape says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Beginnings, changes of state and gaps, by line.
    pub notes: Vec<Note>,
    /// Inputs that were done again.
    pub turns: u64,
    /// Inputs that the recorder had no room for.
    pub lost: u64,
    /// What is wrong, and nothing behind it was looked at.
    pub fault: Option<Note>,
}

/// Something about a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// What about it.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Does a tape again, to its end or to the first fault.
pub fn replay(tape: &[u8]) -> Report {
    let mut replay = Replay::default();
    let mut lines = tape.split_inclusive(|byte| *byte == b'\n').enumerate();
    let fault = lines.find_map(|(at, text)| {
        let done = replay.text(at + 1, text);
        let fault = done.err().map(|what| (at + 1, what));
        // a process that died may have left half a line; the next one begins anew
        fault.or_else(|| replay.cut.take_if(|cut| *cut <= at).map(unfinished))
    });
    replay.report.fault = fault.map(|(line, what)| Note { line, what });
    if let Some(line) = replay.cut {
        replay.note(line, "it was cut off here".to_owned());
    }
    if replay.report.fault.is_none() && replay.playing.is_none() {
        let (line, what) = (1, "no router begins on this tape".to_owned());
        replay.report.fault = Some(Note { line, what });
    }
    replay.report
}

fn unfinished(line: usize) -> (usize, String) {
    (line, "ends too early".to_owned())
}

#[derive(Default)]
struct Replay {
    report: Report,
    playing: Option<Playing>,
    /// This line is not whole: only a head may follow.
    cut: Option<usize>,
}

/// A router on its way.
struct Playing {
    router: Router,
    judge: Judge,
    began: Mono,
}

type Checked = Result<(), String>;

impl Replay {
    fn note(&mut self, line: usize, what: String) {
        self.report.notes.push(Note { line, what });
    }

    fn text(&mut self, number: usize, text: &[u8]) -> Checked {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        match serde_json::from_slice::<Line>(text) {
            Ok(Line::Head(head)) => self.head(number, *head),
            Ok(Line::Turn(turn)) if self.cut.is_none() => self.turn(number, &turn),
            Ok(Line::Turn(_)) => Ok(()),
            Err(error) if error.is_eof() && self.cut.is_none() => {
                self.cut = Some(number);
                Ok(())
            }
            Err(error) => Err(foreign(text, &error)),
        }
    }

    fn head(&mut self, number: usize, head: Head) -> Checked {
        if head.form != FORM {
            return Err(other_form(head.form, &head.build));
        }
        if let Some(line) = self.cut.take() {
            self.note(line, "it was cut off here".to_owned());
        }
        let how = match &head.how {
            How::Begins(_) => "begins",
            How::Resumes { .. } => "goes on where another process ended",
            How::Adopts { .. } => "goes on for those who served until now",
            How::GoesOn(_) => "goes on",
        };
        self.note(number, format!("build {}: {how}", head.build));
        if head.lost > 0 {
            self.report.lost += head.lost;
            self.note(number, format!("{} events were lost here", head.lost));
        }
        let router = guarded(|| head.how.router(head.at))?;
        let before = self.playing.as_ref().filter(|_| head.lost == 0);
        if let (How::GoesOn(_), Some(before)) = (&head.how, before)
            && before.router != router
        {
            return Err("the router is another than the one that was replayed up to here".into());
        }
        // the same router in another file is still the same run
        let kept = self.playing.take_if(|_| matches!(head.how, How::GoesOn(_)));
        let began = kept.as_ref().map_or(head.at, |kept| kept.began);
        let judge = kept.filter(|_| head.lost == 0).map(|kept| kept.judge);
        self.playing = Some(Playing {
            judge: judge.unwrap_or_else(|| Judge::begin(&head.how, &router)),
            router,
            began,
        });
        Ok(())
    }

    fn turn(&mut self, number: usize, turn: &Turn) -> Checked {
        let Some(playing) = &mut self.playing else {
            return Err("a turn, and no router has begun".into());
        };
        self.report.turns += 1;
        let before = states(&playing.router);
        let mut actions = Vec::new();
        let (router, input) = (&mut playing.router, turn.input.input());
        guarded(|| drive(router, turn.at, input, |action| actions.push(action)))?;
        let at = turn.at.since(playing.began);
        let broken = guarded(|| playing.judge.turn(turn, &playing.router))?;
        for (key, state) in states(&playing.router) {
            let known = before.iter().find(|(name, _)| *name == key);
            let was = known.map_or(State::Init, |(_, state)| *state);
            if was != state {
                self.note(number, format!("{at:.3?}: ({key}) {was} -> {state}"));
            }
        }
        let differs = differs(turn, &actions, at);
        let both = differs.into_iter().chain(broken).collect::<Vec<_>>();
        if both.is_empty() {
            return Ok(());
        }
        Err(both.join("\n  "))
    }
}

fn states(router: &Router) -> Vec<(InstanceKey, State)> {
    let all = router.status();
    all.map(|status| (status.key, status.state)).collect()
}

/// The first action that is another, in words.
fn differs(turn: &Turn, replayed: &[Action], at: Duration) -> Option<String> {
    if turn.actions == replayed {
        return None;
    }
    let both = turn.actions.len().max(replayed.len());
    let first = (0..both).find(|at| turn.actions.get(*at) != replayed.get(*at));
    let first = first.unwrap_or(0);
    let show = |list: &[Action]| list.get(first).map_or("nothing".into(), shown);
    Some(format!(
        "{at:.3?} after the beginning the router does something else\n  told:     {}\n  recorded: {}\n  \
         replayed: {}\n  it is action {} of this turn",
        shown(&turn.input),
        show(&turn.actions),
        show(replayed),
        first + 1,
    ))
}

fn shown<T: serde::Serialize>(what: &T) -> String {
    let text = serde_json::to_string(what).unwrap_or_default();
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push_str(" ...");
    }
    short
}

/// S17: a panic is a broken promise.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_panic| "S17: the router panics".to_owned())
}

/// What is not understood, and whose head it is where it is one.
fn foreign(text: &[u8], error: &serde_json::Error) -> String {
    #[derive(Deserialize)]
    struct Form {
        form: u16,
        build: String,
    }
    #[derive(Deserialize)]
    struct Other {
        head: Form,
    }
    match serde_json::from_slice::<Other>(text) {
        Ok(Other { head }) if head.form != FORM => other_form(head.form, &head.build),
        Ok(Other { head }) => format!("recorded by build {}: {error}", head.build),
        Err(_no_head) => error.to_string(),
    }
}

fn other_form(form: u16, build: &str) -> String {
    format!("form {form}, recorded by build {build}; this one knows form {FORM}")
}
