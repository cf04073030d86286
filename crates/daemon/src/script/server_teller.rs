//! What the lvs worker tells of servers: notices and letters, through one thread.

use super::runner::Runner;
use super::server_letters::ServerLetters;
use super::servers::ServerNotifier;
use holdfast_health::Pool;
use holdfast_model::{Event, ServerNotices};
use std::io;

/// What the lvs worker tells, and the thread that does.
#[derive(Debug)]
pub(crate) struct ServerTeller {
    notifier: ServerNotifier,
    letters: ServerLetters,
    runner: Runner,
}

impl ServerTeller {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no room for it.
    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self {
            notifier: ServerNotifier::default(),
            letters: ServerLetters::default(),
            runner: Runner::start()?,
        })
    }

    /// A configuration comes into force: its events follow.
    pub(crate) fn begin(&mut self, told: &ServerNotices) {
        self.runner.configure(&told.notices);
        self.notifier.begin(told);
        self.letters.begin(told);
    }

    /// Its events were heard.
    pub(crate) fn finish(&mut self, told: &ServerNotices, pool: &Pool) {
        let notices = self.notifier.finish(told, pool);
        notices.into_iter().for_each(|one| self.runner.tell(one));
        let letters = self.letters.finish(pool);
        letters.into_iter().for_each(|one| self.runner.write(one));
    }

    /// Something happened.
    pub(crate) fn hear(&mut self, event: &Event) {
        if let Some(notice) = self.notifier.hear(event) {
            self.runner.tell(notice);
        }
        let letters = self.letters.hear(event);
        letters.into_iter().for_each(|one| self.runner.write(one));
    }

    /// All that came of one input was heard.
    pub(crate) fn settle(&mut self) {
        if let Some(letter) = self.letters.settle() {
            self.runner.write(letter);
        }
    }

    /// The daemon stops and gives the table back.
    pub(crate) fn farewell(&self, pool: &Pool) {
        let notices = self.notifier.farewell(pool, &self.letters);
        notices.into_iter().for_each(|one| self.runner.tell(one));
    }

    /// Nothing follows.
    pub(crate) fn stop(&self) {
        self.runner.stop();
    }

    /// Waits until all is told; `meanwhile` runs now and then.
    pub(crate) fn end(&self, meanwhile: impl Fn()) {
        self.runner.end(meanwhile);
    }
}
