//! A kernel in memory that answers late, fails, forgets answers and is written to by others.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use holdfast_model::{Machine, Mono};
use holdfast_plan::{
    Act, Action, Domain, Input, Observed, Op, Outcome, Reconciler, Report, Scope, apply,
};
use std::collections::VecDeque;
use std::time::Duration;

/// The rules of a kind: the error number of an operation on a table, 0 for success.
pub trait Rules: Domain {
    fn errno(table: &Observed<Self>, op: &Op<Self::Id, Self::Attr>) -> i32;
    /// The kernel tells of changes.
    const EVENTS: bool;
}

/// What the next request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// So many operations run, then the answers are lost.
    Unknown(usize),
    /// This operation fails with this error number.
    Errno(usize, i32),
    /// The dump is inconsistent.
    Interrupted,
}

pub struct World<D: Rules> {
    pub machine: Reconciler<D>,
    pub table: Observed<D>,
    pub now: Mono,
    pub fault: Fault,
    pub reports: Vec<Report<D>>,
    /// Every operation that was submitted, in order.
    pub log: Vec<Op<D::Id, D::Attr>>,
    pub batches: usize,
    pub dumps: usize,
    /// Asked for and not yet done.
    pending: VecDeque<Action<D>>,
    events: VecDeque<(D::Id, Option<D::Attr>)>,
}

impl<D: Rules> World<D> {
    pub fn new(machine: Reconciler<D>) -> Self {
        Self {
            machine,
            table: Observed::<D>::new(),
            now: Mono::from_secs(1),
            fault: Fault::None,
            reports: Vec::new(),
            log: Vec::new(),
            batches: 0,
            dumps: 0,
            pending: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    pub fn input(&mut self, input: Input<D>) {
        self.machine.handle(self.now, input);
        while let Some(action) = self.machine.poll_action() {
            match action {
                Action::Report(report) => self.reports.push(report),
                other => self.pending.push_back(other),
            }
        }
        assert!(
            self.pending.len() <= 1,
            "one request in flight: {:?}",
            self.pending
        );
    }

    /// Runs one operation on the table; its event is queued.
    pub fn execute(&mut self, op: &Op<D::Id, D::Attr>) -> i32 {
        let errno = D::errno(&self.table, op);
        if errno != 0 {
            return errno;
        }
        apply::<D>(&mut self.table, op);
        if D::EVENTS {
            self.events.push_back((op.id().clone(), op.attr().cloned()));
        }
        0
    }

    /// Answers the request in flight, if there is one.
    pub fn answer(&mut self) {
        let fault = core::mem::replace(&mut self.fault, Fault::None);
        match self.pending.pop_front() {
            None | Some(Action::Report(_)) => {}
            Some(Action::Dump(scope)) => {
                self.dumps += 1;
                for (id, attr) in self.table.clone() {
                    let inside = match &scope {
                        Scope::All => true,
                        Scope::Keys(keys) => D::key_of(&id).is_some_and(|k| keys.contains(&k)),
                    };
                    if inside {
                        self.input(Input::DumpItem { id, attr });
                    }
                }
                let interrupted = fault == Fault::Interrupted;
                self.input(Input::DumpEnd { interrupted });
            }
            Some(Action::Submit(batch)) => {
                assert!((1..=holdfast_plan::MAX_BATCH).contains(&batch.ops.len()));
                self.batches += 1;
                self.log.extend(batch.ops.iter().cloned());
                let outcome = self.run(&batch.ops, fault);
                let batch = batch.id;
                self.input(Input::Done { batch, outcome });
            }
        }
    }

    fn run(&mut self, ops: &[Op<D::Id, D::Attr>], fault: Fault) -> Outcome {
        let mut failed = Vec::new();
        for (index, op) in ops.iter().enumerate() {
            match fault {
                Fault::Unknown(ran) if index >= ran => break,
                Fault::Errno(at, errno) if index == at => failed.push((index, errno)),
                _ => match self.execute(op) {
                    0 => {}
                    errno => failed.push((index, errno)),
                },
            }
        }
        match fault {
            Fault::Unknown(_) => Outcome::Unknown(110),
            _ => Outcome::Known(failed),
        }
    }

    /// Delivers the oldest event.
    pub fn deliver(&mut self) {
        if let Some((id, attr)) = self.events.pop_front() {
            self.input(Input::KernelEvent { id, attr });
        }
    }

    /// The event queue overflows.
    pub fn lose_events(&mut self) {
        self.events.clear();
        self.input(Input::Overrun);
    }

    pub fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        if self.machine.deadline().is_some_and(|at| at <= self.now) {
            self.input(Input::Tick);
        }
    }

    /// Serves until nothing is left to do, at most so many steps.
    pub fn settle(&mut self) {
        self.fault = Fault::None;
        for _ in 0..10_000 {
            if !self.pending.is_empty() {
                self.answer();
            } else if !self.events.is_empty() {
                self.deliver();
            } else if self.machine.is_quiet() {
                return;
            } else if let Some(at) = self.machine.deadline() {
                self.now = self.now.max(at);
                self.input(Input::Tick);
            } else {
                panic!("stuck: {:?}", self.machine);
            }
        }
        panic!("does not come to rest");
    }

    pub fn acts(&self) -> Vec<Act> {
        self.log.iter().map(Op::act).collect()
    }
}
