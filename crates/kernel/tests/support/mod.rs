//! Two ends of a cable in a namespace of the test's own thread.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

use holdfast_model::IfName;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use std::process::Command;

pub fn ip(line: &str) {
    said(line);
}

/// What `ip` says.
pub fn said(line: &str) -> String {
    let output = Command::new("ip")
        .args(line.split_whitespace())
        .output()
        .expect("ip");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "ip {line}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs `test` in a namespace of its own with `a0` and `b0`, the ends of one cable.
pub fn in_namespace(test: impl FnOnce() + Send + 'static) {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIP: needs root for network namespaces");
        return;
    }
    let thread = std::thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET).expect("unshare");
        ip("link set lo up");
        ip("link add a0 type veth peer name b0");
        ip("link set a0 up");
        ip("link set b0 up");
        ip("addr add 10.9.0.1/24 dev a0");
        ip("addr add 10.9.0.2/24 dev b0");
        test();
    });
    thread.join().expect("the test's thread");
}

pub fn name(text: &str) -> IfName {
    IfName::new(text).expect("name")
}

pub fn index(text: &str) -> u32 {
    nix::net::if_::if_nametoindex(text).expect("index")
}

pub fn wait_for(fd: impl std::os::fd::AsFd) -> bool {
    comes_within(fd, 2000)
}

pub fn comes_within(fd: impl std::os::fd::AsFd, millis: u16) -> bool {
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::from(millis)).expect("poll") > 0
}
