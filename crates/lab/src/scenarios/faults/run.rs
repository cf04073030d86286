//! Runs faults for one program or two, several at a time, and prints the page.

use super::bed::Bed;
use super::figure::Timing;
use super::ipvs::TableBed;
use super::table::{HEAD, Measured, kept, rows};
use super::{Act, Fault, Place, Runs, all, guest};
use crate::director::Program;
use crate::draw::Draw;
use crate::error::{Doing as _, Error, Result, lock};
use crate::guest::kernel_has_ipvs;
use crate::scenario::{Ctx, Pulse, Tools};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A third of what a reaction may take: who was kept from the processors for so long measured that.
const STOOD_STILL: Duration = Duration::from_millis(30);

/// What is asked for.
#[derive(Debug)]
pub struct Request {
    /// Names of faults; none: all.
    pub names: Vec<String>,
    /// How often each is done.
    pub times: u32,
    /// Draws the moments.
    pub seed: u64,
    /// `advert_int`.
    pub interval: Duration,
    /// Only Holdfast, or only keepalived.
    pub only: Option<bool>,
    /// Pairs at a time.
    pub slots: usize,
}

/// Does them, prints each time and the table; false if Holdfast broke a promise.
///
/// # Errors
/// If a name is unknown.
pub fn run(tools: &Tools, request: &Request) -> Result<bool> {
    nix::sys::prctl::set_child_subreaper(true).doing("become a subreaper")?;
    let faults = chosen(&request.names, tools.full)?;
    let timing = Timing {
        interval: request.interval,
    };
    println!(
        "{} faults, each {} times; advert_int {:?}, seed {}",
        faults.len(),
        request.times,
        request.interval,
        request.seed
    );
    let asked = |ours: &bool| request.only.is_none_or(|only| only == *ours);
    let found: Mutex<Vec<[Option<Measured>; 2]>> = Mutex::new(vec![[None, None]; faults.len()]);
    let together = request.slots.max(1);
    let boots = faults.iter().any(|fault| guest::is_for(fault)) && !kernel_has_ipvs();
    for (alone, slots) in [(false, together), (true, 1)] {
        let all = faults.iter().enumerate();
        let jobs = all.filter(|(_, fault)| (fault.runs == Runs::Alone) == alone);
        let jobs = jobs.flat_map(|(at, fault)| {
            let programs = [true, false].into_iter().filter(asked);
            programs.map(move |ours| (at, *fault, ours))
        });
        let queue: Mutex<VecDeque<_>> = Mutex::new(jobs.collect());
        let work = |slot| {
            loop {
                let Some((at, fault, ours)) = lock(&queue).pop_front() else {
                    return;
                };
                let measured = if boots && guest::is_for(fault) {
                    guest::measure(tools, request, fault, ours, slot)
                } else {
                    on_its_own(tools, request, fault, ours)
                };
                if let Some(cells) = lock(&found).get_mut(at) {
                    cells[usize::from(!ours)] = Some(measured);
                }
            }
        };
        std::thread::scope(|scope| {
            for slot in 0..slots {
                scope.spawn(move || work(slot));
            }
        });
    }
    let found = lock(&found);
    print!("\n{HEAD}");
    for (fault, [ours, theirs]) in faults.iter().zip(found.iter()) {
        print!("{}", rows(fault, timing, [ours.as_ref(), theirs.as_ref()]));
    }
    let mut good = true;
    for (fault, [ours, theirs]) in faults.iter().zip(found.iter()) {
        if ours.as_ref().is_some_and(|ours| !kept(fault, timing, ours)) {
            println!("BROKEN: {}", fault.name);
            good = false;
        }
        for (program, measured) in [("holdfast", ours), ("keepalived", theirs)] {
            let error = measured.as_ref().and_then(|each| each.error.as_ref());
            if let Some(error) = error {
                println!("{} of {program} ended early: {error}", fault.name);
            }
        }
    }
    Ok(good)
}

/// The faults of these names; none: all, those that last very long if `full`.
///
/// # Errors
/// If a name is unknown.
pub(super) fn chosen(names: &[String], full: bool) -> Result<Vec<&'static Fault>> {
    let all = all();
    let named = |name: &String| {
        let found = all.iter().find(|fault| fault.name == name);
        found.copied().ok_or_else(|| {
            let all: Vec<_> = all.iter().map(|fault| fault.name).collect();
            Error::Failed(format!("there is no fault {name}: {}", all.join(" ")))
        })
    };
    match names {
        [] => Ok(all
            .into_iter()
            .filter(|fault| full || fault.runs != Runs::Full)
            .collect()),
        names => names.iter().map(named).collect(),
    }
}

