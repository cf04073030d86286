//! Events → notices of virtual and real servers, in keepalived's words.
//!
//! A new virtual server with its quorum, and a new real server, say nothing unless
//! `rs_init_notifies` asks for it; what a reload takes away is down.

use super::notice::Notice;
use super::server_letters::ServerLetters;
use holdfast_health::Pool;
use holdfast_model::event::{RealServerEvent, ServiceEvent};
use holdfast_model::{
    Event, RealServerKey, Script, ServerNotices, ServerNotify, ServiceNotify, VirtualServerKey,
};
use std::collections::{BTreeMap, BTreeSet};

/// Who runs what, and who has a quorum.
#[derive(Debug, Default)]
pub(crate) struct ServerNotifier {
    services: BTreeMap<VirtualServerKey, ServiceNotify>,
    servers: BTreeMap<RealServerKey, ServerNotify>,
    /// A FIFO is told of everything; scripts only when they are named.
    fifos: bool,
    at_start: bool,
    /// Kept with `rs_init_notifies` only: who was there before.
    known: BTreeSet<RealServerKey>,
    /// Of services that are new in this configuration nothing is told yet.
    fresh: BTreeSet<VirtualServerKey>,
    /// Has its quorum.
    up: BTreeSet<VirtualServerKey>,
    /// Left the configuration with its quorum: down once its servers are.
    leaving: Vec<VirtualServerKey>,
}

impl ServerNotifier {
    /// A configuration comes into force: what stands in it counts from now on, and what only the
    /// one before says still counts for what goes with it.
    pub(crate) fn begin(&mut self, told: &ServerNotices) {
        for one in &told.services {
            self.services.insert(one.key.clone(), one.clone());
        }
        for one in &told.servers {
            self.servers.insert(one.key.clone(), one.clone());
        }
        self.fifos = !told.notices.fifos.is_empty();
        self.at_start = told.at_start;
    }

    /// The configuration is in force, and its events were heard.
    pub(crate) fn finish(&mut self, told: &ServerNotices, pool: &Pool) -> Vec<Notice> {
        let leaving = core::mem::take(&mut self.leaving);
        let mut notices: Vec<Notice> = leaving
            .iter()
            .filter_map(|key| self.service(key, false))
            .collect();
        let services: BTreeSet<_> = told.services.iter().map(|one| &one.key).collect();
        self.services.retain(|key, _| services.contains(key));
        let servers: BTreeSet<_> = told.servers.iter().map(|one| &one.key).collect();
        self.servers.retain(|key, _| servers.contains(key));
        self.fresh.clear();
        let before = core::mem::take(&mut self.known);
        if self.at_start {
            for view in pool.views() {
                for server in &view.config().real_servers {
                    self.known.insert(server.key.clone());
                    if view.lives(server) && !before.contains(&server.key) {
                        notices.extend(self.server(&server.key, true));
                    }
                }
            }
        }
        notices
    }

    /// Takes an event; what is to be told because of it.
    pub(crate) fn hear(&mut self, event: &Event) -> Option<Notice> {
        match event {
            Event::RealServer { real_server, event } => match event {
                RealServerEvent::Added | RealServerEvent::Enabled => self.server(real_server, true),
                RealServerEvent::Removed | RealServerEvent::Disabled => {
                    self.server(real_server, false)
                }
                RealServerEvent::CheckActivated { .. }
                | RealServerEvent::CheckSuspended { .. }
                | RealServerEvent::CheckSucceeded { .. }
                | RealServerEvent::CheckFailed { .. }
                | RealServerEvent::CheckForgiven { .. }
                | RealServerEvent::CheckNotYetUp { .. }
                | RealServerEvent::Unconfigured
                | RealServerEvent::ShutDown
                | RealServerEvent::InhibitedRemoved
                | RealServerEvent::Ordered(_)
                | RealServerEvent::OrderOver
                | RealServerEvent::WeightChanged { .. } => None,
            },
            Event::Service {
                virtual_server: key,
                event,
            } => match event {
                ServiceEvent::Added => {
                    self.fresh.insert(key.clone());
                    None
                }
                ServiceEvent::QuorumGained { .. } => {
                    self.up.insert(key.clone());
                    let fresh = self.fresh.contains(key);
                    if fresh { None } else { self.service(key, true) }
                }
                ServiceEvent::QuorumLost { .. } => {
                    self.up.remove(key);
                    self.service(key, false)
                }
                // a new one without quorum is told of only when that shows
                ServiceEvent::SorryServerAdded { .. } if self.fresh.contains(key) => {
                    self.service(key, false)
                }
                ServiceEvent::Removed => {
                    if self.up.remove(key) {
                        self.leaving.push(key.clone());
                    }
                    None
                }
                ServiceEvent::SorryServerAdded { .. }
                | ServiceEvent::SorryServerRemoved { .. }
                | ServiceEvent::AliveRemoved
                | ServiceEvent::AliveReturned => None,
            },
            _of_others => None,
        }
    }

