//! The command line of `holdfast-lab`.

mod tools;

use crate::error::{Error, Result};
use crate::scenario::{Job, Pairing, Plan, Shape, Tools, inside, run_all, run_here};
use crate::scenarios::faults::{Request, any_seed};
use crate::{bench, demo, scenarios};
use lexopt::prelude::*;
use std::path::{Path, PathBuf};
use std::time::Duration;

const HELP: &str = "\
holdfast-lab list                      the scenarios
holdfast-lab run --all                 all of them, with every pairing of programs
holdfast-lab run NAME...               some
    --a holdfast|keepalived --b ...    with these programs instead
    --slots N                          pieces of work at once (2)
    --full                             what is repeated, as often as was promised (100 reloads)
holdfast-lab demo                      the live story
holdfast-lab bench [NAME...]           test, start, stop, reload, flip, idle, checks, large, vrrp: beside
                                       keepalived; of vrrp also vrrp-many, -single, -busy, -failover, -takeover alone
    --minutes N                        of the rows at 0.01 s, for each program (1)
holdfast-lab faults [NAME...]          each fault again and again at random moments: what is promised of it
                                       measured, Holdfast beside keepalived
    --times N --seed N                 so often (3), at moments that N draws
    --interval SECONDS                 advert_int (1)
    --a holdfast|keepalived --slots N  one program only; pairs at a time (2)
holdfast-lab serve PORT NAME           HTTP that answers NAME
holdfast-lab echo PORT                 an echo server
holdfast-lab load ADDRESS:PORT [SECS]  requests one after another, a JSON line each
holdfast-lab watch [SECS]              adverts, gratuitous ARP and addresses, a JSON line each
holdfast-lab inject SOURCE VRID VIP PASSWORD KIND   a forged advert: good short long checksum ttl
                                       password vrid
Common: --holdfast FILE, --data tests/lab, --keep DIR (logs of what failed)
";

#[derive(Debug)]
struct Options {
    words: Vec<String>,
    all: bool,
    a: Option<bool>,
    b: Option<bool>,
    slots: usize,
    minutes: u32,
    times: u32,
    seed: Option<u64>,
    interval: f64,
    prefix: String,
    tools: Tools,
}

/// Runs the command line; false if something that was tried failed.
///
/// # Errors
/// If the command line makes no sense or the lab cannot work.
pub fn main() -> Result<bool> {
    let options = parse().map_err(|error| Error::Failed(format!("{error}\n{HELP}")))?;
    let mut words = options.words.iter().map(String::as_str);
    let verb = words.next().unwrap_or("help");
    let rest: Vec<&str> = words.collect();
    match verb {
        "list" => {
            for scenario in scenarios::all() {
                println!("{:24} {}", scenario.name, scenario.about);
            }
            Ok(true)
        }
        "run" => run(&options, &rest),
        "one" => one(&options, &rest),
        "inside" => guest(&options, &rest),
        "demo" => demo::run(&options.tools),
        "demo-inside" => demo::here(&options.tools).map(|()| true),
        "bench" => bench::run(&options.tools, &rest, options.minutes),
        "bench-inside" => bench::here(&options.tools, &rest),
        "faults" => scenarios::faults::run(&options.tools, &request(&options, &rest)?),
        "faults-inside" => faults_inside(&options, &rest),
        "serve" | "echo" | "load" | "watch" | "inject" => tools::run(verb, &rest),
        _ => {
            print!("{HELP}");
            Ok(verb == "help")
        }
    }
}

fn run(options: &Options, names: &[&str]) -> Result<bool> {
    let mut jobs = Vec::new();
    for scenario in scenarios::all() {
        if !options.all && !names.contains(&scenario.name) {
            continue;
        }
        let pairings = match (options.a, options.b, scenario.shape) {
            (None, None, Shape::Pair) => {
                vec![Pairing::OURS, Pairing::OURS_FIRST, Pairing::OURS_SECOND]
            }
            (None, None, Shape::Single) => vec![Pairing::OURS],
            (a, b, _) => vec![Pairing {
                a_holdfast: a.or(b).unwrap_or(true),
                b_holdfast: b.or(a).unwrap_or(true),
            }],
        };
        jobs.extend(
            pairings
                .into_iter()
                .map(|pairing| Job { scenario, pairing }),
        );
    }
    if let Some(name) = names
        .iter()
        .find(|name| scenarios::all().all(|s| s.name != **name))
    {
        return Err(Error::Failed(format!(
            "there is no scenario {name}: see `list`"
        )));
    }
    if jobs.is_empty() {
        return Err(Error::Failed("name scenarios, or say --all".into()));
    }
    run_all(&Plan {
        jobs,
        tools: options.tools.clone(),
        slots: options.slots,
        boot_seconds: 150,
    })
}

