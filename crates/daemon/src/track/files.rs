//! `track_file`: numbers in files, read again when inotify says that something happened to them.

use super::Source;
use holdfast_model::track::{InitFile, TrackFile};
use holdfast_model::{Level, Mono, TrackKey, TrackKind, Tracked};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A number has no more bytes than these.
const NUMBER: u64 = 128;

/// How often a directory that is not there is looked for.
const AGAIN: Duration = Duration::from_secs(1);

/// All files that are watched. Their directories are, so that a file may come, go and be replaced.
#[derive(Debug)]
pub(super) struct Files {
    inotify: Inotify,
    directories: BTreeMap<PathBuf, WatchDescriptor>,
    files: Vec<Watched>,
    /// A directory is missing: when it is looked for again.
    again: Option<Mono>,
}

#[derive(Debug)]
struct Watched {
    config: TrackFile,
    value: i32,
    /// It was told last.
    told: Option<i32>,
}

impl Files {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            inotify: Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?,
            directories: BTreeMap::new(),
            files: Vec::new(),
            again: None,
        })
    }

    fn these(&mut self, now: Mono, files: &[TrackFile]) {
        let mut old = std::mem::take(&mut self.files);
        for config in files {
            let same = |known: &Watched| known.config == *config;
            let known = old.iter().position(same).map(|at| old.remove(at));
            if known.is_none() {
                begin(config);
            }
            self.files.push(known.unwrap_or_else(|| Watched {
                config: config.clone(),
                value: 0,
                told: None,
            }));
        }
        self.watch(now);
        self.read();
    }

    fn read(&mut self) {
        for file in &mut self.files {
            file.value = number_in(Path::new(file.config.path.as_str()));
        }
    }

    /// Watches every directory: that of the path, and of what a link there leads to.
    fn watch(&mut self, now: Mono) {
        let mut wanted = Vec::new();
        for file in &self.files {
            let path = Path::new(file.config.path.as_str());
            wanted.extend(directory(path));
            wanted.extend(path.canonicalize().ok().as_deref().and_then(directory));
        }
        let inotify = &self.inotify;
        self.directories.retain(|directory, watch| {
            let keep = wanted.contains(directory);
            if !keep {
                let _is_gone = inotify.rm_watch(*watch);
            }
            keep
        });
        self.again = None;
        let flags = AddWatchFlags::IN_CLOSE_WRITE
            | AddWatchFlags::IN_MOVE
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_ONLYDIR;
        for directory in wanted {
            if self.directories.contains_key(&directory) {
                continue;
            }
            match self.inotify.add_watch(&directory, flags) {
                Ok(watch) => {
                    self.directories.insert(directory, watch);
                }
                Err(_) => self.again = Some(now + AGAIN),
            }
        }
    }
}

impl Source for Files {
    fn configure(&mut self, now: Mono, tracked: &Tracked) {
        self.these(now, &tracked.files);
    }

    fn look(&mut self, now: Mono) {
        let mut changed = false;
        while let Ok(events) = self.inotify.read_events() {
            changed = true;
            for event in events {
                let gone = AddWatchFlags::IN_IGNORED | AddWatchFlags::IN_MOVE_SELF;
                if event.mask.intersects(gone) {
                    self.directories.retain(|_, watch| *watch != event.wd);
                    self.again = Some(now);
                }
            }
        }
        if self.again.is_some_and(|again| again <= now) {
            self.watch(now);
            changed = true;
        }
        if changed {
            self.read();
        }
    }

    fn news(&mut self) -> Vec<(TrackKey, Level)> {
        let mut news = Vec::new();
        for file in &mut self.files {
            if file.told != Some(file.value) {
                file.told = Some(file.value);
                let key = TrackKey::new(TrackKind::File, file.config.name.clone());
                news.push((key, Level::Value(file.value)));
            }
        }
        news
    }

    fn deadline(&self) -> Option<Mono> {
        self.again
    }

    fn end(self) {}
}

