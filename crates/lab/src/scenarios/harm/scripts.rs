//! Scripts that nobody should have written.

use super::super::world::VIP;
use crate::error::{Doing as _, Result};
use nix::unistd::Pid;
use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

/// Processes of them at a time: each of those that are started every second lives three.
pub(in super::super) const MOST: usize = 100;

/// Names and what is in them; `HERE` is where they stand.
const TEXTS: [(&str, &str); 4] = [
    ("hang.sh", "trap '' TERM\nwhile :; do HERE/nap 1000; done\n"),
    // the first process ends when it is told to, and the others do not
    (
        "fork.sh",
        "(trap '' TERM; exec HERE/nap 1000) &\n(trap '' TERM; HERE/nap 1000) &\nexec HERE/nap 1000\n",
    ),
    ("scream.sh", "HERE/yes; HERE/yes >&2\n"),
    ("long.sh", "exec HERE/head -c 1000000000 /dev/zero\n"),
];

/// Under another name they are found again.
const PROGRAMS: [(&str, &str); 3] = [("nap", "sleep"), ("yes", "yes"), ("head", "head")];

#[derive(Debug)]
pub(in super::super) struct Scripts {
    path: PathBuf,
    /// What the extra instances follow says FAULT.
    fault: Cell<bool>,
}

impl Scripts {
    pub(in super::super) fn new(path: &Path) -> Result<Self> {
        let what = format!("make the scripts in {}", path.display());
        fs::create_dir_all(path).doing(&what)?;
        for (name, text) in TEXTS {
            let file = path.join(name);
            let text = text.replace("HERE", &path.to_string_lossy());
            fs::write(&file, format!("#!/bin/sh\n{text}")).doing(&what)?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).doing(&what)?;
        }
        for (name, program) in PROGRAMS {
            symlink(format!("/usr/bin/{program}"), path.join(name)).doing(&what)?;
        }
        let all = Self {
            path: path.to_owned(),
            fault: Cell::new(false),
        };
        all.level(0)?;
        Ok(all)
    }

    fn at(&self, name: &str) -> String {
        self.path.join(name).display().to_string()
    }

    /// Everything but the instances.
    pub(in super::super) fn config(&self) -> String {
        let (fifo, reader, level) = (self.at("fifo"), self.at("hang.sh"), self.at("level"));
        let mut text = format!(
            "global_defs {{\nscript_user root\nvrrp_notify_fifo {fifo}\nvrrp_notify_fifo_script {reader}\n}}\n\
             track_file level {{\nfile {level}\nweight 1\n}}\n"
        );
        for (name, _) in TEXTS {
            let script = self.at(name);
            let _infallible = write!(
                text,
                "vrrp_script {name} {{\nscript {script}\ninterval 1\ntimeout 1\nweight 1\n}}\n"
            );
        }
        let _infallible = writeln!(
            text,
            "virtual_server {VIP} 80 {{\ndelay_loop 1\nprotocol TCP"
        );
        for (number, (name, _)) in TEXTS.iter().enumerate() {
            let script = self.at(name);
            let _infallible = write!(
                text,
                "real_server 172.168.2.{} 80 {{\nMISC_CHECK {{\nmisc_path {script}\nmisc_timeout 1\n}}\n}}\n",
                30 + number
            );
        }
        text + "}\n"
    }

    /// For an instance: they cost it nothing.
    pub(in super::super) fn tracked(&self) -> String {
        let names: String = TEXTS.iter().map(|(name, _)| format!("{name}\n")).collect();
        format!("track_script {{\n{names}}}\n")
    }

    /// The first of the extra instances tell scripts of it.
    pub(super) fn notify(&self, number: usize) -> String {
        let script = TEXTS.get(number.wrapping_sub(1));
        let script = script.map(|(name, _)| format!("notify {}\n", self.at(name)));
        script.unwrap_or_default()
    }

    /// What the extra instances follow says this.
    pub(super) fn level(&self, level: i32) -> Result<()> {
        self.fault.set(level < 0);
        fs::write(self.path.join("level"), format!("{level}\n")).doing("write the level")
    }

    /// They go to FAULT, or come back.
    pub(super) fn toggle(&self) -> Result<()> {
        self.level(if self.fault.get() { 0 } else { -254 })
    }

    /// The command lines of all that run.
    pub(super) fn lines(&self) -> Vec<String> {
        let all = self.processes().into_iter();
        let line = |pid: Pid| fs::read_to_string(format!("/proc/{pid}/cmdline")).ok();
        all.filter_map(line).collect()
    }

    /// All that run.
    pub(in super::super) fn processes(&self) -> Vec<Pid> {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let ours = self.path.to_string_lossy();
        let all = entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        all.filter(|pid: &i32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(ours.as_ref())
        })
        .map(Pid::from_raw)
        .collect()
    }
}
