//! What runs before and after the workers, and what is told of servers; in a network namespace of its own.

#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

mod support;

use std::fs;
use std::time::Duration;
use support::{Daemon, UP, script};

/// Both workers; this kernel need not have IPVS.
fn both(directory: &std::path::Path, text: &str) -> Option<Daemon> {
    let (program, here) = (env!("CARGO_BIN_EXE_holdfast"), directory.display());
    let command = format!("{program} -n -l -D --without-ipvs --no-syslog --run-dir {here}/run");
    Daemon::run(directory, &command, UP, text)
}

#[test]
fn a_script_runs_before_the_workers_and_one_after_them() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let say = script(base, "say", "exit 3");
    // its child is in its process group, and ends with it
    let hang = script(base, "hang", "sleep 1000 & wait; echo late >> out");
    let global = format!(
        "startup_script \"{say} one 'two three'\"\nshutdown_script {hang}\nshutdown_script_timeout 1"
    );
    let instance = format!("notify {say}");
    let Some(mut daemon) = Daemon::start(base, &global, "", &instance) else {
        return;
    };
    daemon.wait("out", "INSTANCE V1 MASTER");
    let took = daemon.stop();
    assert!(took >= Duration::from_secs(1), "{took:?}");
    let wanted = "say: one two three\nsay: INSTANCE V1 BACKUP 200\nsay: INSTANCE V1 MASTER 200\n\
                  say: INSTANCE V1 STOP 200\nhang: \n";
    assert_eq!(daemon.read("out"), wanted);
    let log = daemon.read("log");
    // the words of 2.2.7
    for line in [
        "startup script script failed, status 3",
        "Running shutdown script ",
        "shutdown script timed out",
    ] {
        assert!(log.contains(line), "no {line}: {log}");
    }
    let ended = log.find("Running startup script ").expect("said");
    assert!(ended < log.find("Starting VRRP child process").expect("said"));
    assert!(!base.join("run/holdfast.pid").exists());
}

#[test]
fn a_stop_does_not_wait_for_the_script_before_the_workers() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let hang = script(base, "hang", "sleep 1000");
    let say = script(base, "say", "");
    let global = format!(
        "startup_script {hang}\nstartup_script_timeout 1000\nshutdown_script \"{say} end\""
    );
    let Some(mut daemon) = Daemon::start(base, &global, "", "") else {
        return;
    };
    daemon.wait("out", "hang: ");
    assert!(daemon.stop() < Duration::from_secs(10));
    assert_eq!(daemon.read("out"), "hang: \nsay: end\n");
    assert!(!daemon.read("log").contains("child process"));
}

/// One address with one server behind it, which nobody runs until the test does.
fn balanced(more: &str, scripts: &str) -> String {
    format!(
        "global_defs {{\nscript_user root\n{more}\n}}\n\
         vrrp_instance V1 {{\nstate MASTER\ninterface e0\nvirtual_router_id 7\npriority 200\n\
         virtual_ipaddress {{\n10.9.0.9/24\n}}\n}}\n\
         virtual_server 10.9.0.9 80 {{\nprotocol TCP\nlb_algo rr\nlb_kind DR\ndelay_loop 1\nwarmup 0.1\n\
         omega\n{scripts}\nreal_server 10.9.0.1 80 {{\nTCP_CHECK {{\nretry 1\ndelay_before_retry 0.1\n}}\n}}\n}}\n"
    )
}

#[test]
fn servers_are_told_of_and_the_shared_fifo_ends_with_the_last_worker() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let here = base.display();
    let say = script(base, "say", "");
    let read = script(base, "read", &format!("cat \"$2\" > {here}/$1"));
    let global = format!(
        "notify_fifo {here}/fifo\nnotify_fifo_script \"{read} all\"\n\
         lvs_notify_fifo {here}/fifo.lvs\nlvs_notify_fifo_script \"{read} lvs\""
    );
    let scripts = format!("quorum_up \"{say} up\"\nquorum_down \"{say} down\"");
    let Some(mut daemon) = both(base, &balanced(&global, &scripts)) else {
        return;
    };
    daemon.wait("out", "say: down");
    daemon.wait("all", "\"V1\" MASTER");
    daemon.stop();
    let (server, service) = (
        "RS [10.9.0.1]:tcp:80 [10.9.0.9]:tcp:80",
        "VS [10.9.0.9]:tcp:80",
    );
    let down = format!("{server} DOWN\n{service} DOWN\n");
    // the server is down already at the stop
    let last = format!("{service} DOWN\n");
    assert_eq!(daemon.read("lvs"), format!("{down}{last}"));
    let all = daemon.read("all");
    assert!(all.contains(&down), "{all}");
    assert!(all.ends_with(&format!("INSTANCE \"V1\" STOP 200\n{last}")));
    for name in ["fifo", "fifo.lvs"] {
        assert!(!fs::exists(base.join(name)).expect("looked"), "{name}");
    }
}
