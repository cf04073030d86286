//! Going on where another worker ended, before a backup notices: first all that came in meanwhile is
//! read, then whoever is still master speaks, and only then is the kernel looked at.

use super::Worker;
use crate::lane::handle::Said;
use crate::lane::links::LinkNews;
use crate::script::told::Told;
use crate::worker::adopt;
use crate::worker::memory::{FORM, News, Remembered};
use holdfast_kernel::time::now;
use holdfast_model::Mono;
use holdfast_supervise::FromWorker;
use holdfast_vrrp::tape::How;
use holdfast_vrrp::{Input, Router};

/// Sockets are read so often before anybody speaks: a full receive buffer of each has less, and a
/// flood that goes on must not keep a master silent.
const ROUNDS: usize = 16;

impl Worker {
    /// True when there was somebody whose work goes on. Their sockets are closed when there was not:
    /// what waits in them is not for those who begin.
    pub(super) fn resume(&mut self) -> bool {
        let left = self.memory.recall();
        let known = self.memory.recall_history();
        let Some(left) = left.filter(|left| left.form == FORM) else {
            let nobody = std::iter::empty();
            self.effects.history.resume(now(), known, nobody);
            if self.adopts {
                return self.adopt();
            }
            self.effects.settle();
            return false;
        };
        self.adopts = false;
        let time = now();
        self.router = Router::resume(&self.model, &left.router, time);
        let from = left.router;
        self.record(time, |model| How::Resumes { model, from });
        for link in &left.links {
            self.effects.link(link);
            self.hearsay.insert(link.index);
        }
        self.effects.resume(&self.model, &self.router, &left.told);
        let instances = self.router.status().map(|status| status.key);
        self.effects.history.resume(time, known, instances);
        self.bfd.resume(&self.model.bfd, &left.bfd);
        self.read_clock();
        for link in left.links {
            self.feed(Input::Link(link));
        }
        self.effects.settle();
        for ear in self.effects.unheard() {
            self.feed(Input::Unheard(ear));
        }
        self.read_backlog();
        self.feed(Input::Start);
        self.started = true;
        self.hold = Some(now());
        self.control.say(FromWorker::Ready);
        let masters = self.router.masters().count();
        tracing::info!("Resumed: {masters} instance(s) go on as MASTER");
        true
    }

    /// Goes on for whoever served here until a moment ago and left nothing that is understood. Unlike
    /// after a crash links are not known yet: `Start` comes once they are.
    fn adopt(&mut self) -> bool {
        let masters = adopt::masters(&self.model);
        if masters.is_empty() {
            self.adopts = false;
            self.effects.settle();
            return false;
        }
        let time = now();
        self.router = Router::adopt(&self.model, &masters, time);
        let told = Told::of_masters(&self.model, &masters);
        let count = masters.len();
        self.record(time, |model| How::Adopts { model, masters });
        self.effects.resume(&self.model, &self.router, &told);
        self.read_signed();
        self.bfd.start();
        tracing::info!("Adopted: {count} instance(s) go on as MASTER");
        true
    }

    /// What came in while links were looked for is read before anybody speaks.
    pub(super) fn settle_adopted(&mut self) {
        if !std::mem::take(&mut self.adopts) {
            return;
        }
        self.effects.settle();
        for ear in self.effects.unheard() {
            self.feed(Input::Unheard(ear));
        }
        self.read_backlog();
    }

    /// Reads the sockets until they are empty: what waited is heard before anything is decided.
    pub(super) fn read_backlog(&mut self) {
        for _ in 0..ROUNDS {
            if self.read_sockets() == 0 {
                break;
            }
        }
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
            self.memory.touch(time, News::Other);
        }
        if self.memory.is_due(time) && self.started && self.stopping.is_none() {
            self.remember_now(time);
        }
    }

    /// Another one goes on with it.
    pub(super) fn leave(&mut self) {
        if self.stopping.is_some() {
            return;
        }
        if self.started {
            self.remember_now(now());
        }
        self.recorder = None;
        std::process::exit(holdfast_supervise::exit::OK);
    }

    fn remember_now(&mut self, time: Mono) {
        let state = Remembered {
            form: FORM,
            router: self.router.snapshot(),
            bfd: self.bfd.snapshot(),
            links: self.effects.links().cloned().collect(),
            told: self.effects.legacy(),
        };
        let news = self.effects.history.news();
        let written = self.memory.write(&state);
        let history = news.map_or(Ok(()), |kept| self.memory.write_history(&kept));
        if let Err(error) = written.and(history) {
            tracing::debug!("cannot write down how things stand: {error}");
        }
        self.memory.written(time, now());
    }
}
