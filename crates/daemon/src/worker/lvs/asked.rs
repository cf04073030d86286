//! What the control process asks of this worker.

use super::Worker;
use crate::render::server_why;
use crate::worker::control::BEAT;
use holdfast_control::report::{Act, Check, Lvs, Order, Quorum, RealServer, Sorry, VirtualServer};
use holdfast_control::{Answer, Question};
use holdfast_health::{CheckView, Pool, ServiceView};
use holdfast_kernel::time::now;
use holdfast_model::spoken::place;
use holdfast_model::{Given, Mono, RealServerKey, Weight};
use holdfast_supervise::FromWorker;
use std::collections::BTreeMap;

impl Worker {
    /// Says what is asked.
    pub(super) fn answer(&self) {
        for (number, question) in self.questions.next() {
            let answer = match question {
                Question::Order(request) => self.order(&request),
                Question::Connections {
                    virtual_server,
                    real_server,
                } => match self.count(number, &virtual_server, &real_server) {
                    Some(answer) => answer,
                    None => continue,
                },
                Question::Status => Answer::Lvs(Lvs {
                    ipvs: self.present,
                    delay: self.shared.borrow().lane.delay(),
                    virtual_servers: standing(&self.shared.borrow().pool, || self.beat()),
                }),
                Question::Why { .. } => {
                    Answer::Refused("VRRP instances are another process's".to_owned())
                }
            };
            self.say(number, &answer);
        }
    }

    /// A long answer is no silence.
    fn beat(&self) {
        self.control.say(FromWorker::Beat);
    }

    /// Gives an answer.
    pub(super) fn say(&self, number: u64, answer: &Answer) {
        if let Err(error) = self.questions.answer(number, answer) {
            tracing::warn!("control socket: cannot answer: {error}");
        }
    }
}

/// The checks of each real server.
pub(super) type Checks<'a> = BTreeMap<&'a RealServerKey, Vec<CheckView<'a>>>;

/// All virtual servers; `beat` is called now and then, for a hundred thousand take a while.
fn standing(pool: &Pool, beat: impl Fn()) -> Vec<VirtualServer> {
    beat();
    let mut checks = Checks::new();
    for check in pool.check_views() {
        checks
            .entry(&check.key.real_server)
            .or_default()
            .push(check);
    }
    let mut next = now() + BEAT;
    let servers = pool.views().map(|view| {
        if now() >= next {
            beat();
            next = now() + BEAT;
        }
        virtual_server(pool, &view, &checks)
    });
    let servers = servers.collect();
    beat();
    servers
}

fn virtual_server(pool: &Pool, view: &ServiceView<'_>, checks: &Checks<'_>) -> VirtualServer {
    let config = view.config();
    let suspended = pool.is_suspended(&config.key);
    let sorry = config.sorry_server.as_ref();
    let real_servers = config.real_servers.iter();
    let real_servers = real_servers.map(|server| real_server(pool, view, server, checks));
    VirtualServer {
        name: config.key.spoken(),
        scheduler: config.scheduler.word().to_owned(),
        method: config.forwarding.word().to_owned(),
        quorum: Quorum {
            up: view.has_quorum(),
            needed: config.quorum,
            hysteresis: config.hysteresis,
            weight: view.living_weight(),
        },
        sorry_server: sorry.map(|sorry| Sorry {
            name: place(sorry.address, sorry.port),
            active: view.sorry(),
        }),
        suspended,
        real_servers: real_servers.collect(),
    }
}

pub(super) fn real_server(
    pool: &Pool,
    view: &ServiceView<'_>,
    server: &holdfast_model::RealServer,
    checks: &Checks<'_>,
) -> RealServer {
    let suspended = pool.is_suspended(&server.key.virtual_server);
    let checks = checks.get(&server.key).map_or(&[][..], Vec::as_slice);
    let now = now();
    RealServer {
        name: server.key.spoken(),
        up: view.lives(server),
        weight: view.weight(server).map(Weight::get),
        configured_weight: server.weight.get(),
        method: server.forwarding.word().to_owned(),
        why: server_why(view, server, checks, suspended, now),
        order: view.order(server).map(|given| order(given, now)),
        checks: checks.iter().map(check).collect(),
    }
}

fn order(given: Given, now: Mono) -> Order {
    let left = given.until.map(|until| until.since(now).as_millis());
    Order {
        act: match given.order {
            holdfast_model::Order::Drain => Act::Drain,
            holdfast_model::Order::Disable => Act::Disable,
            holdfast_model::Order::Weight(weight) => Act::Weight(weight.get()),
        },
        left_ms: left.map(|left| u64::try_from(left).unwrap_or(u64::MAX)),
    }
}

fn check(view: &CheckView<'_>) -> Check {
    Check {
        name: view.key.probe.to_string(),
        up: view.up,
        tried: view.tried,
        failures: view.failures,
        reason: view.failure.map(crate::render::failure_words),
    }
}
