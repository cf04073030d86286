//! The tasks that ask: one a check, which stands ready for as long as the check is there.

use super::{Shared, feed};
use crate::worker::boundary::{Broke, contained};
use holdfast_health::{CheckId, Input};
use holdfast_model::Probe;
use holdfast_model::event::CheckFailure;
use holdfast_probe::Course;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::{Rc, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The task of one check.
pub(super) struct Standing {
    ready: Rc<Notify>,
    /// A reload may change it.
    timeout: Rc<Cell<Duration>>,
    task: JoinHandle<()>,
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn start_probe(
    shared: &Rc<RefCell<Shared>>,
    check: CheckId,
    probe: Probe,
    timeout: Duration,
) {
    if let Some(standing) = shared.borrow().probes.get(&check) {
        standing.timeout.set(timeout);
        standing.ready.notify_one();
        return;
    }
    let (ready, timeout) = (Rc::new(Notify::new()), Rc::new(Cell::new(timeout)));
    ready.notify_one();
    let (bell, patience, back) = (
        Rc::clone(&ready),
        Rc::clone(&timeout),
        Rc::downgrade(shared),
    );
    let task = tokio::task::spawn_local(async move {
        let (mut said, mut course) = (false, Course::default());
        loop {
            bell.notified().await;
            let asked = holdfast_probe::run(&probe, patience.get(), &mut course);
            let result = match contained(asked).await {
                Ok(result) => result,
                Err(broke) => Err(broken(&back, &probe, &broke, &mut said)),
            };
            if let Err(CheckFailure::Local(errno)) = &result {
                let error = io::Error::from_raw_os_error(*errno);
                tracing::warn!("{probe} could not be tried: {error}");
            }
            if let Some(news) = course.news() {
                tracing::warn!("{probe}: {news}");
            }
            let Some(shared) = back.upgrade() else { return };
            feed(&shared, Input::Verdict { check, result });
        }
    });
    shared.borrow_mut().probes.insert(
        check,
        Standing {
            ready,
            timeout,
            task,
        },
    );
}

/// A check that panicked: counted, and said once a check.
fn broken(
    shared: &Weak<RefCell<Shared>>,
    probe: &Probe,
    Broke(words): &Broke,
    said: &mut bool,
) -> CheckFailure {
    let Some(shared) = shared.upgrade() else {
        return CheckFailure::Bug;
    };
    let mut shared = shared.borrow_mut();
    shared.broken = shared.broken.saturating_add(1);
    if !std::mem::replace(said, true) {
        let count = shared.broken;
        tracing::error!("bug: {probe} broke and counts as failed ({count} so far): {words}");
    }
    CheckFailure::Bug
}
