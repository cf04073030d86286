//! Runs many jobs: those for this kernel beside boots of the lab kernel, two at a time.

use super::outcome::{self, Outcome, summary};
use super::pulse::Pulse;
use super::{Job, Tools};
use crate::error::{Doing as _, Error, Result, lock};
use crate::guest::{Boot, Kernel, kernel_has_ipvs};
use crate::net::sweep;
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How to run.
#[derive(Debug)]
pub struct Plan {
    /// What.
    pub jobs: Vec<Job>,
    /// Where things are.
    pub tools: Tools,
    /// How many pieces of work run at once.
    pub slots: usize,
    /// About how many seconds of scenarios share a boot.
    pub boot_seconds: u64,
}

/// A piece of work.
#[derive(Debug)]
enum Work {
    Here(Job),
    Boot(Kernel, Vec<Job>),
}

/// Runs everything and prints each job's story when it is over, then one line
/// `N passed, N failed, N skipped`. True if nothing failed.
///
/// # Errors
/// If the lab itself cannot work.
pub fn run_all(plan: &Plan) -> Result<bool> {
    plan.tools.check(&plan.jobs)?;
    fs::create_dir_all(&plan.tools.keep).doing("make the folder for logs")?;
    let queue = Mutex::new(VecDeque::from(divide(plan)));
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for slot in 0..plan.slots.max(1) {
            let (queue, outcomes) = (&queue, &outcomes);
            scope.spawn(move || {
                let mut turn = 0;
                loop {
                    let Some(work) = lock(queue).pop_front() else {
                        return;
                    };
                    let prefix = format!("hf{}{slot}{turn}", std::process::id());
                    turn += 1;
                    let done = match work {
                        Work::Here(job) => vec![here(&job, &plan.tools, &prefix, &plan.tools.keep)],
                        Work::Boot(kernel, jobs) => boot(kernel, &jobs, &plan.tools, &prefix, slot),
                    };
                    lock(outcomes).extend(done);
                }
            });
        }
    });
    let (text, all) = summary(&lock(&outcomes));
    print!("{text}");
    Ok(all)
}

/// The longest first, so that the slots end together.
fn divide(plan: &Plan) -> Vec<Work> {
    let needed = |job: &Job| job.scenario.needs.guest();
    let guests = plan.jobs.iter().any(|job| needed(job).is_some()) && !kernel_has_ipvs();
    let mut work = Vec::new();
    let mut jobs = plan.jobs.clone();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.scenario.seconds));
    let mut boots: Vec<(Kernel, u64, Vec<Job>)> = Vec::new();
    for job in jobs {
        let seconds = job.scenario.seconds;
        let Some(kernel) = needed(&job).filter(|_| guests) else {
            work.push((seconds, Work::Here(job)));
            continue;
        };
        let room = boots
            .iter_mut()
            .find(|(other, used, _)| *other == kernel && *used + seconds <= plan.boot_seconds);
        match room {
            Some((_, used, jobs)) => {
                *used += seconds;
                jobs.push(job);
            }
            None => boots.push((kernel, seconds, vec![job])),
        }
    }
    work.extend(
        boots
            .into_iter()
            .map(|(kernel, seconds, jobs)| (seconds, Work::Boot(kernel, jobs))),
    );
    work.sort_by_key(|(seconds, _)| std::cmp::Reverse(*seconds));
    work.into_iter().map(|(_, work)| work).collect()
}

/// How often at most. A machine that is shared has hours in which every other try is disturbed.
const TRIES: u32 = 5;

/// Runs a job; if it fails while the machine stood still, again.
fn here(job: &Job, tools: &Tools, prefix: &str, folder: &Path) -> Outcome {
    let start = Instant::now();
    let mut outcome = Outcome {
        title: job.title(),
        ..Outcome::default()
    };
    for _ in 0..TRIES {
        outcome.tries += 1;
        let pulse = Pulse::start();
        outcome.passed = attempt(job, tools, prefix, folder, &mut outcome.reasons);
        match pulse.standstill() {
            Some(time) if !outcome.passed => outcome.disturbed = outcome.disturbed.max(Some(time)),
            _ => break,
        }
    }
    outcome.seconds = start.elapsed().as_secs_f64();
    outcome
}

