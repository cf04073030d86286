//! The state of the checks and its file. A crash must not forget who is down: it is written when something
//! turned, at most once a second, and a piece a turn of the loop, for a hundred thousand checks are a tenth of
//! a second where memory is slow.

use super::Shared;
use crate::state::{Pieces, StateFile};
use holdfast_health::{CheckId, Pool};
use holdfast_model::Mono;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// How often it is written, at most.
const EVERY: Duration = Duration::from_secs(1);
/// Checks that are written in one turn.
const PIECE: usize = 500;
/// What the log calls it.
const WHAT: &str = "the state of the checks";

/// The file, and what stands in it.
pub(super) struct Keeping {
    file: StateFile,
    /// Something turned that the file may not have.
    turned: bool,
    next: Mono,
    underway: Option<Pieces<CheckId>>,
    /// Rings when a piece is to be written.
    bell: Rc<Notify>,
}

impl Keeping {
    pub(super) fn new(file: StateFile) -> Self {
        Self {
            file,
            turned: false,
            next: Mono::ZERO,
            underway: None,
            bell: Rc::default(),
        }
    }

    /// What rings when there is something to write.
    pub(super) fn bell(&self) -> Rc<Notify> {
        Rc::clone(&self.bell)
    }

    /// Something turned.
    pub(super) const fn turned(&mut self) {
        self.turned = true;
    }

    /// The configuration is another one: what is underway begins anew.
    pub(super) fn anew(&mut self) {
        self.underway = None;
        self.turned = true;
    }

    /// Nothing has turned yet: a file that is there says the same, and none is no loss.
    pub(super) const fn as_it_stands(&mut self) {
        self.turned = false;
    }

    /// Begins to write if it is time to: [`keep`] goes on.
    pub(super) fn look(&mut self, now: Mono) {
        if self.turned && now >= self.next {
            self.next = now + EVERY;
            self.bell.notify_one();
        }
    }

    /// Writes all of it now.
    pub(super) fn whole(&mut self, pool: &Pool) {
        self.underway = None;
        self.further(pool, usize::MAX);
    }

    /// Writes a piece; true if more is to come.
    pub(super) fn piece(&mut self, pool: &Pool) -> bool {
        self.further(pool, PIECE);
        self.underway.is_some()
    }

    /// Nobody comes after this worker.
    pub(super) fn remove(&mut self) {
        self.underway = None;
        self.file.remove();
    }

    /// Writes some checks more; what is not to be written that way is written as a whole.
    fn further(&mut self, pool: &Pool, count: usize) {
        let underway = match self.underway.take() {
            Some(underway) => Ok(underway),
            None => {
                self.turned = false;
                Pieces::begin(&self.file, &pool.written(), pool.check_count())
            }
        };
        let further = |underway: Pieces<CheckId>| {
            let checks = pool.written_checks(underway.last());
            underway.further(checks.map(|(id, check)| (id, 1, check)), count)
        };
        match underway.and_then(further) {
            Ok(Some(underway)) => self.underway = Some(underway),
            Ok(None) => _ = self.file.is_kept(&Ok(()), WHAT),
            // no room for both, or no room at all
            Err(_) => self.turned = !self.file.keep(&pool.snapshot(), WHAT),
        }
    }
}

/// Writes what is to be written, for as long as there is somebody to ask.
pub(super) async fn keep(shared: Weak<RefCell<Shared>>, bell: Rc<Notify>) {
    loop {
        bell.notified().await;
        while let Some(shared) = shared.upgrade()
            && shared.borrow_mut().keep_on()
        {
            drop(shared);
            tokio::task::yield_now().await;
        }
    }
}