    /// The daemon stops and gives the table back: only what has `omega` is told of.
    pub(crate) fn farewell(&self, pool: &Pool, letters: &ServerLetters) -> Vec<Notice> {
        let mut notices = Vec::new();
        for view in pool.views() {
            let key = &view.config().key;
            if !self.services.get(key).is_some_and(|own| own.omega) {
                continue;
            }
            let servers = view.config().real_servers.iter();
            for server in servers.filter(|server| view.lives(server)) {
                let mut notice = self.server_notice(&server.key, false);
                notice.letter = letters.shut_server(&server.key);
                notices.push(notice);
            }
            let mut notice = self.service_notice(key, false);
            notice.letter = letters.shut_service(key);
            notices.push(notice);
        }
        notices.retain(|notice| self.fifos || !notice.is_silent());
        notices
    }

    fn service(&self, key: &VirtualServerKey, up: bool) -> Option<Notice> {
        let notice = self.service_notice(key, up);
        (self.fifos || !notice.is_silent()).then_some(notice)
    }

    fn server(&self, key: &RealServerKey, up: bool) -> Option<Notice> {
        let notice = self.server_notice(key, up);
        (self.fifos || !notice.is_silent()).then_some(notice)
    }

    fn service_notice(&self, key: &VirtualServerKey, up: bool) -> Notice {
        let own = self.services.get(key);
        let script = own.and_then(|own| if up { &own.up } else { &own.down }.clone());
        notice(format!("VS {key}"), up, script)
    }

    fn server_notice(&self, key: &RealServerKey, up: bool) -> Notice {
        let own = self.servers.get(key);
        let script = own.and_then(|own| if up { &own.up } else { &own.down }.clone());
        notice(format!("RS {key} {}", key.virtual_server), up, script)
    }
}