fn attempt(
    job: &Job,
    tools: &Tools,
    prefix: &str,
    folder: &Path,
    reasons: &mut Vec<String>,
) -> bool {
    let start = Instant::now();
    let story = folder.join(format!("{prefix}.story"));
    let ended = child(job, tools, prefix, &story);
    let text = fs::read_to_string(&story).unwrap_or_default();
    let _gone = fs::remove_file(&story);
    reasons.extend(outcome::reasons(&text));
    reasons.extend(ended.as_ref().err().map(ToString::to_string));
    report(&job.title(), start, &ended, &text)
}

fn report(title: &str, start: Instant, outcome: &Result<bool>, text: &str) -> bool {
    let word = match outcome {
        Ok(true) => "pass",
        Ok(false) => "FAIL",
        Err(_) => "FAIL (lab)",
    };
    let mut out = std::io::stdout().lock();
    let seconds = start.elapsed().as_secs_f64();
    let _closed = writeln!(
        out,
        "=== {title}: {word} in {seconds:.1} s\n{}",
        text.trim_end()
    );
    if let Err(error) = outcome {
        let _closed = writeln!(out, "  {error}");
    }
    matches!(outcome, Ok(true))
}

/// A process of its own a job: what it leaves behind can be found and ended.
fn child(job: &Job, tools: &Tools, prefix: &str, story: &Path) -> Result<bool> {
    let program = std::env::current_exe().doing("find this program")?;
    let file = File::create(story).doing("make the story's file")?;
    let errors = file.try_clone().doing("make the story's file")?;
    let mut process = Command::new(program)
        .args(job.arguments(tools, prefix))
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(errors)
        .spawn()
        .doing("start a scenario")?;
    let start = Instant::now();
    let limit = job.scenario.limit(tools.full);
    loop {
        if let Some(status) = process.try_wait().doing("wait for a scenario")? {
            if !status.success() {
                sweep(prefix);
            }
            return Ok(status.success());
        }
        if start.elapsed() > limit {
            let _gone = process.kill();
            let _reaped = process.wait();
            sweep(prefix);
            return Err(Error::Timeout {
                what: "the scenario is over".into(),
                bound: limit,
            });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn boot(kernel: Kernel, jobs: &[Job], tools: &Tools, prefix: &str, slot: usize) -> Vec<Outcome> {
    let start = Instant::now();
    let directory = tools.keep.join(format!("boot-{prefix}"));
    let limit: Duration = jobs.iter().map(|job| job.scenario.limit(tools.full)).sum();
    let guest = Boot {
        kernel,
        directory: directory.clone(),
        memory: 1024,
        limit,
        echo: false,
        processor: slot,
    };
    let results = directory.join("results");
    let status = std::env::current_exe()
        .doing("find this program")
        .and_then(|program| {
            let path = |path: &Path| path.display().to_string();
            let mut command = vec![path(&program), "inside".into(), path(&results)];
            command.extend(["--holdfast".into(), path(&tools.holdfast)]);
            command.extend([
                "--data".into(),
                path(&tools.data),
                "--keep".into(),
                path(&tools.keep),
            ]);
            command.extend(tools.full.then(|| "--full".into()));
            command.extend(jobs.iter().map(Job::title));
            guest.run(&command)
        });
    let text = fs::read_to_string(&results).unwrap_or_default();
    let outcomes: Vec<Outcome> = jobs
        .iter()
        .map(|job| Outcome::read(&job.title(), &text))
        .collect();
    let all = outcomes.iter().all(|outcome| outcome.passed);
    let names: Vec<String> = jobs.iter().map(Job::title).collect();
    report(
        &names.join(", "),
        start,
        &status.map(|_| all),
        &guest.output(),
    );
    if all {
        let _gone = fs::remove_dir_all(&directory);
    }
    outcomes
}

/// Runs jobs one after another on this kernel and writes their results to a file: the part of a
/// boot that runs in the guest.
///
/// # Errors
/// If the results cannot be written.
pub fn inside(jobs: &[Job], tools: &Tools, results: &PathBuf) -> Result<bool> {
    // not the folder for logs: other guests write there too
    let folder = results.parent().unwrap_or(Path::new("."));
    let mut all = true;
    for (index, job) in jobs.iter().enumerate() {
        let done = here(job, tools, &format!("g{index}"), folder);
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(results)
            .doing("open the results")?;
        file.write_all(done.lines().as_bytes())
            .doing("write a result")?;
        all &= done.passed;
    }
    Ok(all)
}
