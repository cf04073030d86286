//! The simulator: seeds, scenario files, and what is done with a seed that fails.

use crate::Result;
use crate::build::{cargo, root, run};
use holdfast_sim::draw::Limits;
use holdfast_sim::{Outcome, Scenario, Violation, draw, explore, shrink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Failing seeds that are shrunk and written down; more are counted.
const WRITTEN: usize = 10;

/// Turns before a broken promise that a replay shows.
const SHOWN: usize = 40;

/// What `cargo xtask test` runs: two to three minutes.
pub(crate) const USUAL: &[&str] = &["--seeds", "10000", "--minutes", "10"];

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Order {
    from: u64,
    seeds: u64,
    limits: Limits,
    jobs: usize,
    scenario: Option<String>,
    /// All orders of choices instead of seeds: states at most, for each case.
    explore: Option<usize>,
}

/// Runs the simulator; true when every promise was kept. A binary that is not optimised builds one
/// that is (with overflow checks) and runs that.
pub(crate) fn simulate(words: &[&str]) -> Result<bool> {
    if let ["replay", tape] = words {
        return replay_tape(Path::new(tape));
    }
    let order = Order::read(words)?;
    if !is_nested() {
        return nested("sim", words);
    }
    match (&order.scenario, order.explore) {
        (Some(path), _) => replay(Path::new(path)),
        (None, Some(limit)) => Ok(explore_all(limit, order.jobs)),
        (None, None) => seeds(&order),
    }
}

const NESTED: &str = "HOLDFAST_XTASK_NESTED";

/// The same command in the profile `sim`.
pub(crate) fn nested(verb: &str, words: &[&str]) -> Result<bool> {
    let mut arguments = vec!["run", "-q", "--profile", "sim", "-p", "xtask", "--", verb];
    arguments.extend(words);
    run(cargo(&arguments).env(NESTED, "1"))
}

/// True in the process that [`nested`] started.
pub(crate) fn is_nested() -> bool {
    std::env::var_os(NESTED).is_some()
}

impl Order {
    fn read(words: &[&str]) -> Result<Self> {
        let mut order = Self {
            from: 0,
            seeds: 1_000,
            limits: Limits::minutes(10),
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            scenario: None,
            explore: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let value = words.next().ok_or(format!("{word} needs a value"))?;
            let number = || {
                let bad = |_| format!("{word} {value}: expected a whole number");
                value.parse::<u64>().map_err(bad)
            };
            match *word {
                "--seeds" => order.seeds = number()?,
                "--from" | "--seed" => order.from = number()?,
                "--minutes" => order.limits.length = number()? * 60_000,
                "--hours" => order.limits.length = number()? * 3_600_000,
                "--jobs" => order.jobs = usize::try_from(number()?.max(1)).unwrap_or(1),
                "--nodes" => order.limits.nodes = range(value)?,
                "--explore" => order.explore = usize::try_from(number()?).ok(),
                "--replay" => order.scenario = Some((*value).to_owned()),
                other => {
                    return Err(format!(
                        "sim does not know {other}; it knows --seeds, --seed, --minutes, --hours, \
                         --nodes, --jobs, --explore and --replay; and `sim replay TAPE`"
                    ));
                }
            }
        }
        Ok(order)
    }
}

/// `3` or `1-5`.
fn range(text: &str) -> Result<(usize, usize)> {
    let bad = || format!("--nodes {text}: expected 3, or 1-5");
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse::<usize>().map_err(|_| bad());
    let range = (number(from)?, number(to)?);
    let fits = range.0 >= 1 && range.0 <= range.1 && range.1 <= holdfast_sim::scenario::NODES;
    fits.then_some(range).ok_or_else(bad)
}

fn run_one(scenario: &Scenario) -> std::result::Result<Outcome, String> {
    guarded(|| holdfast_sim::run(scenario))
}

/// S17 is here: a panic is caught and told as a violation.
fn guarded<T>(run: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| "S17: a panic, see above".to_owned())
}

fn seeds(order: &Order) -> Result<bool> {
    let (next, failed) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let (turns, takeovers) = (AtomicU64::new(0), AtomicU64::new(0));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..order.jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= order.seeds {
                        return;
                    }
                    let seed = order.from + number;
                    let what = match run_one(&draw(seed, &order.limits)) {
                        Ok(outcome) => {
                            turns.fetch_add(outcome.turns, Relaxed);
                            takeovers.fetch_add(outcome.takeovers, Relaxed);
                            outcome.violation.map(|found| found.to_string())
                        }
                        Err(panic) => Some(panic),
                    };
                    if let (Some(what), Ok(mut failed)) = (what, failed.lock()) {
                        println!("seed {seed}: {what}");
                        failed.push(seed);
                    }
                }
            });
        }
    });
    let took = begun.elapsed();
    let mut failed = failed.into_inner().unwrap_or_default();
    failed.sort_unstable();
    for seed in failed.iter().take(WRITTEN) {
        write_down(*seed, &order.limits)?;
    }
    let counts = (turns.into_inner(), takeovers.into_inner());
    report(order, took, counts, failed.len());
    Ok(failed.is_empty())
}

