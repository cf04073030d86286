//! `holdfast realserver` and `holdfast director`: hosts made ready for load balancing, and taken
//! back. What must hold stands in `wish`, what was changed in `record`; `host` does it.

pub(crate) mod host;
mod record;
mod way;
mod wish;
mod words;

use crate::cli::UsageError;
use crate::{complain, print};
use holdfast_supervise::exit;
use record::{Done, divide};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use wish::Wish;
use words::{Request, Verb};

/// The exit status of a `status` that found something missing, and of a start that failed.
const NOT_READY: i32 = 1;

/// `holdfast realserver ...`.
pub(super) fn real_server(arguments: Vec<OsString>) -> i32 {
    with(
        "realserver",
        Request::real_server(arguments),
        |request, known| {
            let mut request = request;
            if request.vips.is_empty() && request.gateways.is_empty() {
                request.vips = known.iter().filter_map(vip).collect();
                request.tunnel = known.iter().any(tunneled);
                request.rules = known.iter().any(|done| matches!(done, Done::Silence(_)));
                request.gateways = known.iter().filter_map(gateway).collect();
            }
            let near: Result<Vec<_>, _> = request.gateways.iter().copied().map(way::near).collect();
            let mut wishes = wish::behind_nat(&near?);
            wishes.extend(wish::real_server(&request));
            Ok(wishes)
        },
    )
}

fn vip(done: &Done) -> Option<std::net::IpAddr> {
    match done {
        Done::Address { address, .. } => Some(*address),
        _ => None,
    }
}

fn gateway(done: &Done) -> Option<std::net::IpAddr> {
    match done {
        Done::Route { gateway, .. } => Some(*gateway),
        _ => None,
    }
}

fn tunneled(done: &Done) -> bool {
    matches!(done, Done::Address { interface, .. } if interface != "lo")
}

fn net(done: &Done) -> Option<words::Net> {
    match done {
        Done::Masquerade(mark) => words::net(mark.rsplit(' ').next()?).ok(),
        _ => None,
    }
}

/// `holdfast director ...`.
pub(super) fn director(arguments: Vec<OsString>) -> i32 {
    with(
        "director",
        Request::director(arguments),
        |mut request, known| {
            if request.net.is_none() && !request.direct {
                if known.is_empty() {
                    return Ok(Vec::new());
                }
                request.net = known.iter().find_map(net);
            }
            Ok(wish::director(&request, &host::interfaces()))
        },
    )
}

fn with(
    name: &str,
    request: Result<Request, UsageError>,
    wishes: impl FnOnce(Request, &[Done]) -> Result<Vec<Wish>, String>,
) -> i32 {
    let request = match request {
        Ok(request) => request,
        Err(error) => {
            complain(&format!("holdfast {name}: {error}\nTry 'holdfast --help'."));
            return exit::FATAL;
        }
    };
    let file = request.run_dir.join(name);
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let known = record::read(&known);
    let outcome = match request.verb {
        Verb::Status => match wishes(request, &known) {
            Ok(wishes) => return status(name, &wishes),
            Err(error) => Err(error),
        },
        Verb::Start => wishes(request, &[]).and_then(|wishes| start(&file, known, &wishes)),
        Verb::Stop => stop(&file, known, &request.vips),
    };
    match outcome {
        Ok(()) => exit::OK,
        Err(error) => {
            complain(&format!("holdfast {name}: {error}"));
            NOT_READY
        }
    }
}

/// A line for each thing that must hold; without one nothing was asked and nothing was started.
fn status(name: &str, wishes: &[Wish]) -> i32 {
    if wishes.is_empty() {
        print(&format!("{name}: not started here\n"));
        return NOT_READY;
    }
    let mut all = true;
    for wish in wishes {
        let holds = host::holds(wish);
        all &= holds;
        let word = if holds { "ok     " } else { "MISSING" };
        print(&format!("{word} {wish}\n"));
    }
    if all { exit::OK } else { NOT_READY }
}

/// Changes what does not hold yet, each change written down before it is made.
fn start(file: &Path, mut known: Vec<Done>, wishes: &[Wish]) -> Result<(), String> {
    for wish in wishes {
        if host::holds(wish) {
            continue;
        }
        host::provide(wish)?;
        let Some(done) = host::change(wish)? else {
            continue;
        };
        if !known.iter().any(|other| same_thing(other, &done)) {
            known.push(done.clone());
            keep(file, &known)?;
        }
        host::make(wish)?;
        print(&format!("{wish}\n"));
    }
    Ok(())
}

/// Two changes of one thing: what it was before the first is what counts.
fn same_thing(one: &Done, other: &Done) -> bool {
    match (one, other) {
        (Done::Setting { path: one, .. }, Done::Setting { path: other, .. }) => one == other,
        _ => one == other,
    }
}

/// Takes back what was changed, last first; what somebody else has changed since stays.
fn stop(file: &Path, known: Vec<Done>, vips: &[std::net::IpAddr]) -> Result<(), String> {
    let (back, mut stays) = divide(known, vips);
    let mut failed = Vec::new();
    for done in back {
        match host::undo(&done) {
            Ok(()) => {
                print(&format!("taken back: {done}\n"));
            }
            Err(error) => {
                failed.push(error);
                stays.insert(0, done);
            }
        }
    }
    keep(file, &stays)?;
    if failed.is_empty() {
        Ok(())
    } else {
        Err(failed.join("; "))
    }
}

/// The file as a whole, or none when there is nothing to remember.
fn keep(file: &Path, all: &[Done]) -> Result<(), String> {
    let failed = |error| format!("cannot write {}: {error}", file.display());
    if all.is_empty() {
        return match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _gone => Ok(()),
        };
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let new: PathBuf = file.with_extension("new");
    std::fs::write(&new, record::write(all)).map_err(failed)?;
    std::fs::rename(&new, file).map_err(failed)
}