fn request(options: &Options, names: &[&str]) -> Result<Request> {
    let interval = Duration::try_from_secs_f64(options.interval).ok();
    let interval = interval.filter(|interval| *interval >= Duration::from_millis(10));
    let interval = interval.ok_or_else(|| Error::Failed("--interval 0.01 or more".into()))?;
    Ok(Request {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        times: options.times,
        seed: options.seed.unwrap_or_else(any_seed),
        interval,
        only: options.a,
        slots: options.slots,
    })
}

fn faults_inside(options: &Options, words: &[&str]) -> Result<bool> {
    let (results, names) = words
        .split_first()
        .ok_or_else(|| Error::Failed("faults-inside RESULTS NAME".into()))?;
    let request = request(options, names)?;
    scenarios::faults::inside(&options.tools, &request, Path::new(results))
}

fn one(options: &Options, names: &[&str]) -> Result<bool> {
    let name = names.first().copied().unwrap_or_default();
    let scenario = scenarios::all()
        .find(|each| each.name == name)
        .ok_or_else(|| Error::Failed(format!("there is no scenario {name}")))?;
    let pairing = Pairing {
        a_holdfast: options.a.unwrap_or(true),
        b_holdfast: options.b.unwrap_or(true),
    };
    run_here(&Job { scenario, pairing }, &options.tools, &options.prefix)
}

fn guest(options: &Options, words: &[&str]) -> Result<bool> {
    let (results, titles) = words
        .split_first()
        .ok_or_else(|| Error::Failed("inside RESULTS TITLE...".into()))?;
    let jobs: Option<Vec<Job>> = titles.iter().map(|title| Job::from_title(title)).collect();
    let jobs = jobs.ok_or_else(|| Error::Failed(format!("unknown job in {titles:?}")))?;
    inside(&jobs, &options.tools, &PathBuf::from(results))
}

fn parse() -> Result<Options, lexopt::Error> {
    // the binary stands in target/release: the repository is two above, wherever cargo put it
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let beside = std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.parent()?.to_owned()));
    let beside = beside.unwrap_or_default();
    let mut options = Options {
        words: Vec::new(),
        all: false,
        a: None,
        b: None,
        slots: 2,
        minutes: 1,
        times: 3,
        seed: None,
        interval: 1.0,
        prefix: format!("hf{}", std::process::id()),
        tools: Tools {
            holdfast: beside.join("holdfast"),
            data: repository.join("tests/lab"),
            keep: beside.join("../lab"),
            full: false,
        },
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("all") => options.all = true,
            Long("full") => options.tools.full = true,
            Long("a") => options.a = Some(program(&mut parser)?),
            Long("b") => options.b = Some(program(&mut parser)?),
            Long("slots") => options.slots = parser.value()?.parse()?,
            Long("minutes") => options.minutes = parser.value()?.parse()?,
            Long("times") => options.times = parser.value()?.parse()?,
            Long("seed") => options.seed = Some(parser.value()?.parse()?),
            Long("interval") => options.interval = parser.value()?.parse()?,
            Long("prefix") => options.prefix = parser.value()?.string()?,
            Long("holdfast") => options.tools.holdfast = absolute(parser.value()?.into())?,
            Long("data") => options.tools.data = absolute(parser.value()?.into())?,
            Long("keep") => options.tools.keep = absolute(parser.value()?.into())?,
            Value(word) => options.words.push(word.string()?),
            Short(_) | Long(_) => return Err(argument.unexpected()),
        }
    }
    Ok(options)
}

fn program(parser: &mut lexopt::Parser) -> Result<bool, lexopt::Error> {
    match parser.value()?.string()?.as_str() {
        "holdfast" => Ok(true),
        "keepalived" => Ok(false),
        other => Err(format!("{other}: holdfast or keepalived").into()),
    }
}

fn absolute(path: PathBuf) -> Result<PathBuf, lexopt::Error> {
    std::path::absolute(path).map_err(|error| error.to_string().into())
}
