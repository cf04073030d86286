//! Nothing left: no room on a disk, no descriptors.

use super::watched::processes;
use crate::director::Director;
use crate::error::{Doing as _, Error, Result};
use crate::shell::{run, words};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Bytes.
const SIZE: usize = 256 << 10;

/// A small file system in memory, until this is dropped.
#[derive(Debug)]
pub(in super::super) struct Disk {
    path: PathBuf,
}

impl Disk {
    pub(in super::super) fn mount(path: &Path) -> Result<Self> {
        run(&mut words(&format!(
            "mount -t tmpfs -o size={SIZE},mode=755 tmpfs {}",
            path.display()
        )))?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Until there is no room for a byte more.
    pub(in super::super) fn fill(&self) -> Result<()> {
        let path = self.path.join("ballast");
        let mut file = File::create(&path).doing("fill the disk")?;
        while file.write_all(&[0; 512]).is_ok() {}
        let left = fs::metadata(&path).doing("fill the disk")?.len();
        if usize::try_from(left).is_ok_and(|length| length < SIZE) {
            return Ok(());
        }
        Err(Error::Failed("the disk does not become full".into()))
    }

    /// There is room again.
    pub(in super::super) fn empty(&self) -> Result<()> {
        fs::remove_file(self.path.join("ballast")).doing("empty the disk")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // whoever still stands there may stay
        let _gone = run(&mut words(&format!("umount -l {}", self.path.display())));
    }
}

/// Processes that can open nothing.
#[derive(Debug)]
pub(super) struct Starved {
    /// With the limit that they had.
    processes: Vec<(Pid, String)>,
}

impl Starved {
    /// Supervisor and workers: each may have what it has open, and no more.
    pub(super) fn all(director: &Director) -> Result<Self> {
        let mut starved = Self {
            processes: Vec::new(),
        };
        for pid in processes(director) {
            let before = limit(pid)?;
            set(pid, &free(pid)?.to_string())?;
            starved.processes.push((pid, before));
        }
        Ok(starved)
    }

    /// As before.
    pub(super) fn lift(self) -> Result<()> {
        let mut all = self.processes.iter();
        all.try_for_each(|(pid, limit)| set(*pid, limit))
    }
}

/// The first number that is free.
fn free(pid: Pid) -> Result<usize> {
    let path = format!("/proc/{pid}/fd");
    let open = fs::read_dir(&path).doing(format!("read {path}"))?;
    let open: Vec<usize> = open
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    Ok((0..).find(|number| !open.contains(number)).unwrap_or(0))
}

fn limit(pid: Pid) -> Result<String> {
    let line = format!("prlimit --pid {pid} --nofile --output SOFT --noheadings");
    Ok(run(&mut words(&line))?.trim().to_owned())
}

/// The soft one.
fn set(pid: Pid, limit: &str) -> Result<()> {
    let line = format!("prlimit --pid {pid} --nofile={limit}:");
    run(&mut words(&line)).map(drop)
}
