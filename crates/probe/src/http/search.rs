//! `regex`: looks for a pattern in a body that comes in pieces, of any length, in bounded memory
//! and time.
//!
//! ```text
//!   body    ├──────────── passed ───────────┤├── behind ──┤├── window ──────────┤ to come
//!   held                                     └───────── at most WINDOW ─────────┘
//! ```
//! What a match could still begin with stays; what it looks back at (`behind`) stays too. A search
//! that takes longer than a moment goes on in another thread, and is given up after a while.

use core::time::Duration;
use holdfast_model::BodyMatch;
use holdfast_model::event::CheckFailure;
use holdfast_pcre::{Limits, Outcome, Regex};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// A body is searched when so much has come.
const WINDOW: usize = 256 * 1024;
/// The longest beginning of a match that is kept for the next window; keepalived keeps 4 kB.
const KEPT: usize = 64 * 1024;
/// What a search may take on the worker's own thread.
const MOMENT: Duration = Duration::from_micros(200);
/// What it may take at all.
const LONGEST: Duration = Duration::from_secs(1);
/// Memory of a search in kB, unless `regex_stack` asks for more.
const MEMORY: u64 = 4 * 1024;
/// Memory that `regex_stack` may ask for, in kB.
const MOST_MEMORY: u64 = 64 * 1024;

/// Searches that take longer than a moment, at once.
static SLOW: Semaphore = Semaphore::const_new(2);

/// A search under way.
pub(crate) struct Search<'a> {
    rule: &'a BodyMatch,
    regex: Arc<Regex>,
    window: Vec<u8>,
    /// Where in the body the window begins.
    passed: u64,
    /// Where in the window a match may begin.
    from: usize,
    found: bool,
    /// No later byte can change `found`.
    over: bool,
}

impl<'a> Search<'a> {
    pub(crate) fn new(rule: &'a BodyMatch) -> Result<Self, CheckFailure> {
        Ok(Self {
            rule,
            regex: compiled(rule)?,
            window: Vec::new(),
            passed: 0,
            from: 0,
            found: false,
            over: false,
        })
    }

    /// The next piece.
    pub(super) async fn add(&mut self, bytes: &[u8]) -> Result<(), CheckFailure> {
        if self.over {
            return Ok(());
        }
        self.window.extend_from_slice(bytes);
        if self.window.len() < WINDOW {
            return Ok(());
        }
        self.look(true).await
    }

    /// The next piece, looked at now; true if the pattern was found.
    pub(crate) async fn found_in(&mut self, bytes: &[u8]) -> Result<bool, CheckFailure> {
        if !self.over {
            self.window.extend_from_slice(bytes);
            self.look(true).await?;
        }
        Ok(self.found)
    }

    /// There is no more; true if the pattern was found.
    pub(crate) async fn end(mut self) -> Result<bool, CheckFailure> {
        if !self.over {
            self.look(false).await?;
        }
        Ok(self.found)
    }

    async fn look(&mut self, more: bool) -> Result<(), CheckFailure> {
        let least = self.rule.least.saturating_sub(self.passed);
        let least = usize::try_from(least).unwrap_or(usize::MAX);
        let from = self.from.max(least);
        match self.find(from, more).await? {
            Outcome::Match { start, .. } => {
                let start = self.passed.saturating_add(start as u64);
                self.found = self.rule.most.is_none_or(|most| start <= most);
                self.over = true;
                self.window = Vec::new();
            }
            Outcome::Partial(start) => self.keep(start),
            Outcome::None => self.keep(self.window.len()),
            Outcome::Exhausted => return Err(CheckFailure::Search),
        }
        Ok(())
    }

