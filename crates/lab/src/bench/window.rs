//! What work costs that comes in small portions: a process's own times in the guest are those of a
//! clock of 10 ms, so the host reads what the whole guest took, between marks that the story inside sets.
//!
//! A mark is a directory: the guest's file system writes it through at once, and a file's words later.

use super::usage::seconds;
use crate::background::Background;
use crate::error::{Doing as _, Result, lock};
use nix::unistd::{Pid, getpgid};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often the host looks.
const LOOK: Duration = Duration::from_millis(3);

/// What was done in a window, in one word that a directory can have for a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    /// Its name.
    pub(super) name: String,
    /// How many of what was counted.
    pub(super) count: u64,
    /// How long it was.
    pub(super) wall: f64,
    /// Seconds of a processor that the guest took meanwhile.
    pub(super) cpu: f64,
}

/// Inside: the work of `seconds` is to be counted as `name`, whatever `count` grows by.
///
/// # Errors
/// If `count` fails, or the marks cannot be set.
pub(super) fn during(
    marks: &Path,
    name: &str,
    length: Duration,
    count: impl Fn() -> Result<u64>,
) -> Result<()> {
    let mark = |what: &str| fs::create_dir_all(marks.join(what)).doing("set a mark");
    let number = fs::read_dir(marks).map_or(0, Iterator::count);
    let before = count()?;
    mark(&format!("{number:03} begin {name}"))?;
    std::thread::sleep(length);
    let counted = count()?.saturating_sub(before);
    mark(&format!("{number:03} end {name} {counted}"))
}

/// Outside: reads what the guest takes at each mark.
#[derive(Debug)]
pub(super) struct Meter {
    windows: Arc<Mutex<Vec<Window>>>,
    _thread: Background<()>,
}

impl Meter {
    /// Of the guest that keeps its files in `directory`, which starts soon.
    ///
    /// # Errors
    /// If the directory for marks cannot be made.
    pub(super) fn start(directory: &Path) -> Self {
        let (windows, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (sink, flag) = (Arc::clone(&windows), Arc::clone(&stop));
        let directory = directory.to_owned();
        let thread = std::thread::spawn(move || read(&directory, &sink, &flag));
        let _thread = Background::new(stop, thread);
        Self { windows, _thread }
    }

    /// What it read so far.
    pub(super) fn windows(&self) -> Vec<Window> {
        lock(&self.windows).clone()
    }
}

/// Where the marks of a guest are.
pub(super) fn marks(directory: &Path) -> PathBuf {
    directory.join("marks")
}

fn read(directory: &Path, sink: &Mutex<Vec<Window>>, stop: &AtomicBool) {
    let mut known = BTreeSet::new();
    let mut open: Option<(Instant, f64)> = None;
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK);
        let entries = fs::read_dir(marks(directory)).into_iter().flatten();
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let fresh: BTreeSet<String> = names.filter(|name| !known.contains(name)).collect();
        for name in fresh {
            let now = (Instant::now(), seconds(group(directory)));
            let words: Vec<&str> = name.split(' ').collect();
            match (&words[..], open) {
                ([_, "begin", ..], _) => open = Some(now),
                ([_, "end", name @ .., count], Some((since, before))) => lock(sink).push(Window {
                    name: name.join(" "),
                    count: count.parse().unwrap_or_default(),
                    wall: now.0.duration_since(since).as_secs_f64(),
                    cpu: now.1 - before,
                }),
                _other => {}
            }
            known.insert(name);
        }
    }
}

/// The guest's processes on the host: it and whatever it started.
fn group(directory: &Path) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let all: Vec<Pid> = numbers.map(Pid::from_raw).collect();
    let word = format!("uml_dir={}/", directory.display());
    let guest = all.iter().find(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|part| part == word.as_bytes())
    });
    let Some(group) = guest.and_then(|guest| getpgid(Some(*guest)).ok()) else {
        return Vec::new();
    };
    let belongs = |pid: &Pid| getpgid(Some(*pid)) == Ok(group);
    all.into_iter().filter(belongs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_what_lies_between_two_marks() -> Result<()> {
        let directory = std::env::temp_dir().join(format!("window-{}", std::process::id()));
        let meter = Meter::start(&directory);
        let made = AtomicBool::new(false);
        let count = || {
            Ok(if made.swap(true, Ordering::Relaxed) {
                17
            } else {
                5
            })
        };
        during(
            &marks(&directory),
            "tcp x",
            Duration::from_millis(50),
            count,
        )?;
        let window =
            crate::shell::wait_some("a window", Duration::from_secs(5), || meter.windows().pop())?;
        let _gone = fs::remove_dir_all(&directory);
        assert_eq!((window.name.as_str(), window.count), ("tcp x", 12));
        assert!(window.wall >= 0.03, "{window:?}");
        Ok(())
    }
}
