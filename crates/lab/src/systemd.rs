//! A machine of its own inside a host: a root directory over the running one's, and systemd as its first process.

use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::shell::{run, wait_some};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What is started: units are started one by one.
const TARGET: &str = "[Unit]\nDefaultDependencies=no\nWants=systemd-journald.service\n";
const PATIENCE: Duration = Duration::from_secs(20);

/// It ends with this.
#[derive(Debug)]
pub struct Machine {
    /// Its root directory; what is written there is not written to the running one's.
    pub root: PathBuf,
    unshare: Child,
    /// Its first process, as it is called outside.
    first: u32,
}

impl Machine {
    /// Boots it in `directory`, which is made and has to be in memory. Its network is the host's; no unit of the
    /// running machine is enabled in it.
    ///
    /// # Errors
    /// If there is no overlayfs, no systemd, or it does not come up.
    pub fn boot(
        host: &Host,
        directory: &Path,
        prepare: impl Fn(&Path) -> Result<()>,
    ) -> Result<Self> {
        let root = directory.join("root");
        for name in ["root", "upper", "work"] {
            fs::create_dir_all(directory.join(name)).doing("make the machine's directory")?;
        }
        let part = |name: &str| directory.join(name).display().to_string();
        let options = format!(
            "lowerdir=/,upperdir={},workdir={}",
            part("upper"),
            part("work")
        );
        run(Command::new("mount")
            .args(["-t", "overlay", "overlay", "-o", &options])
            .arg(&root))?;
        let started = furnish(&root)
            .and_then(|()| prepare(&root))
            .and_then(|()| first(host, directory, &root));
        let unshare = started.inspect_err(|_| unmount(&root))?;
        let mut machine = Self {
            root,
            unshare,
            first: 0,
        };
        machine.first = wait_some("systemd", PATIENCE, || machine.child())?;
        wait_some("systemd is up", PATIENCE, || {
            let said = machine
                .command("systemctl")
                .arg("is-system-running")
                .output();
            let said = said.ok()?.stdout;
            matches!(said.trim_ascii(), b"running" | b"degraded").then_some(())
        })?;
        Ok(machine)
    }

    /// A command in it.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        let first = self.first.to_string();
        command.args([
            "-t", &first, "-m", "-p", "-r", "-u", "-i", "-n", "--wd=/", program,
        ]);
        command
    }

    /// Runs a whole command line in it; its output.
    ///
    /// # Errors
    /// If it fails.
    pub fn run(&self, line: &str) -> Result<String> {
        let mut words = line.split_whitespace();
        let program = words.next().unwrap_or_default();
        run(self.command(program).args(words))
    }

    /// A property of a unit, as `systemctl show` has it.
    ///
    /// # Errors
    /// If systemd does not say.
    pub fn property(&self, unit: &str, name: &str) -> Result<String> {
        let said = self.run(&format!("systemctl show {unit} -p {name} --value"))?;
        Ok(said.trim().to_owned())
    }

    /// What unshare has become the parent of.
    fn child(&self) -> Option<u32> {
        let id = self.unshare.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
        let first = children.ok()?.split_whitespace().next()?.parse().ok()?;
        let name = fs::read_to_string(format!("/proc/{first}/comm")).ok()?;
        (name.trim() == "systemd").then_some(first)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if self.first > 0 {
            // all others of its PID namespace go with it
            let _gone = run(Command::new("kill").args(["-9", &self.first.to_string()]));
        }
        let _dead = self.unshare.kill();
        let _reaped = self.unshare.wait();
        unmount(&self.root);
    }
}

/// Nothing of the running machine's configuration starts by itself.
fn furnish(root: &Path) -> Result<()> {
    let system = root.join("etc/systemd/system");
    for name in ["etc/systemd/system", "etc/keepalived", "etc/holdfast"] {
        let _not_there = fs::remove_dir_all(root.join(name));
        fs::create_dir_all(root.join(name)).doing("make directories")?;
    }
    fs::write(root.join("etc/fstab"), "").doing("write fstab")?;
    fs::write(system.join("lab.target"), TARGET).doing("write a target")
}

fn first(host: &Host, directory: &Path, root: &Path) -> Result<Child> {
    let script = directory.join("first");
    let root = root.display();
    let text = format!(
        "#!/bin/sh -e\n\
        mount --make-rprivate /\n\
        for each in run tmp; do mount -t tmpfs tmpfs {root}/$each; done\n\
        mount -t proc proc {root}/proc\n\
        mount -t sysfs sysfs {root}/sys\n\
        mount -t cgroup2 cgroup2 {root}/sys/fs/cgroup\n\
        exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            chroot {root} /lib/systemd/systemd --unit=lab.target --log-target=null\n"
    );
    fs::write(&script, text).doing("write a script")?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).doing("write a script")?;
    host.command("unshare")
        .args(["--mount", "--pid", "--fork", "--uts", "--ipc", "--cgroup"])
        .arg(&script)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| Error::Failed(format!("unshare (package util-linux): {error}")))
}

fn unmount(root: &Path) {
    let _not_mounted = run(Command::new("umount").arg("-l").arg(root));
}
