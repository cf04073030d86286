//! Who asks which worker what, and what the supervisor says of them.

use crate::patience::{ASK_AGAIN, FRESH, GIVE_UP};
use crate::question::{Answer, Question};
use crate::questions::{ask, hear};
use crate::report::{Daemon, Process};
use holdfast_supervise::channel::Received;
use holdfast_supervise::{Channel, Role, ToControl};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::oneshot;

/// A worker as it is seen from here.
#[derive(Debug)]
struct Worker {
    link: Channel,
    process: Process,
    /// Its last status, and when it came.
    status: Option<(Instant, Rc<Answer>)>,
}

/// All that the connections share.
#[derive(Debug)]
pub(super) struct Hub {
    workers: [Worker; 2],
    generation: Option<u64>,
    waiting: BTreeMap<u64, oneshot::Sender<Answer>>,
    next: u64,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The configuration has nothing for that worker.
    Unconfigured,
    /// It says nothing.
    Silent,
}

impl Hub {
    pub(super) fn new(links: [Channel; 2]) -> Self {
        let worker = |link| Worker {
            link,
            process: Process::default(),
            status: None,
        };
        Self {
            workers: links.map(worker),
            generation: None,
            waiting: BTreeMap::new(),
            // answers to the process before this one are not ours
            next: u64::from(std::process::id()) << 32,
        }
    }

    /// The supervisor has said how everything is.
    pub(super) const fn is_informed(&self) -> bool {
        self.generation.is_some()
    }

    pub(super) fn learn(&mut self, fact: ToControl) {
        match fact {
            ToControl::Configuration { generation } => self.generation = Some(generation),
            ToControl::Worker {
                role,
                wanted,
                pid,
                starts,
            } => {
                let worker = self.worker(role);
                let pid = (pid != 0).then_some(pid);
                worker.process = Process {
                    wanted,
                    pid,
                    starts,
                };
                worker.status = None;
            }
        }
    }

    fn worker(&mut self, role: Role) -> &mut Worker {
        let [vrrp, lvs] = &mut self.workers;
        match role {
            Role::Vrrp => vrrp,
            Role::Lvs => lvs,
        }
    }

    pub(super) fn process(&mut self, role: Role) -> Process {
        self.worker(role).process
    }

    pub(super) fn daemon(&self) -> Daemon {
        Daemon {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: nix::unistd::getppid().as_raw().unsigned_abs(),
            configuration: self.generation.unwrap_or_default(),
        }
    }

    /// Reads the links.
    pub(super) fn hear(&mut self) {
        for worker in &self.workers {
            while let Ok(Received::Message(bytes, memfd)) = worker.link.receive() {
                let Some((number, answer)) = hear(&bytes, memfd) else {
                    continue;
                };
                if let Some(waits) = self.waiting.remove(&number) {
                    let _gone = waits.send(answer);
                }
            }
        }
        self.waiting.retain(|_, waits| !waits.is_closed());
    }

    fn put(&mut self, role: Role, question: &Question) -> Option<oneshot::Receiver<Answer>> {
        self.next += 1;
        let number = self.next;
        ask(&self.worker(role).link, number, question).ok()?;
        let (sender, receiver) = oneshot::channel();
        self.waiting.insert(number, sender);
        Some(receiver)
    }
}

/// Asks a worker, again and again if it dies meanwhile: every question may be asked twice.
pub(super) async fn question(
    hub: &RefCell<Hub>,
    role: Role,
    question: &Question,
) -> Result<Answer, Unanswered> {
    let until = Instant::now() + GIVE_UP;
    loop {
        if !hub.borrow_mut().process(role).wanted {
            return Err(Unanswered::Unconfigured);
        }
        let asked = hub.borrow_mut().put(role, question);
        let patience = ASK_AGAIN.min(until.saturating_duration_since(Instant::now()));
        match asked {
            // the link is full of what a dead worker did not read
            None => tokio::time::sleep(patience).await,
            Some(answer) => {
                if let Ok(Ok(answer)) = tokio::time::timeout(patience, answer).await {
                    return Ok(answer);
                }
            }
        }
        if Instant::now() >= until {
            return Err(Unanswered::Silent);
        }
    }
}

/// How a worker is, as it said it a moment ago or says it now.
pub(super) async fn status(hub: &RefCell<Hub>, role: Role) -> Result<Rc<Answer>, Unanswered> {
    let known = hub.borrow_mut().worker(role).status.clone();
    if let Some((said, answer)) = known
        && said.elapsed() < FRESH
    {
        return Ok(answer);
    }
    let answer = Rc::new(question(hub, role, &Question::Status).await?);
    hub.borrow_mut().worker(role).status = Some((Instant::now(), Rc::clone(&answer)));
    Ok(answer)
}
