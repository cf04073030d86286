//! Going on where another worker ended, before a backup notices: first all that came in meanwhile is
//! read, then whoever is still master speaks, and only then is the kernel looked at.

use super::Worker;
use crate::lane::handle::Said;
use crate::lane::links::LinkNews;
use crate::worker::memory::Remembered;
use holdfast_kernel::time::now;
use holdfast_model::Mono;
use holdfast_supervise::FromWorker;
use holdfast_vrrp::{Input, Router};

/// Sockets are read so often before anybody speaks: a full receive buffer of each has less, and a
/// flood that goes on must not keep a master silent.
const ROUNDS: usize = 16;

impl Worker {
    /// True when there was somebody whose work goes on. Their sockets are closed when there was not:
    /// what waits in them is not for those who begin.
    pub(super) fn resume(&mut self) -> bool {
        let left = self.memory.recall();
        let Some(left) = left.filter(|left| left.build == self.build) else {
            self.effects.settle();
            return false;
        };
        self.router = Router::resume(&self.model, &left.router, now());
        for link in &left.links {
            self.effects.link(link);
            self.hearsay.insert(link.index);
        }
        self.effects.resume(&self.model, &self.router, &left.told);
        self.bfd.resume(&self.model.bfd, &left.bfd);
        self.read_clock();
        for link in left.links {
            self.feed(Input::Link(link));
        }
        self.effects.settle();
        for ear in self.effects.unheard() {
            self.feed(Input::Unheard(ear));
        }
        for _ in 0..ROUNDS {
            if !self.read_sockets() {
                break;
            }
        }
        self.feed(Input::Start);
        self.started = true;
        self.hold = Some(now());
        self.control.say(FromWorker::Ready);
        let masters = self.router.masters().count();
        tracing::info!("Resumed: {masters} instance(s) go on as MASTER");
        true
    }

    /// The kernel was read: interfaces that were not there are gone.
    pub(super) fn check_hearsay(&mut self) {
        for index in core::mem::take(&mut self.hearsay) {
            self.heard(Said::Link(LinkNews::Gone(index)));
        }
    }

    /// Writes down how things stand, for a successor.
    pub(super) fn remember(&mut self, time: Mono) {
        if self.bfd.deadline().is_some() {
            self.memory.touch();
        }
        if !self.memory.is_due(time) || !self.started || self.stopping.is_some() {
            return;
        }
        let state = Remembered {
            build: self.build,
            router: self.router.snapshot(),
            bfd: self.bfd.snapshot(),
            links: self.effects.links().cloned().collect(),
            told: self.effects.legacy(),
        };
        if let Err(error) = self.memory.write(&state) {
            tracing::debug!("cannot write down how things stand: {error}");
        }
        self.memory.written(time, now());
    }
}
