//! How urgent the processes are, what they are called and what they create; in a network namespace of its own.

#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

mod support;

use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use support::{Daemon, script};

/// Fields of the first thread: policy, real-time priority, nice value.
fn scheduling(pid: &str) -> [String; 3] {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("stat");
    let fields: Vec<&str> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    // proc(5) counts from 1, and the state is the third
    [41, 40, 19].map(|field: usize| fields.get(field - 3).unwrap_or(&"").to_string())
}

fn line(pid: &str, file: &str, key: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).expect("readable");
    let line = text.lines().find(|line| line.starts_with(key));
    let words = line.unwrap_or_default().trim_start_matches(key);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_worker_is_as_urgent_as_the_file_says_and_its_scripts_are_not() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let own = "echo \"$(cut -d' ' -f 40,41,19 /proc/self/stat)\" >> out";
    let say = script(base, "say", &format!("cd {}; {own}", base.display()));
    let global = format!(
        "vrrp_rt_priority 20\nvrrp_rlimit_rttime 700000\nvrrp_no_swap\nvrrp_cpu_affinity 0\n\
         vrrp_priority -5\nprocess_names\nprocess_name chief\numask 037\n\
         vrrp_notify_fifo {}/fifo",
        base.display()
    );
    let instance = format!("notify_backup {say}");
    let Some(mut daemon) = Daemon::start(base, &global, "", &instance) else {
        return;
    };
    daemon.wait_times("out", "\n", 2);
    let worker = daemon.read("run/vrrp.pid").trim().to_owned();
    let chief = daemon.read("run/holdfast.pid").trim().to_owned();
    // SCHED_RR and SCHED_RESET_ON_FORK
    let [policy, priority, inherited] = scheduling(&worker);
    assert_eq!([policy, priority], ["2", "20"]);
    assert_eq!(line(&worker, "status", "Cpus_allowed_list:"), "0");
    assert_ne!(line(&worker, "status", "VmLck:"), "0 kB");
    let limit = line(&worker, "limits", "Max realtime timeout");
    assert_eq!(limit, "350000 700000 us");
    let name = |pid: &str| fs::read_to_string(format!("/proc/{pid}/comm")).expect("name");
    assert_eq!(name(&worker), "keepalived_vrrp\n");
    assert_eq!(name(&chief), "chief\n");
    let fifo = fs::metadata(base.join("fifo")).expect("made");
    assert_eq!(fifo.mode() & 0o777, 0o640);
    let own = format!("say: \n{inherited} 0 0\n");
    assert_eq!(daemon.read("out"), own);

    // without all that but a nice value
    let text = daemon.read("conf");
    let urgent = ["vrrp_rt", "vrrp_rl", "vrrp_no_", "vrrp_cpu"];
    let ordinary = text
        .lines()
        .filter(|line| !urgent.iter().any(|start| line.starts_with(start)));
    let text: Vec<&str> = ordinary.collect();
    fs::write(base.join("conf"), text.join("\n") + "\n").expect("written");
    daemon.signal(Signal::SIGHUP);
    daemon.wait("log", "Reload complete");
    assert_eq!(scheduling(&worker), ["0", "0", "-5"]);
    assert_eq!(line(&worker, "status", "VmLck:"), "0 kB");
    daemon.stop();
}
