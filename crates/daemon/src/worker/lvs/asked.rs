//! What the control process asks of this worker.

use super::Worker;
use crate::render::server_why;
use holdfast_control::report::{Check, Lvs, Quorum, RealServer, Sorry, VirtualServer};
use holdfast_control::{Answer, Question};
use holdfast_health::{CheckView, Pool, ServiceView};
use holdfast_model::spoken::place;
use holdfast_model::{RealServerKey, Weight};
use std::collections::BTreeMap;

impl Worker {
    /// Says what is asked.
    pub(super) fn answer(&self) {
        for (number, question) in self.questions.next() {
            let answer = match question {
                Question::Status => Answer::Lvs(Lvs {
                    ipvs: self.present,
                    virtual_servers: standing(&self.shared.borrow().pool),
                }),
                Question::Why { .. } => {
                    Answer::Refused("VRRP instances are another process's".to_owned())
                }
            };
            if let Err(error) = self.questions.answer(number, &answer) {
                tracing::warn!("control socket: cannot answer: {error}");
            }
        }
    }
}

/// The checks of each real server.
type Checks<'a> = BTreeMap<&'a RealServerKey, Vec<CheckView<'a>>>;

fn standing(pool: &Pool) -> Vec<VirtualServer> {
    let mut checks = Checks::new();
    for check in pool.check_views() {
        checks
            .entry(&check.key.real_server)
            .or_default()
            .push(check);
    }
    let servers = pool.views();
    servers
        .map(|view| virtual_server(pool, &view, &checks))
        .collect()
}

fn virtual_server(pool: &Pool, view: &ServiceView<'_>, checks: &Checks<'_>) -> VirtualServer {
    let config = view.config();
    let suspended = pool.is_suspended(&config.key);
    let sorry = config.sorry_server.as_ref();
    let real_servers = config.real_servers.iter().map(|server| {
        let checks = checks.get(&server.key).map_or(&[][..], Vec::as_slice);
        RealServer {
            name: server.key.spoken(),
            up: view.lives(server),
            weight: view.weight(server).map(Weight::get),
            configured_weight: server.weight.get(),
            method: server.forwarding.word().to_owned(),
            why: server_why(view, server, checks, suspended),
            checks: checks.iter().map(check).collect(),
        }
    });
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

fn check(view: &CheckView<'_>) -> Check {
    Check {
        name: view.key.probe.to_string(),
        up: view.up,
        tried: view.tried,
        failures: view.failures,
        reason: view.failure.map(crate::render::failure_words),
    }
}
