//! What a daemon said, line by line, with the time each line arrived.

use crate::error::{Result, lock};
use crate::shell::{wait, wait_some};
use std::io::{BufRead as _, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than any scenario.
const FOREVER: Duration = Duration::from_secs(3_600);

/// A log that grows while the daemon runs, over all its starts.
#[derive(Debug, Default)]
pub struct Log {
    lines: Mutex<Vec<(Instant, String)>>,
    /// Nobody reads what the daemon says.
    deaf: AtomicBool,
}

impl Log {
    /// Reads a pipe to its end on a thread of its own.
    pub(crate) fn follow(self: &Arc<Self>, pipe: impl Read + Send + 'static) {
        let log = Arc::clone(self);
        std::thread::spawn(move || {
            let mut reader = BufReader::new(pipe);
            let mut bytes = Vec::new();
            let heard = |log: &Self| !log.deaf.load(Ordering::Relaxed);
            while wait("an open ear", FOREVER, || heard(&log)).is_ok()
                && reader
                    .read_until(b'\n', &mut bytes)
                    .is_ok_and(|length| length > 0)
            {
                let at = Instant::now();
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                lock(&log.lines).push((at, line));
                bytes.clear();
            }
        });
    }

    /// Stops reading, or goes on: a daemon that says much meanwhile has a full pipe before it.
    pub fn stop_reading(&self, stop: bool) {
        self.deaf.store(stop, Ordering::Relaxed);
    }

    /// A place in the log: what comes after it is new.
    #[must_use]
    pub fn mark(&self) -> usize {
        lock(&self.lines).len()
    }

    /// The lines after `mark`.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<(Instant, String)> {
        lock(&self.lines).get(mark..).unwrap_or_default().to_vec()
    }

    /// How many lines after `mark` contain `words`.
    #[must_use]
    pub fn count(&self, mark: usize, words: &str) -> usize {
        self.since(mark)
            .iter()
            .filter(|(_, line)| line.contains(words))
            .count()
    }

    /// Waits for a line after `mark` that contains `words`.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`].
    pub fn wait(&self, mark: usize, words: &str, bound: Duration) -> Result<(Instant, String)> {
        self.wait_any(mark, &[words], bound)
    }

    /// Waits for a line after `mark` that contains one of `words`.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`].
    pub fn wait_any(
        &self,
        mark: usize,
        words: &[&str],
        bound: Duration,
    ) -> Result<(Instant, String)> {
        wait_some(&format!("a log line with {words:?}"), bound, || {
            lock(&self.lines)
                .get(mark..)?
                .iter()
                .find(|(_, line)| words.iter().any(|word| line.contains(word)))
                .cloned()
        })
    }
}