fn report(order: &Order, took: Duration, (turns, takeovers): (u64, u64), failed: usize) {
    #[expect(clippy::cast_precision_loss, reason = "for a person to read")]
    let hours = order.seeds as f64 * order.limits.length as f64 / 3_600_000.0;
    let seconds = took.as_secs_f64().max(0.001);
    println!(
        "{turns} turns, {takeovers} takeovers, {hours:.0} simulated hours in {seconds:.1} s: \
         {:.0} hours a second with {} jobs",
        hours / seconds,
        order.jobs,
    );
    println!(
        "{} passed, {failed} failed, 0 skipped",
        order.seeds - failed as u64
    );
}

/// Shrinks a failing seed into a file of `target/sim/`.
fn write_down(seed: u64, limits: &Limits) -> Result<()> {
    let scenario = draw(seed, limits);
    let small = catch_unwind(AssertUnwindSafe(|| shrink(&scenario)));
    let small = small.ok().flatten().unwrap_or(scenario);
    let folder = root().join("target/sim");
    let path = folder.join(format!("{seed}.json"));
    let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = serde_json::to_string_pretty(&small).map_err(|e| error(&e))?;
    std::fs::create_dir_all(&folder).map_err(|e| error(&e))?;
    std::fs::write(&path, text + "\n").map_err(|e| error(&e))?;
    println!(
        "seed {seed}, {} nodes and {} faults left: {}\n  again: cargo xtask sim --replay {}",
        small.nodes.len(),
        small.faults.len(),
        small.about,
        path.display()
    );
    Ok(())
}

/// Every case of the explorer; `limit` states each.
fn explore_all(limit: usize, jobs: usize) -> bool {
    let cases = explore::cases(limit);
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let number = usize::try_from(next.fetch_add(1, Relaxed)).ok();
                    let Some(case) = number.and_then(|number| cases.get(number)) else {
                        return;
                    };
                    let begun = Instant::now();
                    let found = explore::explore(case);
                    let took = begun.elapsed().as_secs_f64();
                    let (depth, states) = (found.depth, found.states);
                    println!(
                        "{}: depth {depth} of {}, {states} states, {took:.1} s",
                        case.name, case.depth
                    );
                    if let Some(broken) = found.broken {
                        failed.fetch_add(1, Relaxed);
                        println!("{}: {broken}", case.name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!(
        "{} passed, {failed} failed, 0 skipped",
        cases.len() as u64 - failed
    );
    failed == 0
}

fn replay(path: &Path) -> Result<bool> {
    let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|e| error(&e))?;
    let scenario: Scenario = serde_json::from_str(&text).map_err(|e| error(&e))?;
    println!("{}", scenario.about);
    let violation = match run_one(&scenario) {
        Ok(outcome) => outcome.violation,
        Err(panic) => {
            println!("{panic}");
            return Ok(false);
        }
    };
    if let Some(found) = &violation {
        let (_, turns) = holdfast_sim::told(&scenario, found.slot);
        let last = turns.len().saturating_sub(SHOWN);
        turns.iter().skip(last).for_each(|turn| println!("{turn}"));
    }
    let violation = violation.as_ref().map(Violation::to_string);
    println!(
        "{}",
        violation.as_deref().unwrap_or("every promise was kept")
    );
    Ok(violation.is_none())
}

/// What a daemon recorded (`--record`), done again.
fn replay_tape(path: &Path) -> Result<bool> {
    let tape = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let report = holdfast_sim::tape::replay(&tape);
    for note in &report.notes {
        println!("{note}");
    }
    let (turns, lost) = (report.turns, report.lost);
    match &report.fault {
        Some(fault) => println!("{}: {fault}", path.display()),
        None => println!(
            "{turns} events replayed, {lost} were lost: no difference, every promise was kept"
        ),
    }
    Ok(report.fault.is_none())
}

#[cfg(test)]
mod tests {
    use super::{Order, guarded, simulate};

    #[test]
    fn s17_fires() {
        let broken = guarded(|| panic!("as a router that breaks"));
        assert_eq!(broken, Err::<(), _>("S17: a panic, see above".to_owned()));
        assert_eq!(guarded(|| 1), Ok(1));
    }

    #[test]
    fn a_tape_that_says_nothing_good_is_a_failure() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        assert_eq!(simulate(&["replay", &path]), Ok(false), "nothing is on it");
        std::fs::write(&path, "{\"head\":{\"form\":0,\"build\":\"x\"}}\n").unwrap();
        assert_eq!(simulate(&["replay", &path]), Ok(false), "another form");
        drop(file);
        assert!(simulate(&["replay", &path]).is_err(), "it is gone");
    }

    #[test]
    fn words_are_read_and_wrong_ones_named() {
        let order = Order::read(&["--seeds", "7", "--hours", "2", "--nodes", "2-3"]).unwrap();
        assert_eq!((order.seeds, order.limits.length), (7, 7_200_000));
        assert_eq!(order.limits.nodes, (2, 3));
        for bad in [
            &["--seeds"][..],
            &["--seeds", "x"],
            &["--nodes", "9"],
            &["--what", "1"],
        ] {
            assert!(Order::read(bad).is_err(), "{bad:?}");
        }
    }
}
