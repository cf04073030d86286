//! Events → letters about virtual and real servers, in keepalived's words.
//!
//! A check that turns is written about when what it did to its server is known: the event after it
//! says so, if anything came of it.

use super::check_words;
use crate::mail::letter::Letter;
use holdfast_health::Pool;
use holdfast_model::event::{RealServerEvent, ServiceEvent};
use holdfast_model::{Event, Probe, RealServerKey, ServerAlerts, ServerNotices, VirtualServerKey};
use std::collections::{BTreeMap, BTreeSet};

/// Who is written about, and what was so far.
#[derive(Debug, Default)]
pub(crate) struct ServerLetters {
    /// There is somebody to write to.
    wanted: bool,
    alerts: ServerAlerts,
    /// Those that say themselves whether.
    services: BTreeMap<VirtualServerKey, bool>,
    servers: BTreeMap<RealServerKey, bool>,
    /// Checks that have failed.
    failed: BTreeSet<(RealServerKey, Probe)>,
    turned: Option<Turned>,
    fresh: BTreeSet<VirtualServerKey>,
    /// Services with their quorum: its number and its hysteresis.
    up: BTreeMap<VirtualServerKey, (u32, u32)>,
    leaving: Vec<(VirtualServerKey, (u32, u32))>,
}

/// A check has turned.
#[derive(Debug)]
struct Turned {
    server: RealServerKey,
    body: &'static str,
    /// It was the other way round before.
    anew: bool,
    /// Its server turned with it: it lives, or not.
    server_turned: Option<bool>,
}

impl ServerLetters {
    /// A configuration comes into force: its events follow.
    pub(crate) fn begin(&mut self, told: &ServerNotices) {
        self.wanted = told.notices.mail.is_some();
        self.alerts = told.alerts;
        let services = told.services.iter();
        self.services = services
            .filter_map(|one| Some((one.key.clone(), one.alert?)))
            .collect();
        let servers = told.servers.iter();
        self.servers = servers
            .filter_map(|one| Some((one.key.clone(), one.alert?)))
            .collect();
    }

    /// Its events were heard.
    pub(crate) fn finish(&mut self, pool: &Pool) -> Vec<Letter> {
        let mut letters: Vec<Letter> = self.settle().into_iter().collect();
        self.fresh.clear();
        for (key, (quorum, hysteresis)) in std::mem::take(&mut self.leaving) {
            let body = lost(quorum, hysteresis, 0);
            letters.extend(self.service(&key, "DOWN", body));
        }
        if !self.failed.is_empty() {
            let there: BTreeSet<RealServerKey> = pool
                .views()
                .flat_map(|view| view.config().real_servers.iter().map(|one| one.key.clone()))
                .collect();
            self.failed.retain(|(key, _)| there.contains(key));
        }
        letters
    }

    /// Takes an event; what is to be written because of it, and of the one before.
    pub(crate) fn hear(&mut self, event: &Event) -> Vec<Letter> {
        let mut letters = Vec::new();
        match event {
            Event::RealServer { real_server, event } => {
                letters.extend(self.real_server(real_server, event));
            }
            Event::Service {
                virtual_server,
                event,
            } => letters.extend(self.quorum(virtual_server, event)),
            _of_others => {}
        }
        letters
    }

    fn real_server(&mut self, key: &RealServerKey, event: &RealServerEvent) -> Option<Letter> {
        match event {
            RealServerEvent::CheckFailed { probe, .. } => {
                let anew = self.failed.insert((key.clone(), probe.clone()));
                self.turn(key, check_words::failed(probe), anew)
            }
            RealServerEvent::CheckSucceeded { probe } => {
                let anew = self.failed.remove(&(key.clone(), probe.clone()));
                self.turn(key, check_words::succeeded(probe), anew)
            }
            RealServerEvent::Added | RealServerEvent::Enabled => {
                if let Some(turned) = self.turned.as_mut().filter(|one| one.server == *key) {
                    turned.server_turned = Some(true);
                }
                None
            }
            RealServerEvent::Removed | RealServerEvent::Disabled => {
                if let Some(turned) = self.turned.as_mut().filter(|one| one.server == *key) {
                    turned.server_turned = Some(false);
                    return None;
                }
                self.server(key, "DOWN", "=> Removing <=")
            }
            RealServerEvent::CheckNotYetUp { probe, .. } => {
                self.failed.insert((key.clone(), probe.clone()));
                None
            }
            RealServerEvent::CheckActivated { .. }
            | RealServerEvent::CheckSuspended { .. }
            | RealServerEvent::CheckForgiven { .. }
            | RealServerEvent::Unconfigured
            | RealServerEvent::ShutDown
            | RealServerEvent::InhibitedRemoved
            | RealServerEvent::Ordered(_)
            | RealServerEvent::OrderOver
            | RealServerEvent::WeightChanged { .. } => None,
        }
    }

