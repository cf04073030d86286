//! `--record`: a pair elects, fails over, is reloaded, loses a worker and is stopped; both tapes are done again in the
//! simulator, and nothing differs.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads files, and fails by panicking"
)]

mod support;

use holdfast_sim::tape::{Report, replay};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use support::Daemon;

const MASTER: &str = "Entering MASTER STATE";
/// Of version 2, and of version 3: none of them may stand on a tape.
const SECRETS: [&str; 2] = ["pass1234", "00112233445566778899aabbccddeeff"];

fn text(priority: u8, vips: &str) -> String {
    let [password, key] = SECRETS;
    format!(
        "vrrp_instance V1 {{\nstate BACKUP\ninterface e0\nvirtual_router_id 7\npriority {priority}\nadvert_int 1\n\
         authentication {{\nauth_type PASS\nauth_pass {password}\n}}\nvirtual_ipaddress {{\n10.9.0.9/24\n{vips}\n}}\n}}\n\
         vrrp_instance V2 {{\nversion 3\nstate BACKUP\ninterface e0\nvirtual_router_id 8\npriority {priority}\n\
         advert_int 0.5\nauth_hmac {{\nkey 1 {key}\nmode enforce\n}}\nvirtual_ipaddress {{\n10.9.0.8/24\n}}\n}}\n"
    )
}

fn command(directory: &Path, tape: &str) -> String {
    let (program, here) = (env!("CARGO_BIN_EXE_holdfast"), directory.display());
    format!("{program} -n -l -D -P --no-syslog --run-dir {here}/run --record {here}/{tape}")
}

fn pid(directory: &Path, name: &str) -> i32 {
    let text = fs::read_to_string(directory.join("run").join(name)).expect("pid file");
    text.trim().parse().expect("pid")
}

fn again(directory: &Path) -> (Report, String) {
    let tape = fs::read(directory.join("tape")).expect("tape");
    let report = replay(&tape);
    let fault = report.fault.as_ref().map(ToString::to_string);
    assert_eq!(fault, None, "{}", directory.display());
    assert_eq!(report.lost, 0);
    let notes = report.notes.iter().map(ToString::to_string);
    let notes = notes.collect::<Vec<_>>().join("\n");
    let tape = String::from_utf8(tape).expect("JSON is text");
    for secret in SECRETS {
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let list = format!("{:?}", secret.as_bytes()).replace(' ', "");
        let list = list.trim_matches(['[', ']']);
        for form in [secret, &hex, list] {
            assert!(!tape.contains(form), "{form} is on the tape");
        }
    }
    (report, notes)
}

#[test]
fn what_a_pair_went_through_is_done_again() {
    let (first, second) = (
        tempfile::tempdir().expect("directory"),
        tempfile::tempdir().expect("directory"),
    );
    let (first, second) = (first.path(), second.path());
    // the other end of the pair goes into the namespace of the second; the first one's outlives its daemon, or
    // both ends would go with it
    let ready = format!(
        "sleep 60 & echo $$ > {}/shell; until ip link show e0 | grep -q 'state UP'; do sleep 0.02; done;",
        first.display()
    );
    let Some(mut one) = Daemon::run(first, &command(first, "tape"), &ready, &text(150, "")) else {
        eprintln!("skipped: no right to make a network namespace");
        return;
    };
    let shell = one.wait("shell", "\n");
    let ready = format!(
        "ip link del e0; nsenter -n -t {} ip link set e1 netns $$; ip link set e1 name e0; \
         ip addr add 10.9.0.2/24 dev e0; ip link set e0 up; \
         until ip link show e0 | grep -q 'state UP'; do sleep 0.02; done;",
        shell.trim()
    );
    let mut two =
        Daemon::run(second, &command(second, "tape"), &ready, &text(100, "")).expect("root");
    one.wait_times("log", MASTER, 2);
    two.wait_times("log", "Entering BACKUP STATE", 2);
    // a worker dies, some time after it wrote down how things stand, and its successor goes on
    one.wait_times("log", "gratuitous ARP on e0 for 10.9.0.9", 10);
    let worker = pid(first, "vrrp.pid");
    kill(Pid::from_raw(worker), Signal::SIGKILL).expect("kill");
    one.wait("log", "Resumed: 2 instance(s) go on as MASTER");
    fs::write(first.join("conf"), text(150, "10.9.0.10/24")).expect("written");
    one.signal(Signal::SIGHUP);
    one.wait("log", "Reload complete");
    one.stop();
    two.wait_times("log", MASTER, 2);
    two.stop();
    let (report, notes) = again(first);
    assert!(report.turns > 20, "{}", report.turns);
    for part in [
        "begins",
        "(V1) BACKUP -> MASTER",
        "(V2) BACKUP -> MASTER",
        "goes on where another process ended",
        "(V1) MASTER -> INIT",
    ] {
        assert!(notes.contains(part), "{part} in {notes}");
    }
    let (_, notes) = again(second);
    assert!(notes.contains("(V2) BACKUP -> MASTER"), "{notes}");
    tampered(first);
}

/// Somebody made the last resignation an advert of priority 1.
fn tampered(directory: &Path) {
    let tape = fs::read_to_string(directory.join("tape")).expect("tape");
    let mut lines: Vec<String> = tape.lines().map(str::to_owned).collect();
    let stop = lines.iter().position(|line| line.contains("{\"stop\""));
    let stop = stop.expect("it was stopped");
    // version, VRID, priority
    lines[stop] = lines[stop].replacen("210700", "210701", 1);
    let fault = replay(lines.join("\n").as_bytes())
        .fault
        .expect("a difference");
    assert_eq!(fault.line, stop + 1);
    assert!(fault.what.contains("does something else"), "{fault}");
}

#[test]
fn a_full_disk_ends_the_recording_and_nothing_else() {
    let directory = tempfile::tempdir().expect("directory");
    let directory = directory.path();
    let small = directory.join("small");
    fs::create_dir(&small).expect("directory");
    let limit = format!(
        "exec unshare -m sh -c 'mount -t tmpfs -o size=16k none {}; exec {} -f {}/conf'",
        small.display(),
        command(directory, "small/tape"),
        directory.display()
    );
    let ready = format!("{} {limit};", support::UP);
    let text = text(150, "").replace("advert_int 0.5", "advert_int 0.01");
    let Some(mut daemon) = Daemon::run(directory, "false", &ready, &text) else {
        return;
    };
    let log = daemon.wait("log", "nothing more is recorded");
    assert!(log.contains("No space left on device"), "{log}");
    daemon.wait_times("log", MASTER, 2);
    daemon.stop();
    let log = daemon.read("log");
    assert_eq!(log.matches("recorded").count(), 1, "{log}");
    assert!(
        log.contains("Stopped Holdfast") && !log.contains("died"),
        "{log}"
    );
}
