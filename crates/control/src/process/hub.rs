//! Who asks which worker what, and what the supervisor says of them.

use crate::patience::{ASK_AGAIN, FRESH, GIVE_UP, SHARE, SILENCE};
use crate::question::{Answer, Question};
use crate::questions::{ask, hear};
use crate::report::{Daemon, Process};
use holdfast_supervise::channel::Received;
use holdfast_supervise::{Channel, Role, ToControl};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::{Mutex, Notify, oneshot};

/// What came of a question.
type Told = Result<Rc<Answer>, Unanswered>;

/// A worker as it is seen from here.
#[derive(Debug)]
struct Worker {
    link: Channel,
    process: Process,
    /// Its last status, and until when that is as good as a new one.
    status: Option<(Instant, Told)>,
    /// Whose turn it is to ask for its status.
    turn: Rc<Mutex<()>>,
    /// Rung when another process has taken its place.
    restarts: Rc<Notify>,
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
            turn: Rc::default(),
            restarts: Rc::default(),
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
                let again = worker.process.starts != starts;
                worker.process = Process {
                    wanted,
                    pid,
                    starts,
                };
                worker.status = None;
                if again {
                    worker.restarts.notify_waiters();
                }
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

/// Asks a worker. One that dies meanwhile is followed by one that is asked again: every question
/// may be asked twice. One that takes its time is not.
pub(super) async fn question(
    hub: &RefCell<Hub>,
    role: Role,
    question: &Question,
) -> Result<Answer, Unanswered> {
    let until = Instant::now() + GIVE_UP;
    loop {
        let process = hub.borrow_mut().process(role);
        if !process.wanted {
            return Err(Unanswered::Unconfigured);
        }
        let asked = hub.borrow_mut().put(role, question);
        match asked {
            None => tokio::time::sleep(ASK_AGAIN).await,
            Some(answer) => {
                let restarts = Rc::clone(&hub.borrow_mut().worker(role).restarts);
                tokio::select! {
                    Ok(answer) = answer => return Ok(answer),
                    () = restarts.notified() => {}
                    () = tokio::time::sleep_until(until.into()) => {}
                }
            }
        }
        if Instant::now() >= until {
            return Err(Unanswered::Silent);
        }
    }
}

/// How a worker is, as it said it a moment ago or says it now. It is asked by one at a time: the
/// others wait for the same answer.
pub(super) async fn status(hub: &RefCell<Hub>, role: Role) -> Told {
    let turn = Rc::clone(&hub.borrow_mut().worker(role).turn);
    let _turn = turn.lock().await;
    let known = hub.borrow_mut().worker(role).status.clone();
    if let Some((until, answer)) = known
        && Instant::now() < until
    {
        return answer;
    }
    let asked = Instant::now();
    let answer = question(hub, role, &Question::Status).await.map(Rc::new);
    let good = match answer {
        Ok(_) => FRESH.max(asked.elapsed() * SHARE),
        Err(_) => SILENCE,
    };
    let until = Instant::now() + good;
    hub.borrow_mut().worker(role).status = Some((until, answer.clone()));
    answer
}