fn notice(subject: String, up: bool, script: Option<Script>) -> Notice {
    let state = if up { "UP" } else { "DOWN" };
    Notice {
        line: format!("{subject} {state}\n"),
        subject,
        scripts: script
            .map(|script| (script, Vec::new()))
            .into_iter()
            .collect(),
        letter: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_health::Input;
    use holdfast_model::event::CheckFailure;
    use holdfast_model::{HostFacts, LvsModel, Mono, drive};
    use holdfast_syntax::{Environment, Nothing, SourceMap, parse};

    fn model(global: &str, virtual_server: &str, second: &str) -> LvsModel {
        let text = format!(
            "global_defs {{\n{global}\n}}\nvirtual_server 10.0.0.1 80 {{\nprotocol TCP\nlb_algo rr\n\
             lb_kind DR\n{virtual_server}\nquorum_up /qu\nquorum_down /qd\n\
             real_server 10.0.0.2 80 {{\nnotify_up \"/u 1\"\nnotify_down /d\nTCP_CHECK {{\n}}\n}}\n{second}\n}}\n"
        );
        let mut sources = SourceMap::single("f", text);
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        holdfast_config::compile(&tree, read, &HostFacts::default())
            .model
            .lvs
    }

    const SECOND: &str = "real_server 10.0.0.3 80 {\nTCP_CHECK {\n}\n}";

    struct Bench {
        pool: Pool,
        notifier: ServerNotifier,
        now: Mono,
    }

    impl Bench {
        fn start(model: &LvsModel) -> (Self, Vec<String>) {
            let mut bench = Self {
                pool: Pool::new(),
                notifier: ServerNotifier::default(),
                now: Mono::ZERO,
            };
            let told = bench.load(model, Input::Start { model, seed: 1 });
            (bench, told)
        }

        fn load(&mut self, model: &LvsModel, input: Input<'_>) -> Vec<String> {
            self.notifier.begin(&model.told);
            let mut all = self.feed(input);
            let last = self.notifier.finish(&model.told, &self.pool);
            all.extend(last.iter().map(text));
            all
        }

        fn feed(&mut self, input: Input<'_>) -> Vec<String> {
            let mut all = Vec::new();
            let notifier = &mut self.notifier;
            drive(&mut self.pool, self.now, input, |action| {
                if let holdfast_health::Action::Report(event) = action {
                    all.extend(notifier.hear(&event).as_ref().map(text));
                }
            });
            all
        }

        /// All checks are due, run and end like this.
        fn checks(&mut self, result: &Result<(), CheckFailure>) -> Vec<String> {
            let mut told = Vec::new();
            // a failure is forgiven once
            for _ in 0..2 {
                self.now = self.now + std::time::Duration::from_secs(200);
                let mut started = Vec::new();
                drive(&mut self.pool, self.now, Input::Tick, |action| {
                    if let holdfast_health::Action::Probe { check, .. } = action {
                        started.push(check);
                    }
                });
                started.sort_unstable();
                for check in started {
                    let result = result.clone();
                    told.extend(self.feed(Input::Verdict { check, result }));
                }
            }
            told
        }

        fn farewell(&self) -> Vec<String> {
            self.notifier
                .farewell(&self.pool, &ServerLetters::default())
                .iter()
                .map(text)
                .collect()
        }
    }

    fn text(notice: &Notice) -> String {
        let mut text = notice.line.trim_end().to_owned();
        for (script, _) in &notice.scripts {
            let words: Vec<_> = script.words.iter().map(|word| word.as_str()).collect();
            text += &format!(" | {}", words.join(" "));
        }
        text
    }

    const RS: &str = "RS [10.0.0.2]:tcp:80 [10.0.0.1]:tcp:80";
    const RS3: &str = "RS [10.0.0.3]:tcp:80 [10.0.0.1]:tcp:80";
    const VS: &str = "VS [10.0.0.1]:tcp:80";
    const FIFO: &str = "lvs_notify_fifo /f";

    #[test]
    fn failures_and_returns_are_told_and_a_start_is_not() {
        let (mut bench, told) = Bench::start(&model(FIFO, "", SECOND));
        assert_eq!(told, [""; 0]);
        let told = bench.checks(&Err(CheckFailure::Timeout));
        let wanted = [
            format!("{RS} DOWN | /d"),
            format!("{RS3} DOWN"),
            format!("{VS} DOWN | /qd"),
        ];
        assert_eq!(told, wanted);
        let told = bench.checks(&Ok(()));
        let wanted = [
            format!("{RS} UP | /u 1"),
            format!("{VS} UP | /qu"),
            format!("{RS3} UP"),
        ];
        assert_eq!(told, wanted);
        assert_eq!(bench.farewell(), [""; 0], "no omega");
    }

    #[test]
    fn without_a_fifo_only_scripts_count() {
        let (mut bench, _) = Bench::start(&model("", "", SECOND));
        let told = bench.checks(&Err(CheckFailure::Timeout));
        let wanted = [format!("{RS} DOWN | /d"), format!("{VS} DOWN | /qd")];
        assert_eq!(told, wanted);
    }

    #[test]
    fn the_start_and_the_stop_when_asked_for() {
        let global = format!("{FIFO}\nrs_init_notifies");
        let first = model(&global, "omega", "");
        let (mut bench, told) = Bench::start(&first);
        assert_eq!(told, [format!("{RS} UP | /u 1")]);
        let both = model(&global, "omega", SECOND);
        let told = bench.load(&both, Input::Reconfigure(&both));
        assert_eq!(told, [format!("{RS3} UP")]);
        let wanted = [
            format!("{RS} DOWN | /d"),
            format!("{RS3} DOWN"),
            format!("{VS} DOWN | /qd"),
        ];
        assert_eq!(bench.farewell(), wanted);
    }

    #[test]
    fn what_a_reload_takes_away_is_down_by_its_old_scripts() {
        let (mut bench, _) = Bench::start(&model(FIFO, "", SECOND));
        let none = LvsModel::default();
        let mut empty = none.clone();
        empty.told.notices = model(FIFO, "", "").told.notices;
        let told = bench.load(&empty, Input::Reconfigure(&empty));
        let wanted = [
            format!("{RS} DOWN | /d"),
            format!("{RS3} DOWN"),
            format!("{VS} DOWN | /qd"),
        ];
        assert_eq!(told, wanted);
    }
}
