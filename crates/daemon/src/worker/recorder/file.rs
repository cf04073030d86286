//! The file of a tape, and the one before it.

use super::Recording;
use holdfast_vrrp::tape::Line;
use holdfast_vrrp::tape::veil::Veil;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::PathBuf;

/// Nobody else reads what this host hears and says.
const MODE: u32 = 0o600;

pub(super) struct Tape {
    recording: Recording,
    file: File,
    /// Bytes in it.
    size: u64,
    /// A head that is as large as a file may be is no reason for another.
    limit: u64,
    /// Lines that are not written yet.
    waiting: Vec<u8>,
    veil: Veil,
}

impl Tape {
    /// Goes on behind what is there.
    pub(super) fn open(recording: Recording) -> io::Result<Self> {
        let mut key = [0; 32];
        File::open("/dev/urandom")?.read_exact(&mut key)?;
        let (file, size) = open(&recording, true)?;
        let mut tape = Self {
            limit: recording.limit,
            recording,
            file,
            size,
            waiting: Vec::new(),
            veil: Veil::new(key),
        };
        let mut last = [b'\n'];
        if size > 0 {
            tape.file.read_exact_at(&mut last, size - 1)?;
        }
        if last != [b'\n'] {
            // whoever wrote here died over it
            tape.waiting.push(b'\n');
        }
        Ok(tape)
    }

    /// Takes a line; one that begins anew may begin another file.
    pub(super) fn add(&mut self, mut line: Line) -> io::Result<()> {
        self.veil.line(&mut line);
        let head = matches!(line, Line::Head(_));
        if head && self.size + self.waiting.len() as u64 >= self.limit {
            self.flush()?;
            self.turn_over()?;
        }
        let before = self.waiting.len();
        serde_json::to_writer(&mut self.waiting, &line)?;
        self.waiting.push(b'\n');
        if head {
            let head = (self.waiting.len() - before) as u64;
            self.limit = self.recording.limit.max(head * 2);
        }
        Ok(())
    }

    /// Writes what waits; true when the file is full.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        self.file.write_all(&self.waiting)?;
        self.size += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(self.size >= self.limit)
    }

    fn turn_over(&mut self) -> io::Result<()> {
        let mut before = self.recording.file.clone().into_os_string();
        before.push(".1");
        std::fs::rename(&self.recording.file, PathBuf::from(before))?;
        (self.file, self.size) = open(&self.recording, false)?;
        Ok(())
    }
}

fn open(recording: &Recording, known: bool) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(MODE);
    // not by a link into somewhere else, and without waiting for the reader of a FIFO
    options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options
        .create(known)
        .create_new(!known)
        .open(&recording.file)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    file.set_permissions(Permissions::from_mode(MODE))?;
    Ok((file, about.len()))
}
