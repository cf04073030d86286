//! Scripts through the program itself: `holdfast exec-as` under the daemon's spawner.
#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

use holdfast_daemon::script::{Ended, Outcome, Spawner};
use holdfast_kernel::time::now;
use holdfast_model::{Name, RunAs, Script};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::Duration;

fn spawner(most: usize) -> Spawner<u32> {
    Spawner::with_program(env!("CARGO_BIN_EXE_holdfast").into(), most).expect("spawner")
}

fn script(words: &[&str], run_as: RunAs) -> Script {
    Script {
        words: words.iter().map(|word| Name::from(*word)).collect(),
        run_as,
    }
}

fn shell(text: &str) -> Script {
    script(&["/bin/sh", "-c", text], RunAs::default())
}

/// Waits for `count` ends, each through the descriptor or the deadline.
fn ends(spawner: &mut Spawner<u32>, count: usize) -> Vec<Ended<u32>> {
    let mut all = Vec::new();
    while all.len() < count {
        let wait = spawner
            .deadline()
            .map_or(Duration::from_secs(30), |d| d.since(now()));
        let millis = u16::try_from(wait.as_millis() + 1).unwrap_or(u16::MAX);
        let mut fds = [PollFd::new(spawner.as_fd(), PollFlags::POLLIN)];
        let woken = poll(&mut fds, PollTimeout::from(millis)).expect("poll");
        assert!(woken > 0 || spawner.deadline().is_some(), "no end in 30 s");
        all.extend(spawner.collect(now()));
    }
    all
}

fn run(script: &Script, arguments: &[&str]) -> Outcome {
    let mut spawner = spawner(1);
    let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
    spawner.start(1, script, &arguments, None).expect("start");
    let ended = ends(&mut spawner, 1);
    ended.first().expect("one").outcome
}

fn output(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("out")).expect("output")
}

#[test]
fn words_go_through_as_they_are() {
    let directory = tempfile::tempdir().expect("directory");
    let out = directory.path().join("out");
    let text = "for w in \"$@\"; do printf '[%s]' \"$w\"; done > \"$0\"";
    let path = out.to_str().expect("utf-8");
    let words = ["/bin/sh", "-c", text, path, "a b", "$HOME", "*;", ""];
    let script = script(&words, RunAs::default());
    assert_eq!(run(&script, &["INSTANCE", "V 1"]), Outcome::Exited(0));
    assert_eq!(
        output(directory.path()),
        "[a b][$HOME][*;][][INSTANCE][V 1]"
    );
}

#[test]
fn a_script_starts_clean() {
    let directory = tempfile::tempdir().expect("directory");
    let out = directory.path().join("out");
    let open = std::fs::File::open("/etc/passwd").expect("open");
    nix::fcntl::fcntl(
        &open,
        nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty()),
    )
    .expect("inheritable");
    let number = std::os::fd::AsRawFd::as_raw_fd(&open);
    // as in a worker, which reads its signals from a descriptor
    let mut blocked = nix::sys::signal::SigSet::empty();
    blocked.add(nix::sys::signal::Signal::SIGTERM);
    blocked.add(nix::sys::signal::Signal::SIGCHLD);
    blocked.thread_block().expect("mask");
    // 32 and 33 are the C library's own and cannot be set
    let text = format!(
        "exec > {}; test -e /proc/$$/fd/{number} && echo open; \
         while read -r k v; do case $k in SigBlk:|SigIgn:) echo \"$k $((0x$v & 0x7fffffff))\"; esac; \
         done < /proc/$$/status; test \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$ && echo own group",
        out.display()
    );
    assert_eq!(run(&shell(&text), &[]), Outcome::Exited(0));
    assert_eq!(
        output(directory.path()),
        "SigBlk: 0\nSigIgn: 0\nown group\n"
    );
}

