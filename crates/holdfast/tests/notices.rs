//! Notify scripts and FIFO of a running daemon, in a network namespace of its own.

#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

mod support;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::time::Duration;
use support::{Daemon, script};

#[test]
fn scripts_and_lines_come_in_order() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let say = script(base, "say", "");
    let instance = format!(
        "notify_master \"{say} master 'of two'\"\nnotify_backup {say}\n\
         notify_stop \"{say} stop\"\nnotify \"{say} any\""
    );
    let fifo = base.join("fifo");
    let global = format!("vrrp_notify_fifo {}", fifo.display());
    let Some(mut daemon) = Daemon::start(base, &global, "", &instance) else {
        return;
    };
    daemon.wait("out", "INSTANCE V1 BACKUP");
    let mut lines = fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(&fifo)
        .expect("the FIFO");
    daemon.wait("out", "INSTANCE V1 MASTER");
    daemon.stop();
    let out = daemon.read("out");
    let wanted = "say: \nsay: any INSTANCE V1 BACKUP 200\nsay: master of two\n\
                  say: any INSTANCE V1 MASTER 200\nsay: stop\nsay: any INSTANCE V1 STOP 200\n";
    assert_eq!(out, wanted);
    let mut told = String::new();
    lines.read_to_string(&mut told).expect("lines");
    let all = "INSTANCE \"V1\" BACKUP 200\nINSTANCE \"V1\" MASTER 200\nINSTANCE \"V1\" STOP 200\n";
    assert_eq!(told, all);
    assert!(!fifo.exists(), "we made it, we remove it");
}

#[test]
fn a_group_is_told_after_its_members() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let (say, here) = (script(base, "say", ""), base.display());
    let instance = |number| {
        format!(
            "vrrp_instance V{number} {{\ninterface e0\nvirtual_router_id {number}\npriority 20{number}\n\
             virtual_ipaddress {{\n10.9.0.{number}1/24\n}}\n}}\n"
        )
    };
    let text = format!(
        "global_defs {{\nscript_user root\nvrrp_notify_fifo {here}/fifo\n}}\n\
         vrrp_sync_group G {{\ngroup {{\nV1\nV2\n}}\nnotify_master \"{say} master\"\nnotify {say}\n\
         notify_stop \"{say} stop\"\n}}\n{}{}",
        instance(1),
        instance(2)
    );
    let Some(mut daemon) = Daemon::holdfast(base, &text) else {
        return;
    };
    daemon.wait("out", "GROUP G BACKUP 0");
    let mut lines = fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(base.join("fifo"))
        .expect("the FIFO");
    daemon.wait("out", "GROUP G MASTER 0");
    daemon.stop();
    let wanted = "say: GROUP G BACKUP 0\nsay: master\nsay: GROUP G MASTER 0\nsay: stop\nsay: GROUP G STOP 0\n";
    assert_eq!(daemon.read("out"), wanted);
    let mut told = String::new();
    lines.read_to_string(&mut told).expect("lines");
    let state = |state| {
        format!("INSTANCE \"V1\" {state} 201\nINSTANCE \"V2\" {state} 202\nGROUP \"G\" {state} 0\n")
    };
    // as with 2.2.7, but for the first three lines: there the group comes first
    assert_eq!(told, ["BACKUP", "MASTER", "STOP"].map(state).concat());
}

#[test]
fn a_link_that_is_down_at_the_start_is_a_fault_until_it_is_up() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let say = script(base, "say", "");
    let here = base.display();
    // the other end comes up once the first script has run
    let ready = format!("(until [ -e {here}/out ]; do sleep 0.02; done; ip link set e1 up) &");
    let instance = format!("notify {say}\n");
    let Some(mut daemon) = Daemon::start_with(base, &ready, "", "", &instance) else {
        return;
    };
    daemon.wait("out", "INSTANCE V1 MASTER");
    daemon.stop();
    // the same lines as with keepalived 2.2.7
    let line = |state| format!("say: INSTANCE V1 {state} 200\n");
    let wanted = ["FAULT", "BACKUP", "MASTER", "STOP"].map(line).concat();
    assert_eq!(daemon.read("out"), wanted);
}

#[test]
fn a_script_that_hangs_holds_up_neither_election_nor_stop() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let hang = script(base, "hang", "trap '' TERM\nwhile :; do sleep 1; done");
    let say = script(base, "say", "");
    let instance = format!("notify_backup {hang}\nnotify_master {say}\n");
    let own = "notify_timeout 8";
    let Some(mut daemon) = Daemon::start(base, "", own, &instance) else {
        return;
    };
    daemon.wait("out", "hang: ");
    // elected while the script of the state before hangs; told once that is ended
    daemon.wait("log", "Entering MASTER STATE");
    assert!(!daemon.read("log").contains("took too long"));
    daemon.wait("log", "hang took too long: ended");
    daemon.wait("out", "say: ");
    assert!(daemon.stop() < Duration::from_secs(10));
}

#[test]
fn a_script_that_others_could_replace_does_not_run_as_root() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let say = script(base, "say", "");
    let open = script(base, "open", "");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o757)).expect("mode");
    let instance = format!("notify_backup {open}\nnotify {say}\n");
    let global = "enable_script_security";
    let Some(mut daemon) = Daemon::start(base, global, "", &instance) else {
        return;
    };
    daemon.wait("log", "open` does not run: everybody may write ");
    daemon.wait("out", "INSTANCE V1 BACKUP");
    daemon.stop();
    assert!(!daemon.read("out").contains("open"));
}