    /// Passes what no match can begin with any more, but for what it may look back at. At least a
    /// byte stays, so that the window's begin is not taken for the body's.
    fn keep(&mut self, start: usize) {
        let start = match self.window.len().saturating_sub(start) {
            ..=KEPT => start,
            _ => self.window.len(),
        };
        let behind = self.regex.lookbehind().clamp(1, KEPT);
        let drop = start.saturating_sub(behind);
        self.window.drain(..drop);
        self.passed = self.passed.saturating_add(drop as u64);
        self.from = start - drop;
        let first = self.passed.saturating_add(self.from as u64);
        self.over = self.rule.most.is_some_and(|most| first > most);
    }

    /// Here if a moment is enough, else in one of the threads for what takes longer.
    async fn find(&mut self, from: usize, more: bool) -> Result<Outcome, CheckFailure> {
        let heap = (self.rule.memory / 1024).clamp(MEMORY, MOST_MEMORY);
        let heap = u32::try_from(heap).unwrap_or(u32::MAX);
        let quick = within(MOMENT, &self.regex, &self.window, (from, more), heap);
        if quick != Outcome::Exhausted {
            return Ok(quick);
        }
        // who is given up while it waits leaves nothing behind
        let turn = SLOW
            .acquire()
            .await
            .map_err(|_closed| CheckFailure::Search)?;
        let (regex, window) = (Arc::clone(&self.regex), core::mem::take(&mut self.window));
        let slow = tokio::task::spawn_blocking(move || {
            let _until_it_ends = turn;
            let outcome = within(LONGEST, &regex, &window, (from, more), heap);
            (outcome, window)
        });
        let (outcome, window) = slow.await.map_err(|_ended| CheckFailure::Search)?;
        self.window = window;
        Ok(outcome)
    }
}

fn within(
    time: Duration,
    regex: &Regex,
    text: &[u8],
    (from, more): (usize, bool),
    heap_kib: u32,
) -> Outcome {
    let start = Instant::now();
    let mut go_on = || start.elapsed() < time;
    let limits = Limits {
        heap_kib,
        go_on: &mut go_on,
    };
    regex.find(text, from, more, limits)
}

/// Patterns that are kept compiled, at most: configurations have a few.
const PATTERNS: usize = 256;

std::thread_local! {
    static COMPILED: RefCell<BTreeMap<(String, u32), Arc<Regex>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Compiled once for all checks that ask for it.
fn compiled(rule: &BodyMatch) -> Result<Arc<Regex>, CheckFailure> {
    let key = (rule.pattern.as_str().to_owned(), rule.options);
    COMPILED.with_borrow_mut(|all| {
        if let Some(regex) = all.get(&key) {
            return Ok(Arc::clone(regex));
        }
        if all.len() >= PATTERNS {
            all.clear();
        }
        // the configuration was read with the same library, which took the pattern there
        let regex = Regex::new(key.0.as_bytes(), rule.options).map_err(|_| CheckFailure::Search)?;
        let regex = Arc::new(regex);
        all.insert(key, Arc::clone(&regex));
        Ok(regex)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Name;
    use tokio::runtime::Builder;
    use tokio::time::timeout;

    /// As the worker has it.
    const THREADS: usize = 2;

    #[test]
    fn searches_that_are_given_up_do_not_wait_for_a_thread() {
        let rule = BodyMatch {
            pattern: Name::from("(a+)+[bc]$"),
            options: 0,
            absent: false,
            least: 0,
            most: None,
            memory: 0,
        };
        let endless = [b'a'; 40];
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_time().max_blocking_threads(THREADS).build();
        runtime.expect("runtime").block_on(async {
            let search = async || {
                let mut search = Search::new(&rule)?;
                search.add(&endless).await?;
                search.end().await
            };
            for _ in 0..8 * THREADS {
                let given_up = timeout(Duration::from_millis(1), search()).await;
                assert!(given_up.is_err());
            }
            // those that run, and its own: not one after the other of those above
            let start = Instant::now();
            assert_eq!(search().await, Err(CheckFailure::Search));
            assert!(start.elapsed() < LONGEST * 4);
        });
    }
}
