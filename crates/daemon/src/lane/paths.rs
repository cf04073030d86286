//! Routes and rules of the lane: what is wanted of them, carried to the kernel. They come after the
//! addresses and go before them; nobody waits for them.

use crate::lane::links::Links;
use holdfast_kernel::rt::{Change, Monitor, MonitorEvent, Writer, path};
use holdfast_kernel::time::now;
use holdfast_model::{Machine as _, Mono, Owner, route};
use holdfast_plan::path::{PathAttr, PathDomain, PathId};
use holdfast_plan::{Action, Desired, Input, Op, Origin, Outcome, Reconciler, Report, Want};
use std::collections::BTreeMap;
use std::io;

const ENODEV: i32 = 19;

/// Routes and rules, by who wants them.
#[derive(Debug)]
pub(crate) struct Paths {
    reconciler: Reconciler<PathDomain>,
    /// What was put there last: the kernel does not show all of it.
    sent: BTreeMap<PathId, PathAttr>,
    /// All that anybody wanted, as it was wanted last: of the others we do not want to know.
    ours: BTreeMap<PathId, PathAttr>,
    watching: bool,
}

/// Routes and rules of one owner.
pub(crate) type Made = BTreeMap<PathId, PathAttr>;

impl Paths {
    /// These were put there by a worker before us, or taken over by it: each goes when its owner wants it no more.
    pub(crate) fn resume(made: Vec<(Owner, Made)>) -> Self {
        let origins = made.iter().map(|(owner, made)| {
            let made = made.keys().map(|id| (id.clone(), Origin::Made));
            (owner.clone(), made.collect())
        });
        Self {
            reconciler: Reconciler::resume(origins.collect()),
            ours: made.into_iter().flat_map(|(_, made)| made).collect(),
            sent: BTreeMap::new(),
            watching: false,
        }
    }

    /// Somebody has routes or rules here.
    pub(crate) fn is_used(&self) -> bool {
        !self.ours.is_empty()
    }

    /// Takes a want; those who never had anything need no attention.
    pub(crate) fn want(
        &mut self,
        monitor: &mut Monitor,
        key: Owner,
        epoch: u64,
        want: Option<Want<PathDomain>>,
    ) {
        let want = want.filter(|want| !want.is_empty());
        self.remember(want.iter().flatten());
        if !self.is_used() {
            return;
        }
        if !self.watching {
            // subscribe first, read then
            match monitor.watch_paths() {
                Ok(()) => self.watching = true,
                Err(error) => tracing::warn!("netlink: no news of routes: {error}"),
            }
        }
        self.handle(Input::Want { key, epoch, want });
    }

