//! tracing → bounded ring → one thread → [`Sink`].

use holdfast_supervise::{Level, Sink};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait: a failover of 200 instances with five lines each fits four times.
const RING: usize = 4096;

/// How long a line waits for others.
const GATHER: Duration = Duration::from_millis(2);
/// What waits at the end is written for so long: somebody who reads nothing must not keep a process.
const PARTING: Duration = Duration::from_millis(500);
/// Lines written by one call, at most.
const AT_ONCE: usize = 512;

/// The running log of a worker. Dropping it writes what still waits.
#[derive(Debug)]
pub struct Logger {
    sender: Option<SyncSender<(Level, String)>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Logger {
    fn drop(&mut self) {
        let (Some(sender), Some(thread)) = (self.sender.take(), self.thread.take()) else {
            return;
        };
        // an empty line is the end; it waits for room, since nothing else happens any more
        let mut end = Err(TrySendError::Full((Level::Debug, String::new())));
        let until = Instant::now() + PARTING;
        while Instant::now() < until && !thread.is_finished() {
            if let Err(TrySendError::Full(line)) = end {
                end = sender.try_send(line);
            }
            std::thread::sleep(GATHER / 2);
        }
    }
}

/// Starts the log thread and makes it the subscriber of everything this process traces.
///
/// # Errors
/// When no thread can be started.
pub fn start(sink: Sink) -> io::Result<Logger> {
    let (sender, receiver) = sync_channel(RING);
    let dropped = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&dropped);
    let thread = std::thread::Builder::new()
        .name("log".to_owned())
        // reading the time zone takes more than the usual quarter of a megabyte
        .stack_size(1024 * 1024)
        .spawn(move || write_lines(sink, &receiver, &counter))?;
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_level(false)
        .with_target(false)
        .with_ansi(false)
        .with_max_level(tracing::Level::INFO)
        .with_writer(Ring {
            sender: sender.clone(),
            dropped,
        })
        .finish();
    let _one_a_process = tracing::subscriber::set_global_default(subscriber);
    Ok(Logger {
        sender: Some(sender),
        thread: Some(thread),
    })
}

/// Writes what comes, a few lines at once: waking up for every line would cost more than the line.
fn write_lines(mut sink: Sink, receiver: &Receiver<(Level, String)>, dropped: &AtomicU64) {
    let mut lines = Vec::new();
    while let Ok(first) = receiver.recv() {
        let mut over = first.1.is_empty();
        lines.push(first);
        if !over {
            std::thread::sleep(GATHER);
        }
        while lines.len() < AT_ONCE
            && let Ok(line) = receiver.try_recv()
        {
            over |= line.1.is_empty();
            lines.push(line);
        }
        lines.retain(|(_, text)| !text.is_empty());
        sink.write_all(&lines);
        lines.clear();
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            sink.write(Level::Warning, &holdfast_supervise::dropped(lost));
        }
        if over {
            return;
        }
    }
}

#[derive(Debug)]
struct Ring {
    sender: SyncSender<(Level, String)>,
    dropped: Arc<AtomicU64>,
}

/// One line on its way.
struct Pending<'a> {
    ring: &'a Ring,
    level: Level,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Ring {
    type Writer = Pending<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Pending {
            ring: self,
            level: Level::Info,
            text: Vec::new(),
        }
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Self::Writer {
        let level = match *meta.level() {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warning,
            tracing::Level::INFO => Level::Info,
            _finer => Level::Debug,
        };
        Pending {
            ring: self,
            level,
            text: Vec::new(),
        }
    }
}

impl io::Write for Pending<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.text).trim_end().to_owned();
        if !text.is_empty() && self.ring.sender.try_send((self.level, text)).is_err() {
            self.ring.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}
