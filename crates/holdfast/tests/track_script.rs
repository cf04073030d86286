//! `vrrp_script` of a running daemon, in a network namespace of its own; the same beside
//! keepalived 2.2.7 where that is installed.

#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

mod support;

use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use support::{Daemon, script};

/// One script with a weight and one without; each ends as a file beside it says.
fn configuration(directory: &Path, more: &str) -> String {
    let here = directory.display();
    for name in ["heavy", "hard"] {
        set(directory, name, 0);
        script(
            directory,
            name,
            &format!("exit $(cat {here}/{name}.status)"),
        );
    }
    format!(
        "global_defs {{\nscript_user root\n}}\n\
         vrrp_script heavy {{\nscript \"{here}/heavy 'of two'\"\ninterval 1\nweight 20\nfall 2\n}}\n\
         vrrp_script hard {{\nscript {here}/hard\ninterval 1\n}}\n\
         vrrp_instance V1 {{\ninterface e0\nvirtual_router_id 7\npriority 100\nadvert_int 1\n\
         virtual_ipaddress {{\n10.9.0.9/24\n}}\ntrack_script {{\nheavy\nhard\n{more}}}\n}}\n"
    )
}

fn set(directory: &Path, name: &str, status: i32) {
    let file = directory.join(format!("{name}.status"));
    fs::write(file, status.to_string()).expect("written");
}

/// What the log says of scripts, priorities and states, without the time.
fn words(log: &str) -> Vec<String> {
    let text = |line: &str| {
        Some(
            line.split_once("2026: ")
                .map_or(line, |(_, text)| text)
                .to_owned(),
        )
    };
    let meant = |line: &String| {
        ["VRRP_Script(", "Script `", "(V1) Changing", "(V1) Entering"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    log.lines().filter_map(text).filter(meant).collect()
}

/// Priority and fault follow the scripts; what the log says, the start (sorted) and the rest.
fn play(daemon: &mut Daemon, directory: &Path) -> (Vec<String>, Vec<String>) {
    daemon.wait("log", "Entering MASTER STATE");
    set(directory, "heavy", 1);
    daemon.wait("log", "Changing effective priority from 120 to 100");
    set(directory, "hard", 4);
    daemon.wait("log", "(V1) Entering FAULT STATE");
    set(directory, "hard", 0);
    daemon.wait("log", "now returning 0");
    daemon.wait_times("log", "(V1) Entering BACKUP STATE", 2);
    daemon.stop();
    let mut start = words(&daemon.read("log"));
    let master = start.iter().position(|line| line.ends_with("MASTER STATE"));
    let rest = start.split_off(master.expect("it was master"));
    // before it starts there is no priority yet that could change: `rest` knows what it was
    start.retain(|line| !line.starts_with("(V1) Changing effective priority"));
    start.sort();
    (start, rest)
}

#[test]
fn weights_and_faults_as_keepalived_has_them() {
    let (ours, theirs) = (tempfile::tempdir(), tempfile::tempdir());
    let (ours, theirs) = (ours.expect("directory"), theirs.expect("directory"));
    let text = configuration(ours.path(), "");
    let Some(mut daemon) = Daemon::holdfast(ours.path(), &text) else {
        return;
    };
    let text = configuration(theirs.path(), "");
    let keepalived = Daemon::keepalived(theirs.path(), &text);
    let (start, rest) = play(&mut daemon, ours.path());
    let wanted = [
        "(V1) Entering BACKUP STATE",
        "VRRP_Script(hard) succeeded",
        "VRRP_Script(heavy) succeeded",
    ];
    assert_eq!(start, wanted);
    let wanted = [
        "(V1) Entering MASTER STATE",
        "Script `heavy` now returning 1",
        "VRRP_Script(heavy) failed (exited with status 1)",
        "(V1) Changing effective priority from 120 to 100",
        "Script `hard` now returning 4",
        "VRRP_Script(hard) failed (exited with status 4)",
        "(V1) Entering FAULT STATE",
        "Script `hard` now returning 0",
        "VRRP_Script(hard) succeeded",
        "(V1) Entering BACKUP STATE",
    ];
    assert_eq!(rest, wanted);
    assert!(daemon.read("out").starts_with("h"), "the scripts ran");
    assert!(daemon.read("out").contains("heavy: of two\n"));
    if let Some(mut keepalived) = keepalived {
        assert_eq!(play(&mut keepalived, theirs.path()), (start, rest));
    }
}

#[test]
fn a_reload_keeps_what_is_known_and_a_script_that_may_not_run_has_failed() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let text = configuration(base, "");
    let Some(mut daemon) = Daemon::holdfast(base, &text) else {
        return;
    };
    daemon.wait("log", "Entering MASTER STATE");
    set(base, "hard", 1);
    daemon.wait("log", "(V1) Entering FAULT STATE");
    // a failure without a change is no news
    fs::write(base.join("conf"), text.replace("weight 20", "weight 30")).expect("written");
    daemon.signal(Signal::SIGHUP);
    daemon.wait("log", "Changing effective priority from 120 to 130");
    set(base, "hard", 0);
    daemon.wait_times("log", "(V1) Entering MASTER STATE", 2);
    let entered = |line: &String| line.contains("Entering");
    let states: Vec<String> = words(&daemon.read("log"))
        .into_iter()
        .filter(entered)
        .collect();
    let states: String = states
        .iter()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    assert_eq!(states, "BACKUPMASTERFAULTBACKUPMASTER");
    let unusable = fs::Permissions::from_mode(0o644);
    fs::set_permissions(base.join("hard"), unusable).expect("mode");
    daemon.signal(Signal::SIGHUP);
    daemon.wait("log", "VRRP_Script(hard) failed (could not be run");
    daemon.wait_times("log", "(V1) Entering FAULT STATE", 2);
    daemon.stop();
}