    /// A check has turned; what is written about the one before it.
    fn turn(&mut self, key: &RealServerKey, body: &'static str, anew: bool) -> Option<Letter> {
        let before = self.settle();
        self.turned = Some(Turned {
            server: key.clone(),
            body,
            anew,
            server_turned: None,
        });
        before
    }

    /// All that a turned check did has been heard.
    pub(crate) fn settle(&mut self) -> Option<Letter> {
        let turned = self.turned.take()?;
        let wanted = match turned.server_turned {
            Some(_) => true,
            None => turned.anew && self.alerts.checks,
        };
        // where no server turns one check of several fails
        let alive = turned.server_turned.unwrap_or(false);
        let state = if alive { "UP" } else { "DOWN" };
        wanted
            .then(|| self.server(&turned.server, state, turned.body))
            .flatten()
    }

    fn quorum(&mut self, key: &VirtualServerKey, event: &ServiceEvent) -> Option<Letter> {
        match event {
            ServiceEvent::Added => {
                self.fresh.insert(key.clone());
                None
            }
            ServiceEvent::QuorumGained {
                quorum,
                hysteresis,
                weight,
            } => {
                self.up.insert(key.clone(), (*quorum, *hysteresis));
                let need = u64::from(*quorum) + u64::from(*hysteresis);
                let body = format!("=> Gained quorum {quorum}+{hysteresis}={need} <= {weight} <=");
                let fresh = self.fresh.contains(key);
                (!fresh).then(|| self.service(key, "UP", body)).flatten()
            }
            ServiceEvent::QuorumLost {
                quorum,
                hysteresis,
                weight,
            } => {
                self.up.remove(key);
                self.service(key, "DOWN", lost(*quorum, *hysteresis, *weight))
            }
            ServiceEvent::Removed => {
                if let Some(numbers) = self.up.remove(key) {
                    self.leaving.push((key.clone(), numbers));
                }
                None
            }
            ServiceEvent::SorryServerAdded { .. }
            | ServiceEvent::SorryServerRemoved { .. }
            | ServiceEvent::AliveRemoved
            | ServiceEvent::AliveReturned => None,
        }
    }

    /// The daemon stops: a server that has `omega` and lives.
    pub(crate) fn shut_server(&self, key: &RealServerKey) -> Option<Letter> {
        self.server(key, "DOWN", SHUT)
    }

    /// The same of a virtual server.
    pub(crate) fn shut_service(&self, key: &VirtualServerKey) -> Option<Letter> {
        self.service(key, "DOWN", SHUT.to_owned())
    }

    fn server(&self, key: &RealServerKey, state: &str, body: &str) -> Option<Letter> {
        let own = self.servers.get(key).copied();
        let wanted = self.wanted && own.unwrap_or(self.alerts.servers);
        wanted.then(|| Letter {
            subject: format!(
                "Realserver {key} of virtual server {} - {state}",
                key.virtual_server
            ),
            body: body.to_owned(),
        })
    }

    fn service(&self, key: &VirtualServerKey, state: &str, body: String) -> Option<Letter> {
        let own = self.services.get(key).copied();
        let wanted = self.wanted && own.unwrap_or(self.alerts.services);
        wanted.then(|| Letter {
            subject: format!("Virtualserver {key} - {state}"),
            body,
        })
    }
}

const SHUT: &str = "=> Shutting down <=";

