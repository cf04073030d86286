//! Holdfast beside keepalived, in one run on one machine: only ratios mean something.

mod change;
mod config_test;
mod floor;
mod idle;
mod paced;
mod table;
mod usage;
mod vrrp;
mod window;

use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::guest::{Boot, Kernel, kernel_has_ipvs};
use crate::scenario::Tools;
use std::path::Path;
use std::time::Duration;
use window::Meter;

/// Runs the benches named (`test`, `start`, `stop`, `reload`, `flip`, `idle`, `checks`, `large`, `vrrp` or a row of it; all,
/// if none is named);
/// false if one misses its limit. Rows that wait for something rare take `minutes` for each program.
///
/// # Errors
/// If the lab cannot work.
pub fn run(tools: &Tools, names: &[&str], minutes: u32) -> Result<bool> {
    if !tools.holdfast.exists() {
        return Err(Error::Failed(format!(
            "{} is missing",
            tools.holdfast.display()
        )));
    }
    let names = if names.is_empty() {
        &[
            "test", "start", "stop", "reload", "flip", "idle", "checks", "large", "vrrp",
        ]
    } else {
        names
    };
    let mut all = true;
    for name in names {
        all &= match *name {
            "test" => config_test::run(tools)?,
            "start" | "stop" | "reload" | "flip" | "idle" if kernel_has_ipvs() => {
                here(tools, &[name])?
            }
            "start" | "stop" | "reload" | "flip" | "idle" => guest(tools, name)?,
            "checks" | "large" => guest(tools, name)?,
            row if row.starts_with("vrrp") => vrrp::run(tools, row, minutes)?,
            other => {
                let known = "test, start, stop, reload, flip, idle, checks, large or vrrp";
                return Err(Error::Failed(format!("{other}: {known}")));
            }
        };
    }
    Ok(all)
}

/// Runs a bench that needs IPVS on this kernel.
///
/// # Errors
/// If the lab cannot work.
pub fn here(tools: &Tools, names: &[&str]) -> Result<bool> {
    nix::sys::prctl::set_child_subreaper(true).doing("become a subreaper")?;
    match names {
        ["start"] => table::start(tools),
        ["stop"] => table::stop(tools),
        ["reload"] => change::reload(tools),
        ["flip"] => change::flip(tools),
        ["idle"] => idle::idle(tools),
        ["checks", directory] => paced::checks(tools, Path::new(directory)),
        ["large", directory] => paced::large(tools, Path::new(directory)),
        _ => Err(Error::Failed(
            "bench-inside start|stop|reload|flip|idle, or checks|large DIRECTORY".into(),
        )),
    }
}

fn guest(tools: &Tools, name: &str) -> Result<bool> {
    let program = std::env::current_exe().doing("find this program")?;
    let path = |path: &Path| path.display().to_string();
    let boot = Boot {
        kernel: Kernel::Uml,
        directory: tools
            .keep
            .join(format!("bench-{name}-{}", std::process::id())),
        memory: 2048,
        limit: Duration::from_secs(900),
        echo: true,
        processor: 0,
    };
    let mut command = vec![path(&program), "bench-inside".into(), name.into()];
    let measured = matches!(name, "checks" | "large");
    command.extend(measured.then(|| path(&boot.directory)));
    command.extend(["--holdfast".into(), path(&tools.holdfast)]);
    let meter = measured.then(|| Meter::start(&boot.directory));
    let good = boot.run(&command)? == 0;
    match (name, meter) {
        ("checks", Some(meter)) => Ok(paced::judge_checks(&meter)? && good),
        ("large", Some(meter)) => Ok(paced::judge_large(&meter)? && good),
        _other => Ok(good),
    }
}

/// Prints a comparison; true if ours is at most `limit` times theirs.
fn compare(what: &str, ours: f64, theirs: f64, unit: &str, limit: f64) -> bool {
    let ratio = ours / theirs.max(f64::MIN_POSITIVE);
    let good = ratio <= limit;
    let verdict = verdict(good);
    println!(
        "  {what:28} holdfast {ours:8.3} {unit}   keepalived {theirs:8.3} {unit}   \
         ratio {ratio:.3} (at most {limit:.3}) {verdict}"
    );
    good
}

/// Prints what has no limit.
fn tell(what: &str, [ours, theirs]: [f64; 2], unit: &str) {
    println!("  {what:28} holdfast {ours:8.3} {unit}   keepalived {theirs:8.3} {unit}");
}

/// Was a limit kept?
const fn verdict(good: bool) -> &'static str {
    if good { "ok" } else { "MISSED" }
}

/// Prints a limit of our own; true if it is kept.
fn limit(what: &str, ours: f64, unit: &str, most: f64) -> bool {
    let good = ours <= most;
    let verdict = verdict(good);
    println!("  {what:28} holdfast {ours:8.3} {unit}   (at most {most:.3} {unit}) {verdict}");
    good
}

fn ours(tools: &Tools) -> Program {
    Program::Holdfast(tools.holdfast.clone())
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// `services` virtual servers with `servers` real servers each; `check` is put into every one.
fn config(services: u32, servers: u32, check: &str) -> String {
    let mut text = String::new();
    for service in 0..services {
        let (high, low) = (service / 250, service % 250 + 1);
        text.push_str(&format!(
            "virtual_server 10.{high}.0.{low} 80 {{\n    delay_loop 600\n    lb_algo wlc\n    \
             lb_kind NAT\n    protocol TCP\n"
        ));
        for server in 0..servers {
            let (high, low) = (server / 250, server % 250 + 1);
            let third = service % 250;
            text.push_str(&format!(
                "    real_server 192.{}.{third}.{low} {} {{\n        weight 1\n{check}    }}\n",
                service / 250,
                80 + high
            ));
        }
        text.push_str("}\n");
    }
    text
}
