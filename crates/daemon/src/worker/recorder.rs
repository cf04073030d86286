//! The tape (`--record`): what the router is told and does, on its way to a file. The loop hands every turn over and
//! waits for nothing: what has no room is counted, and the tape goes on with the router as it stands then.
//!
//! ```text
//!   turn ─► Recorder ─ bounded ring ─► its own thread ─► Veil ─► JSON ─► FILE, before that FILE.1
//!              ▲                             │
//!              └──── a new head is wanted ───┘   the file is full: the next begins with a head
//! ```

mod file;

use file::Tape;
use holdfast_kernel::time::wall_ahead;
use holdfast_model::Mono;
use holdfast_vrrp::tape::{FORM, Given, Head, How, Line, Turn};
use holdfast_vrrp::{Action, Input, Router};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

/// Turns that may wait: a failover of 200 instances has about ten turns each. With the largest packet that a socket
/// takes (4,608 bytes) that is 19 MB.
const RING: usize = 4096;
/// Once something was lost a new head is tried no more often: it is a copy of the whole router.
const AGAIN: Duration = Duration::from_millis(100);
/// How long a line waits for others.
const GATHER: Duration = Duration::from_millis(5);
/// Lines written by one call, at most.
const AT_ONCE: usize = 512;
/// How long the end of the worker waits for the file.
const LAST: Duration = Duration::from_millis(200);

/// Where to, and how much.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The file; the one before it has `.1` at its end.
    pub file: PathBuf,
    /// Bytes of each.
    pub limit: u64,
}

/// The loop's side.
#[derive(Debug)]
pub(super) struct Recorder {
    ring: Option<SyncSender<Line>>,
    ended: Receiver<()>,
    /// The file is full.
    full: Arc<AtomicBool>,
    /// Turns that had no room.
    lost: u64,
    /// When a new head is tried.
    again: Mono,
}

/// The recording is over.
#[derive(Debug)]
pub(super) struct Over;

impl Recorder {
    /// None when no thread can be started: that is no reason not to serve.
    pub(super) fn start(recording: Recording) -> Option<Self> {
        let (ring, lines) = sync_channel(RING);
        let (end, ended) = sync_channel(1);
        let full = Arc::new(AtomicBool::new(false));
        let mark = Arc::clone(&full);
        let run = move || {
            let file = recording.file.clone();
            if let Err(error) = write(recording, &lines, &mark) {
                tracing::error!("{}: {error}: nothing more is recorded", file.display());
            }
            drop(lines);
            let _the_worker_is_gone = end.try_send(());
        };
        let thread = std::thread::Builder::new().name("tape".to_owned());
        let started = thread.stack_size(512 * 1024).spawn(run);
        let said = started.inspect_err(|error| tracing::error!("nothing is recorded: {error}"));
        said.ok().map(|_runs| Self::of(ring, ended, full))
    }

    fn of(ring: SyncSender<Line>, ended: Receiver<()>, full: Arc<AtomicBool>) -> Self {
        Self {
            ring: Some(ring),
            ended,
            full,
            lost: 0,
            again: Mono::ZERO,
        }
    }

    /// A router begins.
    pub(super) fn head(&mut self, at: Mono, how: How) -> Result<(), Over> {
        let head = Head {
            form: FORM,
            build: crate::BUILD.to_owned(),
            at,
            ahead: wall_ahead(),
            lost: self.lost,
            how,
        };
        if self.offer(Line::Head(Box::new(head)))? {
            self.lost = 0;
        } else {
            self.lost += 1;
        }
        Ok(())
    }

    /// A turn begins; none while there is no room.
    pub(super) fn turn(&self, at: Mono, input: &Input<'_>) -> Option<Box<Turn>> {
        (self.lost == 0).then(|| {
            Box::new(Turn {
                at,
                input: Given::from(input),
                actions: Vec::new(),
            })
        })
    }

    /// It is over, and this is the router after it.
    pub(super) fn done(
        &mut self,
        turn: Option<Box<Turn>>,
        at: Mono,
        router: &Router,
    ) -> Result<(), Over> {
        let taken = turn.map(|turn| self.offer(Line::Turn(turn))).transpose()?;
        match taken {
            Some(true) if !self.full.swap(false, Relaxed) => return Ok(()),
            Some(true) => {}
            Some(false) => {
                self.lost = 1;
                self.again = at + AGAIN;
                return Ok(());
            }
            None => {
                self.lost += 1;
                if at < self.again {
                    return Ok(());
                }
                self.again = at + AGAIN;
            }
        }
        let lost = self.lost;
        self.head(at, How::GoesOn(Box::new(router.clone())))?;
        if self.lost > 0 {
            // that was no turn
            self.lost = lost;
            self.full.store(lost == 0, Relaxed);
        }
        Ok(())
    }

    /// True when there was room.
    fn offer(&self, line: Line) -> Result<bool, Over> {
        match self.ring.as_ref().ok_or(Over)?.try_send(line) {
            Ok(()) => Ok(true),
            Err(TrySendError::Full(_)) => Ok(false),
            Err(TrySendError::Disconnected(_)) => Err(Over),
        }
    }
}

impl Drop for Recorder {
    /// What waits is written, unless the file hangs.
    fn drop(&mut self) {
        self.ring = None;
        let _hangs_or_over = self.ended.recv_timeout(LAST);
    }
}

/// Notes what was done.
pub(super) fn note(turn: &mut Option<Box<Turn>>, action: &Action) {
    if let Some(turn) = turn {
        turn.actions.push(action.clone());
    }
}

/// Writes what comes, a few lines at once, until nothing can come any more.
fn write(recording: Recording, lines: &Receiver<Line>, full: &AtomicBool) -> io::Result<()> {
    let mut tape = Tape::open(recording)?;
    while let Ok(first) = lines.recv() {
        std::thread::sleep(GATHER);
        tape.add(first)?;
        for _ in 1..AT_ONCE {
            let Ok(line) = lines.try_recv() else {
                break;
            };
            tape.add(line)?;
        }
        if tape.flush()? {
            full.store(true, Relaxed);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
