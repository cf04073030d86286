//! The same as often as was promised: deaths and standstills, each at a moment, and of a length, that a seed draws.

use super::super::faults::any_seed;
use super::super::world::{VIP, VIP2, World};
use super::{MARGIN, Pollers, SLACK, first, serve};
use crate::director::Director;
use crate::draw::Draw;
use crate::error::Result;
use crate::scenario::{Ctx, Pulse};
use crate::shell::wait_some;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 50;
/// Lengths of a standstill in milliseconds, and how many there are of them: most are short, for the time that all
/// of them take.
const LENGTHS: [(u64, u64, u32); 3] = [(2_000, 5_000, 38), (5_000, 15_000, 9), (30_000, 60_000, 3)];
/// Of the slower instance.
const INTERVAL: Duration = Duration::from_secs(1);
/// Until a peer serves, and until who comes back has seen that it does.
const PATIENCE: Duration = Duration::from_secs(4);
const AFTERWARDS: Duration = Duration::from_millis(400);

/// A third of what a lease ends before a backup may begin: whoever stood still for so long measured that.
const STOOD_STILL: Duration = Duration::from_millis(30);

/// What was seen in all rounds.
#[derive(Debug, Default)]
struct Seen {
    /// Times between the last answer of the first director and the first one of the second.
    apart: Vec<Duration>,
    /// From a fault until the second director answers.
    took: Vec<Duration>,
    /// Instances whose standstill nobody noticed.
    unmoved: u32,
    /// Rounds that were done again.
    again: u32,
}

/// The pair, whoever asks it, and what came of it.
struct Rounds<'a> {
    world: &'a World,
    pollers: &'a Pollers,
    one: &'a mut Director,
    two: &'a mut Director,
    draw: Draw,
    seen: Seen,
}

pub(super) fn run(
    ctx: &mut Ctx,
    world: &World,
    pollers: &Pollers,
    one: &mut Director,
    two: &mut Director,
) -> Result<()> {
    let seed = any_seed();
    ctx.step(format!(
        "{ROUNDS} deaths and {ROUNDS} standstills, seed {seed}"
    ));
    let mut rounds = Rounds {
        world,
        pollers,
        one,
        two,
        draw: Draw::new(seed),
        seen: Seen::default(),
    };
    for number in 0..ROUNDS {
        rounds.undisturbed(ctx, &format!("death {number}"), Rounds::death);
    }
    rounds.say(ctx, "deaths");
    for length in lengths(&mut rounds.draw) {
        let what = format!("SIGSTOP for {length:?}");
        rounds.undisturbed(ctx, &what, |rounds, ctx| rounds.standstill(ctx, length));
    }
    rounds.say(ctx, "standstills");
    rounds.alive()
}

impl Rounds<'_> {
    /// Once more, where something is wrong and the machine stood still meanwhile.
    fn undisturbed(
        &mut self,
        ctx: &mut Ctx,
        what: &str,
        act: impl Fn(&mut Self, &mut Ctx) -> Result<Vec<String>>,
    ) {
        loop {
            let pulse = Pulse::start();
            let wrong = self.alive().and_then(|()| act(self, ctx));
            let stood = pulse.longest();
            let wrong = wrong.unwrap_or_else(|error| vec![error.to_string()]);
            if wrong.is_empty() {
                return;
            }
            if stood < STOOD_STILL || self.seen.again >= ROUNDS {
                wrong
                    .iter()
                    .for_each(|each| ctx.fail(format!("{what}: {each}")));
                return;
            }
            self.seen.again += 1;
            ctx.step(format!(
                "{what}: once more, the machine stood still for {stood:.0?}: {wrong:?}"
            ));
        }
    }

    fn alive(&mut self) -> Result<()> {
        if self.one.lives() {
            return Ok(());
        }
        self.one.start()
    }

    fn death(&mut self, ctx: &mut Ctx) -> Result<Vec<String>> {
        serve(ctx, self.world, self.one, self.two)?;
        std::thread::sleep(self.draw.moment(INTERVAL));
        let at = self.one.kill_all()?;
        for vip in [VIP, VIP2] {
            let what = format!("d2 answers for {vip}");
            let begins = || first(self.pollers.two.answers(vip, at));
            wait_some(&what, PATIENCE, begins)?;
        }
        // a time in which something must not happen
        std::thread::sleep(AFTERWARDS);
        Ok(self.judge(at, None))
    }

    fn standstill(&mut self, ctx: &mut Ctx, length: Duration) -> Result<Vec<String>> {
        serve(ctx, self.world, self.one, self.two)?;
        std::thread::sleep(self.draw.moment(INTERVAL));
        let at = self.one.freeze(true)?;
        // the fault itself
        std::thread::sleep(length.saturating_sub(at.elapsed()));
        let back = self.one.freeze(false)?;
        for vip in [VIP, VIP2] {
            let (one, two) = (&self.pollers.one, &self.pollers.two);
            let served = || first(two.answers(vip, at)).or_else(|| first(one.answers(vip, back)));
            wait_some(&format!("an answer for {vip}"), PATIENCE, served)?;
        }
        std::thread::sleep(AFTERWARDS);
        Ok(self.judge(at, Some(back)))
    }

    /// Nobody of the first director answers once the second one does; where it does not, the first one goes on.
    fn judge(&mut self, at: Instant, back: Option<Instant>) -> Vec<String> {
        let (mut wrong, pollers) = (Vec::new(), self.pollers);
        for vip in [VIP, VIP2] {
            let Some(begins) = first(pollers.two.answers(vip, at)) else {
                if back.is_some_and(|back| !pollers.one.answers(vip, back).is_empty()) {
                    self.seen.unmoved += 1;
                } else {
                    wrong.push(format!("nobody answers for {vip}"));
                }
                continue;
            };
            let ends = pollers
                .one
                .answers(vip, at)
                .last()
                .map_or(at, |last| last.at);
            let apart = begins.saturating_duration_since(ends);
            if ends >= begins || apart + SLACK < MARGIN {
                let late = pollers.one.answers(vip, begins).len();
                wrong.push(format!(
                    "{vip}: {apart:.3?} with nobody, {late} answers of d1 after d2's first"
                ));
                continue;
            }
            self.seen.apart.push(apart);
            self.seen.took.push(begins.saturating_duration_since(at));
        }
        wrong
    }

    fn say(&mut self, ctx: &Ctx, what: &str) {
        let seen = std::mem::take(&mut self.seen);
        ctx.step(format!(
            "{ROUNDS} {what}: {} takeovers, {} instances unmoved; with nobody for {:.3?} to {:.3?}, d2 answers within \
             {:.3?}; {} rounds once more",
            seen.apart.len(),
            seen.unmoved,
            seen.apart.iter().min().copied().unwrap_or_default(),
            seen.apart.iter().max().copied().unwrap_or_default(),
            seen.took.iter().max().copied().unwrap_or_default(),
            seen.again,
        ));
    }
}

fn lengths(draw: &mut Draw) -> Vec<Duration> {
    let mut all = Vec::new();
    for (least, most, count) in LENGTHS {
        let one = |_| Duration::from_millis(least + draw.below(most - least));
        all.extend((0..count).map(one));
    }
    all
}
