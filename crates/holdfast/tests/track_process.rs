//! `vrrp_track_process` of a running daemon, in a network namespace of its own, where the kernel
//! tells nobody of processes.

#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use support::Daemon;

fn run(directory: &Path, seconds: &str) -> Child {
    let program = directory.join("hf-served");
    let child = Command::new(program).arg(seconds).spawn();
    child.expect("a copy of sleep")
}

fn end(mut child: Child) {
    child.kill().expect("kill");
    child.wait().expect("collected");
}

#[test]
fn priority_and_fault_follow_processes() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    fs::copy("/bin/sleep", base.join("hf-served")).expect("copy");
    let here = base.display();
    let text = format!(
        "vrrp_track_process two {{\nprocess {here}/hf-served\nparam_match partial\nquorum 2\nweight 10\n}}\n\
         vrrp_track_process one {{\nprocess {here}/hf-served 9\nparam_match initial\nweight 0\n}}\n\
         vrrp_instance V1 {{\ninterface e0\nvirtual_router_id 1\npriority 100\n\
         virtual_ipaddress {{\n10.9.0.9/24\n}}\ntrack_process {{\none\ntwo\n}}\n}}\n"
    );
    let Some(mut daemon) = Daemon::holdfast(base, &text) else {
        return;
    };
    daemon.wait("log", "tracked process one quorum not achieved");
    daemon.wait("log", "(V1) Entering FAULT STATE");
    let first = run(base, "999");
    daemon.wait("log", "(V1) tracked process one quorum achieved");
    daemon.wait("log", "(V1) Entering BACKUP STATE");
    let second = run(base, "80");
    daemon.wait("log", "Changing effective priority from 100 to 110");
    end(second);
    daemon.wait("log", "Changing effective priority from 110 to 100");
    end(first);
    daemon.wait_times("log", "(V1) Entering FAULT STATE", 2);
    daemon.stop();
}
