//! `vrrp_startup_delay` and `vrrp_delay_after_boot`, through the program, beside keepalived 2.2.7
//! where it is installed.
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::{Duration, Instant};
use support::Daemon;

const HELD: &str = "Delaying startup for 3 seconds";
const MASTER: &str = "(V1) Entering MASTER STATE";

fn text(global: &str) -> String {
    format!(
        "global_defs {{\n{global}\n}}\nvrrp_instance V1 {{\ninterface e0\nvirtual_router_id 7\n\
         priority 255\nstate MASTER\nadvert_int 1\nvirtual_ipaddress {{\n10.9.0.9/24\n}}\n}}\n"
    )
}

/// An owner needs no election: what it waits for is the delay.
fn waits(daemon: &Daemon, who: &str) {
    daemon.wait("log", HELD);
    let begin = Instant::now();
    daemon.wait("log", MASTER);
    let took = begin.elapsed();
    assert!(took > Duration::from_millis(2700), "{who}: {took:?}");
    assert!(took < Duration::from_secs(10), "{who}: {took:?}");
}

#[test]
fn nobody_speaks_before_the_delay_is_over() {
    let global = "vrrp_startup_delay 3\nvrrp_delay_after_boot 1";
    let directory = tempfile::tempdir().expect("directory");
    let Some(daemon) = Daemon::holdfast(directory.path(), &text(global)) else {
        eprintln!("skipped: no right to make a network namespace");
        return;
    };
    waits(&daemon, "holdfast");
    let log = daemon.read("log");
    let (held, backup) = (log.find(HELD), log.find("(V1) Entering BACKUP STATE"));
    assert!(backup.is_none_or(|backup| Some(backup) > held), "{log}");
    let directory = tempfile::tempdir().expect("directory");
    if let Some(daemon) = Daemon::keepalived(directory.path(), &text(global)) {
        waits(&daemon, "keepalived");
    }
}

#[test]
fn a_host_that_is_up_for_long_is_not_waited_for() {
    let directory = tempfile::tempdir().expect("directory");
    let global = "vrrp_delay_after_boot 1";
    if let Some(daemon) = Daemon::holdfast(directory.path(), &text(global)) {
        daemon.wait("log", MASTER);
        assert!(!daemon.read("log").contains("Delaying"), "held");
    }
}
