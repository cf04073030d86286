//! A kernel with IPVS where the running one has none, on the machine's own root file system: User Mode Linux, a
//! kernel that is a program ([`uml`]), or Debian's own, emulated ([`debian`]).
//!
//! The guest sees the host's files, has `/run` of its own, and runs one command. What the command says
//! goes to a file that the host follows; its exit status to another one: a missing status means that the
//! guest died.

pub(crate) mod debian;
pub(crate) mod uml;

use crate::error::{Doing as _, Error, Result};
use crate::shell::run;
use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the scenarios need; loaded by name: the lab's kernel cannot ask for modules, and a namespace
/// does not.
const MODULES: &str = "veth bridge dummy nlmon ipip macvlan ipvlan vrf mpls_iptunnel ila overlay nf_conntrack iptable_filter iptable_mangle iptable_nat \
    ip6table_nat xt_conntrack xt_mark xt_multiport xt_nat xt_tcpudp ip_vs \
    ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_lblc ip_vs_lblcr ip_vs_sh ip_vs_dh ip_vs_sed \
    ip_vs_nq ip_vs_fo ip_vs_ovf ip_vs_mh ip_vs_pe_sip";

/// Which kernel is booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// User Mode Linux: runs at the machine's speed but for system calls and page faults. No `nf_tables` for IPv4 or IPv6.
    Uml,
    /// Debian's kernel for clouds on an emulated machine: everything that a director's kernel has, slowly.
    Debian,
}

/// True if the running kernel has IPVS, after trying to load it.
#[must_use]
pub fn kernel_has_ipvs() -> bool {
    let _absent = run(Command::new("modprobe")
        .arg("-qa")
        .args(MODULES.split_whitespace()));
    Path::new("/proc/net/ip_vs").exists()
}

/// One boot.
#[derive(Debug)]
pub struct Boot {
    /// What.
    pub kernel: Kernel,
    /// Where the boot's files are kept; made if it is missing.
    pub directory: PathBuf,
    /// Memory in MiB.
    pub memory: u32,
    /// After this the guest is killed.
    pub limit: Duration,
    /// Copies what the command says to standard output while it runs.
    pub echo: bool,
    /// Which of this machine's processors it runs on, counted round.
    pub processor: usize,
}

impl Boot {
    /// Boots, runs `command` and returns its exit status; its output stands in
    /// [`Boot::output`].
    ///
    /// # Errors
    /// If the guest does not boot, dies, or is not done within the limit.
    pub fn run(&self, command: &[String]) -> Result<i32> {
        self.prepare(command)?;
        let console = File::create(self.directory.join("console")).doing("make the console")?;
        let errors = console.try_clone().doing("make the console")?;
        let init = self.directory.join("init");
        let line = match self.kernel {
            Kernel::Uml => uml::command(self, &init),
            Kernel::Debian => debian::command(self, &init)?,
        };
        let mut guest = Command::new("taskset")
            .args(["-c", &processor(self.processor)?])
            .args(line)
            .stdin(Stdio::null())
            .stdout(console)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .doing("start taskset (package util-linux)")?;
        let group = i32::try_from(guest.id()).unwrap_or(i32::MAX);
        let start = Instant::now();
        let mut shown = 0;
        let ended = loop {
            if let Some(_status) = guest.try_wait().doing("wait for the guest")? {
                break true;
            }
            if start.elapsed() > self.limit {
                break false;
            }
            shown = self.show(shown);
            std::thread::sleep(Duration::from_millis(50));
        };
        // its processes on the host are many; none may stay
        let _gone = killpg(Pid::from_raw(group), Signal::SIGKILL);
        let _reaped = guest.wait();
        self.show(shown);
        if !ended {
            return Err(Error::Timeout {
                what: "the guest is done".into(),
                bound: self.limit,
            });
        }
        let status = fs::read_to_string(self.directory.join("status"));
        status
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .ok_or_else(|| {
                let console =
                    fs::read_to_string(self.directory.join("console")).unwrap_or_default();
                Error::Failed(format!(
                    "the guest left no exit status; console:\n{console}"
                ))
            })
    }

    /// What the command said.
    #[must_use]
    pub fn output(&self) -> String {
        let bytes = fs::read(self.directory.join("output")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn prepare(&self, command: &[String]) -> Result<()> {
        let directory = &self.directory;
        let _fresh = fs::remove_dir_all(directory);
        let modules = directory.join("lib/modules");
        fs::create_dir_all(directory.join("lib")).doing("make the boot directory")?;
        let (source, more) = match self.kernel {
            Kernel::Uml => (PathBuf::from(uml::MODULES), ""),
            Kernel::Debian => (debian::modules(), debian::MORE_MODULES),
        };
        symlink(source, &modules).doing("link the guest's modules")?;
        let here = std::env::current_dir().doing("read the current directory")?;
        let command: Vec<String> = command.iter().map(|word| quote(word)).collect();
        let script = format!(
            "#!/bin/sh\n\
            export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root\n\
            mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t tmpfs tmpfs /run\n\
            mkdir -p /run/netns\n\
            D={directory}\n\
            modprobe -d $D -a {MODULES} {more} >$D/modules.log 2>&1\n\
            ip link set lo up\n\
            cd {here}\n\
            {command} >$D/output 2>&1 </dev/null\n\
            echo $? >$D/status\n\
            sync\n\
            busybox poweroff -f\n",
            directory = quote(&directory.display().to_string()),
            here = quote(&here.display().to_string()),
            command = command.join(" "),
        );
        let init = directory.join("init");
        fs::write(&init, script).doing("write init")?;
        fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).doing("write init")
    }

    fn show(&self, from: usize) -> usize {
        if !self.echo {
            return 0;
        }
        let Ok(mut file) = File::open(self.directory.join("output")) else {
            return from;
        };
        let mut bytes = Vec::new();
        if file.read_to_end(&mut bytes).is_err() {
            return from;
        }
        let mut out = std::io::stdout();
        let _closed = out.write_all(bytes.get(from..).unwrap_or_default());
        let _closed = out.flush();
        bytes.len()
    }
}

/// The guest's kernel and its processes take turns on the host, never at once. On two processors each
/// turn wakes one that sleeps, which made a guest three times slower on a machine that is a guest itself.
fn processor(wanted: usize) -> Result<String> {
    let allowed = sched_getaffinity(Pid::from_raw(0)).doing("read the processors")?;
    let ours = (0..CpuSet::count()).filter(|each| allowed.is_set(*each).unwrap_or(false));
    let ours: Vec<usize> = ours.collect();
    let one = ours.get(wanted % ours.len().max(1));
    Ok(one.copied().unwrap_or_default().to_string())
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