/// With a `+` where it takes away: keepalived's words.
fn lost(quorum: u32, hysteresis: u32, weight: u64) -> String {
    let need = i64::from(quorum) - i64::from(hysteresis);
    format!("=> Lost quorum {quorum}+{hysteresis}={need} <= {weight} <=")
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::event::CheckFailure;
    use holdfast_model::{Connect, HostFacts, ServerNotices};
    use holdfast_syntax::{Environment, Nothing, SourceMap, parse};

    /// With mail, and a virtual server of two checks that says this.
    fn told(global: &str, service: &str, server: &str) -> ServerNotices {
        let text = format!(
            "global_defs {{\nrouter_id r\nsmtp_server 10.0.0.9\nnotification_email {{\na@b\n}}\n{global}\n}}\n\
             virtual_server 10.0.0.1 80 {{\nprotocol TCP\nlb_algo rr\nlb_kind DR\n{service}\n\
             real_server 10.0.0.2 80 {{\n{server}\nTCP_CHECK {{\n}}\nTCP_CHECK {{\nconnect_port 81\n}}\n}}\n}}\n"
        );
        let mut sources = SourceMap::single("f", text);
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        holdfast_config::compile(&tree, read, &HostFacts::default())
            .model
            .lvs
            .told
    }

    fn keys() -> (RealServerKey, VirtualServerKey) {
        let service = holdfast_model::ServiceKey::Address {
            protocol: holdfast_model::Protocol::Tcp,
            address: std::net::Ipv4Addr::new(10, 0, 0, 1).into(),
            port: 80,
        };
        let virtual_server = VirtualServerKey::Service(service);
        let server = RealServerKey {
            virtual_server: virtual_server.clone(),
            address: std::net::Ipv4Addr::new(10, 0, 0, 2).into(),
            port: 80,
        };
        (server, virtual_server)
    }

    fn letters(told: &ServerNotices) -> ServerLetters {
        let mut letters = ServerLetters::default();
        letters.begin(told);
        letters
    }

    fn probe(port: u16) -> Probe {
        let target = (std::net::Ipv4Addr::new(10, 0, 0, 2), port).into();
        Probe::Tcp(Connect::to(target))
    }

    /// Letters of these events, which are one input's.
    fn hear(letters: &mut ServerLetters, events: Vec<RealServerEvent>) -> Vec<String> {
        let mut all = Vec::new();
        for event in events {
            let real_server = keys().0;
            all.extend(letters.hear(&Event::RealServer { real_server, event }));
        }
        all.extend(letters.settle());
        all.into_iter()
            .map(|letter| format!("{}: {}", letter.subject, letter.body))
            .collect()
    }

    fn fails(port: u16) -> RealServerEvent {
        RealServerEvent::CheckFailed {
            probe: probe(port),
            reason: CheckFailure::Timeout,
            retries: 1,
        }
    }

    fn succeeds(port: u16) -> RealServerEvent {
        RealServerEvent::CheckSucceeded { probe: probe(port) }
    }

    const ABOUT: &str = "Realserver [10.0.0.2]:tcp:80 of virtual server [10.0.0.1]:tcp:80 -";

    #[test]
    fn a_check_that_begins_as_failed_is_written_about_when_it_succeeds() {
        let mut letters = letters(&told("", "", "alpha"));
        let begins = RealServerEvent::CheckNotYetUp {
            probe: probe(80),
            reason: CheckFailure::Timeout,
        };
        assert!(hear(&mut letters, vec![begins]).is_empty());
        let body = format!("{ABOUT} UP: => TCP CHECK succeed on service <=");
        let told = hear(&mut letters, vec![succeeds(80), RealServerEvent::Added]);
        assert_eq!(told, [body]);
    }

    #[test]
    fn every_check_that_turns_is_written_about_or_only_servers() {
        for (global, each) in [("", true), ("no_checker_emails", false)] {
            let mut letters = letters(&told(global, "", ""));
            let none: Vec<String> = Vec::new();
            let few = |line: String| if each { vec![line] } else { none.clone() };
            let failed = format!("{ABOUT} DOWN: => TCP CHECK failed on service <=");
            let told = hear(&mut letters, vec![fails(80), RealServerEvent::Removed]);
            assert_eq!(told, [failed.as_str()]);
            assert_eq!(hear(&mut letters, vec![fails(81)]), few(failed));
            let told = hear(&mut letters, vec![fails(81)]);
            assert_eq!(told, none, "logged once more, not written");
            let back = "TCP CHECK succeed on service <=";
            let told = hear(&mut letters, vec![succeeds(80)]);
            assert_eq!(told, few(format!("{ABOUT} DOWN: => {back}")));
            let told = hear(&mut letters, vec![succeeds(81), RealServerEvent::Added]);
            assert_eq!(told, [format!("{ABOUT} UP: => {back}")]);
        }
    }

    #[test]
    fn first_successes_are_no_news_and_a_removal_is() {
        let mut letters = letters(&told("", "", ""));
        assert_eq!(hear(&mut letters, vec![succeeds(80)]), [""; 0]);
        let gone = vec![RealServerEvent::Unconfigured, RealServerEvent::Removed];
        let told = hear(&mut letters, gone);
        assert_eq!(told, [format!("{ABOUT} DOWN: => Removing <=")]);
    }

    #[test]
    fn who_is_written_about() {
        let lost = Event::Service {
            virtual_server: keys().1,
            event: ServiceEvent::QuorumLost {
                quorum: 2,
                hysteresis: 1,
                weight: 0,
            },
        };
        let table = [
            ("", "", "", false, true),
            ("smtp_alert", "", "", true, true),
            ("smtp_alert\nsmtp_alert_checker no", "", "", false, false),
            ("smtp_alert_vrrp", "", "", false, true),
            ("", "smtp_alert", "smtp_alert off", true, false),
        ];
        for (global, service, server, services, servers) in table {
            let mut letters = letters(&told(global, service, server));
            let quorum = letters.hear(&lost);
            let wanted = Letter {
                subject: "Virtualserver [10.0.0.1]:tcp:80 - DOWN".to_owned(),
                body: "=> Lost quorum 2+1=1 <= 0 <=".to_owned(),
            };
            let wanted: Vec<Letter> = services.then_some(wanted).into_iter().collect();
            assert_eq!(quorum, wanted, "{global} {service}");
            let told = hear(&mut letters, vec![fails(80), RealServerEvent::Removed]);
            assert_eq!(told.len(), usize::from(servers), "{global} {server}");
        }
        let mut silent = told("smtp_alert", "", "");
        silent.notices.mail = None;
        assert_eq!(letters(&silent).hear(&lost), []);
    }
}
