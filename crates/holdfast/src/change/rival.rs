//! keepalived on this host: which of its daemons would own the same as we.

use crate::cli::Options;
use holdfast_supervise::Stat;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Where it looks when no `-f` is given.
const DEFAULT: &str = "/etc/keepalived/keepalived.conf";

/// A running keepalived.
#[derive(Debug, Clone)]
pub(crate) struct Rival {
    pub(crate) pid: i32,
    /// Since when, in ticks since the boot: no other process has had that number and this.
    pub(crate) started: u64,
    /// What it was called with.
    pub(crate) options: Options,
}

impl Rival {
    /// Every one of this network namespace.
    pub(crate) fn all() -> Vec<Self> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let is_child = |pid| Stat::of(pid).is_some_and(|stat| is_keepalived(stat.parent));
        pids.filter(|pid| is_keepalived(*pid) && !is_child(*pid))
            .filter_map(|pid| Self::of(pid).ok())
            .collect()
    }

    /// The one with this number, which has to run in this network namespace.
    pub(crate) fn of(pid: i32) -> io::Result<Self> {
        let namespace = |of: &str| fs::metadata(format!("/proc/{of}/ns/net")).map(|at| at.ino());
        if namespace(&pid.to_string())? != namespace("self")? {
            let text = format!("process {pid} is in another network namespace");
            return Err(io::Error::other(text));
        }
        if !is_keepalived(pid) {
            return Err(io::Error::other(format!("process {pid} is no keepalived")));
        }
        let words = fs::read(format!("/proc/{pid}/cmdline"))?;
        let words = words.split(|byte| *byte == 0).skip(1);
        let words = words.filter(|word| !word.is_empty());
        let words = words
            .map(|word| OsString::from_vec(word.to_vec()))
            .collect();
        let options = Options::parse(words)
            .map_err(|error| io::Error::other(format!("its command line: {error}")))?;
        let stat = Stat::of(pid).ok_or(io::ErrorKind::NotFound)?;
        Ok(Self {
            pid,
            started: stat.started,
            options,
        })
    }

    /// True when it and a daemon of ours would do the same work.
    pub(crate) fn shares_with(&self, ours: &Options) -> bool {
        let does = |options: &Options| match (options.only_vrrp, options.only_check) {
            (true, false) => [true, false],
            (false, true) => [false, true],
            (true, true) | (false, false) => [true, true],
        };
        let (theirs, ours) = (does(&self.options), does(ours));
        theirs.iter().zip(ours).any(|(their, our)| *their && our)
    }

    /// The file that it has read, as it is found from here.
    pub(crate) fn file(&self) -> PathBuf {
        let named = self.options.file.as_deref().unwrap_or(Path::new(DEFAULT));
        let from = fs::read_link(format!("/proc/{}/cwd", self.pid)).unwrap_or_default();
        let path = from.join(named);
        let mounts = |of: &str| {
            fs::metadata(format!("/proc/{of}/ns/mnt"))
                .ok()
                .map(|at| at.ino())
        };
        if mounts(&self.pid.to_string()) == mounts("self") {
            return path;
        }
        // in a container
        let inside = path.strip_prefix("/").unwrap_or(&path);
        Path::new(&format!("/proc/{}/root", self.pid)).join(inside)
    }
}

fn is_keepalived(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "keepalived")
        && Stat::lives(pid)
}