/// On a network of its own.
pub(super) fn on_its_own(tools: &Tools, request: &Request, fault: &Fault, ours: bool) -> Measured {
    let program = match ours {
        true => Program::Holdfast(tools.holdfast.clone()),
        false => Program::Keepalived,
    };
    let timing = Timing {
        interval: request.interval,
    };
    let mut ctx = Ctx::for_demo(program.clone(), tools);
    let mut say = |line: String| println!("{program}: {line}");
    let order = Order {
        times: request.times,
        seed: request.seed,
        timing,
    };
    let measured = measure(&mut ctx, &program, fault, &order, &mut say);
    if ours && !kept(fault, timing, &measured) {
        let place = tools.keep.join(format!("fault-{}", fault.name));
        match ctx.keep_logs(&place) {
            Ok(()) => println!("logs of {}: {}", fault.name, place.display()),
            Err(error) => println!("logs of {}: {error}", fault.name),
        }
    }
    measured
}

/// Another one each time.
#[must_use]
pub fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::from(now.unwrap_or_default().subsec_nanos())
}

/// How a fault is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) times: u32,
    pub(super) seed: u64,
    pub(super) timing: Timing,
}

/// Does a fault again and again; an error ends it.
pub(super) fn measure(
    ctx: &mut Ctx,
    program: &Program,
    fault: &Fault,
    order: &Order,
    say: &mut dyn FnMut(String),
) -> Measured {
    let mut measured = Measured::default();
    // the same moments for both programs, other ones for each fault
    let seed = fault.name.bytes().fold(order.seed, |seed, byte| {
        seed.rotate_left(8) ^ u64::from(byte)
    });
    let outcome = repeat(
        ctx,
        program,
        fault,
        order,
        Draw::new(seed),
        (&mut measured.rows, say),
    );
    measured.error = outcome.err().map(|error| error.to_string());
    measured
}

/// Values so far, and whoever is told of each.
type Told<'a> = (&'a mut Vec<Vec<f64>>, &'a mut dyn FnMut(String));

fn repeat(
    ctx: &mut Ctx,
    program: &Program,
    fault: &Fault,
    order: &Order,
    draw: Draw,
    told: Told<'_>,
) -> Result<()> {
    let timing = order.timing;
    match fault.act {
        Act::Pair(act) => {
            let mut bed = Bed::new(ctx, program, fault.setup, timing, draw)?;
            repeat_at(&mut bed, act, fault, order, told)
        }
        Act::Table(table, act) => {
            let mut bed = TableBed::new(ctx, program, table, timing, draw)?;
            repeat_at(&mut bed, act, fault, order, told)
        }
    }
}

fn repeat_at<P: Place>(
    place: &mut P,
    act: fn(&mut P) -> Result<Vec<f64>>,
    fault: &Fault,
    order: &Order,
    (rows, say): Told<'_>,
) -> Result<()> {
    let start = Instant::now();
    let (mut done, mut disturbed) = (0, 0);
    while done < order.times {
        place.ready()?;
        let phase = place.random_phase()?;
        let pulse = Pulse::start();
        let row = act(place)?;
        let stood = pulse.longest();
        drop(pulse);
        // busy processors are the fault itself, and in ten minutes there is always something
        let undisturbed = match fault.runs {
            Runs::Alone => Duration::MAX,
            Runs::Full => order.timing.interval,
            Runs::Always | Runs::Long => STOOD_STILL,
        };
        if stood >= undisturbed && disturbed < order.times {
            disturbed += 1;
            say(format!(
                "{}: once more, the machine stood still for {stood:.0?}",
                fault.name
            ));
            continue;
        }
        done += 1;
        if row.len() != fault.figures.len() {
            let count = row.len();
            return Err(Error::Failed(format!("{}: {count} values", fault.name)));
        }
        let values = fault.figures.iter().zip(&row);
        let words =
            values.map(|(figure, value)| format!("{} {}", figure.what, figure.bound.words(*value)));
        let words: Vec<String> = words.collect();
        let seconds = start.elapsed().as_secs_f64();
        say(format!(
            "{seconds:7.3} s  {} at {phase:.3?}: {}",
            fault.name,
            words.join(", ")
        ));
        rows.push(row);
    }
    Ok(())
}
