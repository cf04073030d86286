//! Where log lines go: the console, syslog, a file; in keepalived's form.

mod console;
mod syslog;

use console::Console;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

pub use syslog::Facility;

/// How loud a line is (syslog severities).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 3: wake someone.
    Error,
    /// 4: look at it tomorrow.
    Warning,
    /// 6: a state changed.
    Info,
    /// 7: for whoever debugs.
    Debug,
}

/// What the command line says of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// `-l`: lines on standard error too.
    pub console: bool,
    /// `-D`: detailed lines too.
    pub detail: bool,
    /// `-G`: not to syslog.
    pub no_syslog: bool,
    /// `-S`: the facility LOG_LOCALn; daemon otherwise.
    pub facility: Facility,
    /// `-g`: a file too.
    pub file: Option<std::path::PathBuf>,
}

/// An open log.
#[derive(Debug)]
pub struct Sink {
    console: Option<Console>,
    syslog: Option<syslog::Syslog>,
    file: Option<File>,
    detail: bool,
}

impl Sink {
    /// Opens what `options` names. What cannot be opened is left out: a log must never stop the
    /// daemon.
    pub fn open(ident: &str, options: &LogOptions) -> Self {
        let syslog = (!options.no_syslog).then(|| syslog::Syslog::new(ident, options.facility));
        let file = options
            .file
            .as_deref()
            .and_then(|path| open_file(path).ok());
        Self {
            console: options.console.then(Console::patient),
            syslog,
            file,
            detail: options.detail,
        }
    }

    /// For a process that has no thread for it: the console is not waited for. Lines that it does not take are
    /// lost, and counted.
    #[must_use]
    pub fn hasty(self) -> Self {
        Self {
            console: self.console.map(|_| Console::hasty()),
            ..self
        }
    }

    /// True with `-D`.
    pub const fn detail(&self) -> bool {
        self.detail
    }

    /// Writes one line everywhere. Failures are swallowed: there is nowhere to report them.
    pub fn write(&mut self, level: Level, text: &str) {
        self.write_all(&[(level, text)]);
    }

    /// Writes lines everywhere, the console and the file by one call each.
    pub fn write_all<T: AsRef<str>>(&mut self, lines: &[(Level, T)]) {
        if self.console.is_some() || self.file.is_some() {
            let now = timestamp();
            let mut block = String::with_capacity(lines.len() * 100);
            for (_, text) in lines {
                block.push_str(&now);
                block.push_str(": ");
                block.push_str(text.as_ref());
                block.push('\n');
            }
            if let Some(console) = &mut self.console {
                console.write(&now, &block, lines.len());
            }
            if let Some(file) = &mut self.file {
                let _full = file.write_all(block.as_bytes());
            }
        }
        if let Some(syslog) = &mut self.syslog {
            for (level, text) in lines {
                syslog.send(*level, text.as_ref());
            }
        }
    }
}

/// In words.
pub fn dropped(lines: u64) -> String {
    format!("{lines} log lines were dropped: the log is slow")
}

/// Appends to a file of our own: never through a link that somebody planted.
fn open_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC)
        .open(path)
}

/// Local time as the C locale writes it: `Sat Nov 21 05:57:10 2026`.
fn timestamp() -> String {
    jiff::Zoned::now()
        .strftime("%a %b %e %H:%M:%S %Y")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gets_the_line_with_its_time() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("log");
        let options = LogOptions {
            file: Some(path.clone()),
            no_syslog: true,
            ..LogOptions::default()
        };
        Sink::open("Keepalived", &options).write(Level::Info, "(VI_1) Entering MASTER STATE");
        let text = std::fs::read_to_string(path).expect("log file");
        assert!(text.ends_with(": (VI_1) Entering MASTER STATE\n"), "{text}");
        assert_eq!(text.split(": ").next().map(str::len), Some(24), "{text}");
    }
}