impl AsFd for Files {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

fn directory(path: &Path) -> Option<PathBuf> {
    let parent = path.parent()?;
    let here = parent.as_os_str().is_empty();
    Some(if here { Path::new(".") } else { parent }.to_owned())
}

/// `init_file`.
fn begin(config: &TrackFile) {
    let Some(InitFile { value, overwrite }) = config.initial else {
        return;
    };
    let mut options = OpenOptions::new();
    options.write(true).custom_flags(libc::O_NOFOLLOW);
    if overwrite {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options
        .open(config.path.as_str())
        .and_then(|mut file| writeln!(file, "{value}"));
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !overwrite => {}
        Err(error) => tracing::warn!(
            "track_file {}: cannot write {}: {error}; check the path and its directory",
            config.name,
            config.path
        ),
    }
}

/// The number at the start of a file. keepalived: a file that is missing, empty or holds something
/// else is a 0.
fn number_in(path: &Path) -> i32 {
    let mut options = OpenOptions::new();
    // a pipe in its place must not hold us up
    options.read(true).custom_flags(libc::O_NONBLOCK);
    let text = options.open(path).and_then(|file: File| {
        let mut text = Vec::new();
        if file.metadata()?.is_file() {
            file.take(NUMBER).read_to_end(&mut text)?;
        }
        Ok(text)
    });
    text.map_or(0, |text| number(&text))
}

/// As strtol reads it with base 0, within 32 bits.
fn number(text: &[u8]) -> i32 {
    let text = text.trim_ascii_start();
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let (radix, digits) = match digits {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, digits),
    };
    let mut value = 0_i64;
    for byte in digits {
        let Some(digit) = char::from(*byte).to_digit(radix) else {
            break;
        };
        value = (value * i64::from(radix) + i64::from(digit)).min(1 << 31);
    }
    i32::try_from(value * sign).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Name;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    #[test]
    fn numbers_as_strtol_reads_them() {
        for (text, value) in [
            ("5\n", 5),
            ("  -7 of 9", -7),
            ("+3", 3),
            ("", 0),
            ("up", 0),
            ("0x10", 16),
            ("010", 8),
            ("99999999999999999999", i32::MAX),
            ("-99999999999999999999", i32::MIN),
        ] {
            assert_eq!(number(text.as_bytes()), value, "{text:?}");
        }
    }

    fn wait(files: &mut Files) -> Vec<Level> {
        let mut fds = [PollFd::new(files.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut fds, PollTimeout::from(5_000_u16)).expect("poll");
        assert_eq!(ready, 1, "nothing happened");
        files.look(Mono::ZERO);
        files.news().into_iter().map(|(_, level)| level).collect()
    }

    #[test]
    fn a_file_comes_changes_is_replaced_and_goes() {
        let here = std::env::temp_dir().join(format!("holdfast-files-{}", std::process::id()));
        std::fs::create_dir_all(&here).expect("directory");
        let path = here.join("level");
        let config = TrackFile {
            name: Name::from("f"),
            path: Name::from(path.to_str().expect("utf-8")),
            initial: Some(InitFile {
                value: 4,
                overwrite: false,
            }),
        };
        let mut files = Files::new().expect("inotify");
        files.these(Mono::ZERO, std::slice::from_ref(&config));
        assert_eq!(files.news().first().map(|n| n.1), Some(Level::Value(4)));
        files.look(Mono::ZERO);

        std::fs::write(&path, "-12\n").expect("write");
        assert_eq!(wait(&mut files).last(), Some(&Level::Value(-12)));
        let other = here.join("other");
        std::fs::write(&other, "9").expect("write");
        files.look(Mono::ZERO);
        assert_eq!(files.news(), []);
        std::fs::rename(&other, &path).expect("rename");
        assert_eq!(wait(&mut files), [Level::Value(9)]);
        std::fs::remove_file(&path).expect("remove");
        assert_eq!(wait(&mut files), [Level::Value(0)]);
        // The same again, and what is written already stays.
        files.these(Mono::ZERO, std::slice::from_ref(&config));
        assert_eq!(files.news(), []);
        std::fs::remove_dir_all(&here).expect("clean up");
    }

    #[test]
    fn a_directory_may_come_later() {
        let here = std::env::temp_dir().join(format!("holdfast-later-{}", std::process::id()));
        let path = here.join("level");
        let config = TrackFile {
            name: Name::from("f"),
            path: Name::from(path.to_str().expect("utf-8")),
            initial: None,
        };
        let mut files = Files::new().expect("inotify");
        files.these(Mono::ZERO, &[config]);
        assert_eq!(files.news().first().map(|n| n.1), Some(Level::Value(0)));
        let again = files.deadline().expect("looked for again");
        std::fs::create_dir_all(&here).expect("directory");
        std::fs::write(&path, "1").expect("write");
        files.look(again);
        assert_eq!(files.news().first().map(|n| n.1), Some(Level::Value(1)));
        assert_eq!(files.deadline(), None);
        std::fs::remove_dir_all(&here).expect("clean up");
    }
}