    fn remember<'a>(&mut self, wanted: impl Iterator<Item = &'a Desired<PathId, PathAttr>>) {
        let present = wanted.filter_map(|d| Some((d.id.clone(), d.attr.clone()?)));
        self.ours.extend(present);
    }

    /// Takes away what a daemon before us left behind of these: what says that keepalived made it.
    pub(crate) fn clear(
        &mut self,
        monitor: &mut Monitor,
        writer: &mut Writer,
        links: &Links,
        key: Owner,
        wanted: Want<PathDomain>,
    ) {
        self.remember(wanted.iter());
        if wanted.is_empty() {
            return;
        }
        // what was read before did not look for these
        self.look_again();
        self.want(monitor, key.clone(), 0, None);
        self.drain(writer, links);
        let observed = self.reconciler.observed();
        let left = wanted.into_iter().filter(|desired| {
            let there = observed.get(&desired.id);
            there.is_some_and(|attr| attr.protocol() == route::PROTOCOL)
        });
        let left = left.map(|desired| Desired {
            id: desired.id,
            attr: None,
        });
        let left = left.collect();
        self.want(monitor, key, 0, Some(left));
    }

    /// Routes may have gone without a word: with an address, with a link.
    pub(crate) fn look_again(&mut self) {
        if self.is_used() {
            self.handle(Input::Overrun);
        }
    }

    /// The kernel told of a route or a rule.
    pub(crate) fn event(&mut self, links: &Links, event: &MonitorEvent) {
        let (seen, there) = match event {
            MonitorEvent::Route(message) => (self.route(links, message), true),
            MonitorEvent::RouteGone(message) => (self.route(links, message), false),
            MonitorEvent::Rule(message) => (self.rule(message), true),
            MonitorEvent::RuleGone(message) => (self.rule(message), false),
            _other => return,
        };
        if let Some((id, attr)) = seen {
            let attr = there.then_some(attr);
            self.handle(Input::KernelEvent { id, attr });
        }
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.reconciler.deadline().filter(|_| self.is_used())
    }

    /// Serves the deadline, if it has come.
    pub(crate) fn tick(&mut self) {
        if self.deadline().is_some_and(|deadline| deadline <= now()) {
            self.handle(Input::Tick);
        }
    }

    fn handle(&mut self, input: Input<PathDomain>) {
        self.reconciler.handle(now(), input);
    }

    /// Carries out what is to be done until nothing is.
    pub(crate) fn drain(&mut self, writer: &mut Writer, links: &Links) {
        while let Some(action) = self.reconciler.poll_action() {
            match action {
                Action::Submit(batch) => {
                    let outcome = self.apply(writer, links, &batch.ops);
                    let batch = batch.id;
                    self.handle(Input::Done { batch, outcome });
                }
                Action::Dump(_all) => {
                    let interrupted = self.read(writer, links).is_err();
                    self.handle(Input::DumpEnd { interrupted });
                }
                Action::Report(report) => say(report),
            }
        }
    }

    fn read(&mut self, writer: &mut Writer, links: &Links) -> io::Result<()> {
        let (routes, rules) = writer.paths().map_err(io::Error::other)?;
        for message in &routes {
            if let Some((id, attr)) = self.route(links, message) {
                self.handle(Input::DumpItem { id, attr });
            }
        }
        for message in &rules {
            if let Some((id, attr)) = self.rule(message) {
                self.handle(Input::DumpItem { id, attr });
            }
        }
        Ok(())
    }

    fn route(&self, links: &Links, message: &path::RouteMessage) -> Option<(PathId, PathAttr)> {
        let name = |index| links.name(index).cloned();
        let (id, shape) = path::seen_route(message, name)?;
        let id = PathId::Route(id);
        let attr = PathAttr::seen(shape, self.sent.get(&id));
        self.ours.contains_key(&id).then_some((id, attr))
    }

    fn rule(&self, message: &path::RuleMessage) -> Option<(PathId, PathAttr)> {
        let (id, attr) = path::seen_rule(message)?;
        let wanted = self.ours.get(&id)?;
        // all that the kernel does not show is whether we would miss it
        let same = wanted.protocol() == attr.protocol();
        Some((id, if same { wanted.clone() } else { attr }))
    }

    fn apply(
        &mut self,
        writer: &mut Writer,
        links: &Links,
        ops: &[Op<PathId, PathAttr>],
    ) -> Outcome {
        let changes: Vec<Change<'_>> = ops.iter().map(|op| self.change(links, op)).collect();
        for op in ops {
            match op.attr() {
                Some(attr) => self.sent.insert(op.id().clone(), attr.clone()),
                None => self.sent.remove(op.id()),
            };
        }
        writer.run(&changes)
    }

    fn change(&self, links: &Links, op: &Op<PathId, PathAttr>) -> Change<'static> {
        let protocol = |attr: Option<&PathAttr>| attr.map_or(0, PathAttr::protocol);
        match (op.id(), op.attr()) {
            (PathId::Route(_), Some(PathAttr::Route { whole, .. })) => {
                let index = |name: &_| links.index(name);
                let message = whole.as_ref().and_then(|whole| path::route(whole, index));
                let replace = matches!(op, Op::Edit(..));
                message.map_or(Change::Impossible(ENODEV), |route| Change::SetRoute {
                    route,
                    replace,
                })
            }
            (PathId::Route(id), _) => Change::DeleteRoute(path::bare(id)),
            (PathId::Rule(rule), Some(attr)) => {
                Change::AddRule(path::rule(rule, protocol(Some(attr))))
            }
            (PathId::Rule(rule), None) => {
                let there = self.reconciler.observed().get(op.id());
                Change::DeleteRule(path::rule(rule, protocol(there)))
            }
        }
    }
}

fn say(report: Report<PathDomain>) {
    match report {
        Report::GaveUp { key, errno, .. } => {
            let error = io::Error::from_raw_os_error(errno);
            tracing::warn!(
                "({key}) the kernel does not take all routes and rules: {error}; trying again"
            );
        }
        Report::Lost { key, ids } => {
            for id in ids {
                match id {
                    PathId::Route(id) => {
                        let (to, length) = id.destination;
                        tracing::info!("({key}) restoring deleted route {to}/{length}");
                    }
                    PathId::Rule(rule) => {
                        tracing::info!("({key}) restoring deleted rule {}", rule.priority);
                    }
                }
            }
        }
        Report::Applied { .. } | Report::Left { .. } | Report::Restored { .. } => {}
    }
}