#[test]
fn rights_are_given_up() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let directory = tempfile::tempdir().expect("directory");
    let out = directory.path().join("out");
    std::fs::write(&out, "").expect("made");
    let everybody = std::os::unix::fs::PermissionsExt::from_mode;
    std::fs::set_permissions(directory.path(), everybody(0o755)).expect("mode");
    std::fs::set_permissions(&out, everybody(0o666)).expect("mode");
    let run_as = RunAs {
        uid: 65_534,
        gid: 12_345,
        groups: vec![12_346, 12_347],
    };
    let text = format!(
        "{{ id -u; id -g; id -G; grep CapEff /proc/$$/status; }} > {}",
        out.display()
    );
    let script = script(&["/bin/sh", "-c", &text], run_as);
    assert_eq!(run(&script, &[]), Outcome::Exited(0));
    let wanted = "65534\n12345\n12345 12346 12347\nCapEff:\t0000000000000000\n";
    assert_eq!(output(directory.path()), wanted);
}

#[test]
fn what_cannot_run_is_an_exit_status() {
    let missing = script(&["/nonexistent/x"], RunAs::default());
    assert_eq!(run(&missing, &[]), Outcome::Exited(127));
    let plain = script(&["/etc/passwd"], RunAs::default());
    assert_eq!(run(&plain, &[]), Outcome::Exited(126));
    assert_eq!(run(&shell("exit 7"), &[]), Outcome::Exited(7));
    assert_eq!(run(&shell("kill -9 $$"), &[]), Outcome::Killed(9));
}

#[test]
fn a_limit_ends_the_whole_group() {
    let directory = tempfile::tempdir().expect("directory");
    let out = directory.path().join("out");
    // deaf to SIGTERM, and with a child that must go too
    let text = format!(
        "trap '' TERM; sleep 300 & echo $! > {}; wait; wait",
        out.display()
    );
    let mut spawner = spawner(1);
    let begin = now();
    let limit = begin + Duration::from_millis(300);
    spawner
        .start(1, &shell(&text), &[], Some(limit))
        .expect("start");
    let ended = ends(&mut spawner, 1);
    assert_eq!(ended.first().expect("one").outcome, Outcome::TimedOut);
    let took = now().since(begin);
    assert!(took >= Duration::from_millis(2300), "{took:?}");
    assert!(took < Duration::from_secs(8), "{took:?}");
    let pid: i32 = output(directory.path()).trim().parse().expect("pid");
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let gone = |state: &str| state.is_empty() || state.contains(") Z");
    // killed with the group, perhaps a moment after its leader
    while !gone(&state()) && now().since(begin) < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(gone(&state()), "{}", state());
}

#[test]
fn children_are_bounded() {
    let mut spawner = spawner(2);
    let none: [String; 0] = [];
    for key in 0..2 {
        spawner
            .start(key, &shell("exit 0"), &none, None)
            .expect("start");
    }
    let third = spawner.start(2, &shell("exit 0"), &none, None);
    let kind = third.expect_err("full").kind();
    assert_eq!(kind, std::io::ErrorKind::WouldBlock);
    assert_eq!(ends(&mut spawner, 2).len(), 2);
    assert!(spawner.is_idle() && !spawner.is_full());
}

#[test]
fn who_outlives_the_leader_of_his_group_is_ended_too() {
    let directory = tempfile::tempdir().expect("directory");
    let pid = directory.path().join("pid");
    let text = format!(
        "(trap '' TERM; exec sleep 100) & echo $! > {}; exec sleep 100",
        pid.display()
    );
    let mut spawner = spawner(1);
    let limit = now() + Duration::from_millis(300);
    spawner
        .start(1, &shell(&text), &[], Some(limit))
        .expect("start");
    let ended = ends(&mut spawner, 1);
    assert_eq!(
        ended.first().map(|ended| ended.outcome),
        Some(Outcome::TimedOut)
    );
    let child = std::fs::read_to_string(&pid).expect("pid");
    let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).ok();
    let lives = || state().is_some_and(|stat| !stat.contains(") Z"));
    assert!(lives(), "it was told to end, and does not");
    assert!(spawner.is_full());
    let due = spawner.deadline().expect("its group has a limit");
    assert!(spawner.collect(due).is_empty());
    let patience = std::time::Instant::now() + Duration::from_secs(5);
    while lives() && std::time::Instant::now() < patience {
        std::thread::yield_now();
    }
    assert!(!lives());
    assert!(!spawner.is_full());
}
