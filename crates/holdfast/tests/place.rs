//! Daemons that the file sends into a network namespace: each with a run directory of its own, and given back
//! from outside.

#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const VIP: &str = "10.9.0.9/24";

fn sh(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().expect("sh");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A namespace with one link, and a daemon that is to run in it.
struct Place {
    name: String,
    conf: PathBuf,
    daemon: Option<Child>,
}

impl Place {
    fn new(directory: &Path, number: u8, more: &str) -> Self {
        let name = format!("hf-place-{}-{number}", std::process::id());
        sh(&format!(
            "ip netns add {name}; ip -n {name} link add e0 type veth peer name e1; \
             ip -n {name} link set e0 up; ip -n {name} link set e1 up; \
             ip -n {name} addr add 10.9.0.1/24 dev e0"
        ));
        let conf = directory.join(format!("{number}.conf"));
        let text = format!(
            "net_namespace {name}\n{more}\nglobal_defs {{\nscript_user root\n}}\n\
             vrrp_instance V1 {{\ninterface e0\nvirtual_router_id 7\npriority 250\n\
             virtual_ipaddress {{\n{VIP}\n}}\n}}\n"
        );
        fs::write(&conf, text).expect("written");
        Self {
            name,
            conf,
            daemon: None,
        }
    }

    fn start(&mut self, run_dir: &Path) {
        let daemon = Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(["-n", "-P", "--no-syslog", "--run-dir"])
            .arg(run_dir)
            .arg("-f")
            .arg(&self.conf)
            .stderr(Stdio::null())
            .spawn();
        self.daemon = Some(daemon.expect("started"));
    }

    fn has_vip(&self) -> bool {
        sh(&format!("ip -n {} -br addr show dev e0", self.name)).contains(VIP)
    }

    fn wait_vip(&self) {
        let begin = Instant::now();
        while !self.has_vip() {
            let took = begin.elapsed();
            assert!(took < Duration::from_secs(40), "no VIP in {}", self.name);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// All processes at once, the parent first.
    fn kill(&mut self) {
        let Some(mut daemon) = self.daemon.take() else {
            return;
        };
        let pid = daemon.id();
        // at once: a worker that sees its supervisor die first takes the VIP off
        sh(&format!(
            "all=\"{pid} $(pgrep -P {pid})\"; kill -STOP $all; kill -9 $all"
        ));
        let _status = daemon.wait();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.kill();
        sh(&format!("ip netns del {}", self.name));
    }
}

#[test]
fn two_daemons_of_one_run_directory_in_two_namespaces() {
    let allowed = nix::unistd::geteuid().is_root();
    if !allowed || sh("ip netns add hf-try && ip netns del hf-try && echo yes") != "yes\n" {
        return;
    }
    let directory = tempfile::tempdir().expect("directory");
    let run_dir = directory.path().join("run");
    let mut one = Place::new(directory.path(), 1, "");
    let mut two = Place::new(directory.path(), 2, "instance other");
    one.start(&run_dir);
    two.start(&run_dir);
    one.wait_vip();
    two.wait_vip();
    let places = [
        format!("netns-{}/vrrp.pid", one.name),
        format!("netns-{}/instance-other/vrrp.pid", two.name),
    ];
    for place in places {
        assert!(run_dir.join(&place).exists(), "{place}");
    }
    assert!(!run_dir.join("holdfast.pid").exists());
    two.kill();
    assert!(two.has_vip(), "nobody was there to take it off");
    let release = Command::new(env!("CARGO_BIN_EXE_holdfast"))
        .args(["release", "--run-dir"])
        .arg(&run_dir)
        .status();
    assert!(release.expect("run").success());
    assert!(!two.has_vip(), "released from outside");
    assert!(one.has_vip(), "its daemon lives");
}
