//! Links of our own over others: made before anybody is told of them, removed when nobody wants
//! them any more.

use crate::lane::link_settings::prepare;
use crate::lane::links::Links;
use holdfast_kernel::rt::{Change, NewAddress, ObservedAddress, Writer, link};
use holdfast_kernel::time::now;
use holdfast_model::address::flag;
use holdfast_model::{IfName, InstanceKey, LinkForm, Mono, VirtualLink};
use holdfast_plan::Outcome;
use holdfast_plan::link::{LinkStep, steps};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// Who ends still has to say so: his link stays as long as keepalived's does.
const LINGER: Duration = Duration::from_secs(1);
/// One that could not be made is tried again.
const AGAIN: Duration = Duration::from_secs(1);
/// Of the link-local address of a link that sends adverts.
const PREFIX: u8 = 64;

/// One thing to do.
#[derive(Debug)]
pub(crate) enum Task {
    Remove(IfName, u32),
    Make(VirtualLink, u32, Option<u32>),
    TakeOver(VirtualLink),
    Tune(VirtualLink, u32),
    Follow(VirtualLink, u32, Option<u32>),
}

/// The links.
#[derive(Debug, Default)]
pub(crate) struct VirtualLinks {
    wanted: Vec<VirtualLink>,
    owners: BTreeMap<IfName, InstanceKey>,
    /// Made, or taken over.
    ours: BTreeSet<IfName>,
    /// Not wanted any more; until when they stay.
    keep: BTreeMap<IfName, Mono>,
    /// The address that each was given.
    spoken: BTreeMap<IfName, (IpAddr, u8)>,
    again: Option<Mono>,
    /// Could not be switched on.
    low: BTreeSet<IfName>,
    /// Whose trouble was told.
    told: BTreeSet<IfName>,
}

impl VirtualLinks {
    /// `left` are those of a worker before us.
    pub(crate) fn resume(left: &[IfName]) -> Self {
        let until = now() + LINGER;
        Self {
            ours: left.iter().cloned().collect(),
            keep: left.iter().map(|name| (name.clone(), until)).collect(),
            ..Self::default()
        }
    }

    /// What there is to be from now on.
    pub(crate) fn configure(&mut self, links: Vec<(InstanceKey, VirtualLink)>) {
        self.wanted.clear();
        self.told.clear();
        for (owner, link) in links {
            self.owners.insert(link.name.clone(), owner);
            self.keep.remove(&link.name);
            if !self.wanted.iter().any(|have| have.name == link.name) {
                self.wanted.push(link);
            }
        }
        let until = now() + LINGER;
        let wanted: BTreeSet<&IfName> = self.wanted.iter().map(|link| &link.name).collect();
        for name in self.ours.iter().filter(|name| !wanted.contains(name)) {
            self.keep.entry(name.clone()).or_insert(until);
        }
    }

    /// What the kernel told was lost: what was given may be gone.
    pub(crate) fn overrun(&mut self) {
        self.spoken.clear();
    }

    /// The end: nothing stays for a while, nor waits for another try.
    pub(crate) fn finish(&mut self) {
        self.again = None;
        self.keep.clear();
    }

    /// Those that have to be given back.
    pub(crate) fn held(&self) -> impl Iterator<Item = &IfName> {
        self.ours.iter()
    }

    /// Those that are wanted.
    pub(crate) fn wanted(&self) -> &[VirtualLink] {
        &self.wanted
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        // nothing is done before that
        self.again.or_else(|| self.keep.values().copied().min())
    }

    /// What is to be done now. Those to be made count as ours from here on.
    pub(crate) fn plan(&mut self, links: &Links) -> Vec<Task> {
        let now = now();
        if self.again.is_some_and(|again| again > now) {
            return Vec::new();
        }
        self.again = None;
        self.keep.retain(|_, until| *until > now);
        let keep = self.keep.keys().cloned().collect();
        let seen = links.all();
        let mut tasks = Vec::new();
        for step in steps(&self.wanted, &self.ours, &keep, &seen) {
            match step {
                LinkStep::Remove { name, index } => tasks.push(Task::Remove(name.clone(), index)),
                LinkStep::Make { link, base, vrf } => {
                    tasks.push(Task::Make(link.clone(), base, vrf));
                }
                LinkStep::Follow { link, index, vrf } => {
                    tasks.push(Task::Follow(link.clone(), index, vrf));
                }
                LinkStep::TakeOver(link) => tasks.push(Task::TakeOver(link.clone())),
                LinkStep::Tune { link, index } => tasks.push(Task::Tune(link.clone(), index)),
                LinkStep::Occupied(link) => {
                    if self.told.insert(link.name.clone()) {
                        let name = &link.name;
                        let owner = self.owner(name);
                        let (what, keyword) = words(link);
                        tracing::error!(
                            "{owner}{name} is there already, and is no {what} interface of \
                             ours: remove it, or give `{keyword}` another name"
                        );
                    }
                }
            }
        }
        let low = std::mem::take(&mut self.low);
        for link in self.wanted.iter().filter(|link| low.contains(&link.name)) {
            tasks.push(Task::TakeOver(link.clone()));
        }
        for task in &tasks {
            if let Task::Make(link, ..) | Task::TakeOver(link) = task {
                self.ours.insert(link.name.clone());
            }
        }
        // what is gone and not wanted was given back
        let wanted: BTreeSet<&IfName> = self.wanted.iter().map(|link| &link.name).collect();
        self.ours
            .retain(|name| wanted.contains(name) || seen.contains_key(name));
        tasks
    }

    /// Does it; the links that are made stay down.
    pub(crate) fn carry_out(&mut self, tasks: &[Task], writer: &mut Writer) {
        for task in tasks {
            let (name, what, done, word) = match task {
                Task::Remove(name, index) => {
                    let gone = one(writer, Change::DeleteLink(link::bare(*index)));
                    (name, "VMAC", gone, "removing")
                }
                Task::Make(link, base, vrf) => {
                    let made = one(writer, Change::AddLink(link::new(link, *base, *vrf)));
                    let done = made.and_then(|()| prepare(link));
                    (&link.name, words(link).0, done, "creating")
                }
                Task::TakeOver(link) => (&link.name, words(link).0, prepare(link), "taking over"),
                Task::Tune(link, index) => {
                    let done = one(writer, Change::SetLink(link::tuned(link, *index)));
                    (&link.name, words(link).0, done, "setting the mode of")
                }
                Task::Follow(link, index, vrf) => {
                    let done = one(writer, Change::SetLink(link::enslaved(*index, *vrf)));
                    (&link.name, words(link).0, done, "changing VRF of")
                }
            };
            let owner = self.owner(name);
            match done {
                Ok(()) => {
                    tracing::info!("{owner}Success {word} {what} interface {name}");
                    self.told.remove(name);
                }
                Err(error) => {
                    self.again = Some(now() + AGAIN);
                    if self.told.insert(name.clone()) {
                        let why = reason(&error);
                        tracing::error!("{owner}{word} {what} interface {name}: {error}{why}");
                    }
                    if matches!(task, Task::Make(..)) {
                        self.ours.remove(name);
                        continue;
                    }
                }
            }
            if !matches!(task, Task::Tune(..)) {
                self.spoken.remove(name);
            }
            if matches!(task, Task::Remove(..)) {
                self.ours.remove(name);
            }
        }
    }

    /// A log line begins with it: whose link it is, or was. Of a worker's before us nobody knows.
    fn owner(&self, name: &IfName) -> String {
        let owner = self.owners.get(name);
        owner.map_or_else(String::new, |owner| format!("({owner}): "))
    }

    /// One of ours, by its name.
    pub(crate) fn has(&self, name: &IfName) -> bool {
        self.ours.contains(name) && self.wanted.iter().any(|link| link.name == *name)
    }

    /// Switches one of ours on again; false when it is not there any more. The kernel says that a link
    /// is down before it says that it is gone, and answers this when it is done with it.
    pub(crate) fn revive(&mut self, name: &IfName, index: u32, writer: &mut Writer) -> bool {
        // the kernel took its IPv6 addresses away
        self.spoken.remove(name);
        let gone = |error: io::Error| error.raw_os_error() == Some(libc::ENODEV);
        !one(writer, Change::SetLink(link::up(index))).is_err_and(gone)
    }

    /// Somebody took an address from a link. True when it was what adverts come from, and is back: nobody
    /// need hear of it.
    pub(crate) fn restore(
        &mut self,
        links: &Links,
        gone: &ObservedAddress,
        writer: &mut Writer,
    ) -> bool {
        let Some(name) = links.name(gone.index).filter(|name| self.has(name)) else {
            return false;
        };
        if self.spoken.get(name) != Some(&(gone.address, gone.prefix)) {
            return false;
        }
        self.spoken.remove(name);
        self.speak(links, writer);
        let back = self.spoken.contains_key(name);
        if back {
            let (owner, address) = (self.owner(name), gone.address);
            tracing::warn!("{owner}somebody removed {address} from {name}: put back");
        }
        back
    }

    /// Switches on what was made.
    pub(crate) fn raise(&mut self, tasks: &[Task], writer: &mut Writer) {
        for task in tasks {
            let (Task::Make(link, ..) | Task::TakeOver(link)) = task else {
                continue;
            };
            let Some(index) = index(&link.name) else {
                continue;
            };
            if let Err(error) = one(writer, Change::SetLink(link::up(index))) {
                // one over the same interface with the same hardware address, which is about to go
                tracing::warn!("cannot switch {} on yet: {error}", link.name);
                self.again = Some(now() + AGAIN);
                self.low.insert(link.name.clone());
            }
        }
    }

    /// Gives each the address that adverts come from, where it has one: an ipvlan interface that of
    /// the file, a macvlan interface that sends over IPv6 the link-local one of the interface below,
    /// and nobody else's choice (RFC 9568 s5.1.2.1).
    pub(crate) fn speak(&mut self, links: &Links, writer: &mut Writer) {
        for link in &self.wanted {
            let (Some(address), true) = (voice(link, links), self.ours.contains(&link.name)) else {
                continue;
            };
            let old = self.spoken.get(&link.name).copied();
            if old == Some(address) {
                continue;
            }
            let Some(index) = index(&link.name) else {
                continue;
            };
            let mut changes = Vec::new();
            if let Some((address, prefix)) = old {
                changes.push(Change::DeleteAddress {
                    index,
                    address,
                    prefix,
                });
            }
            let six = address.0.is_ipv6();
            changes.push(Change::AddAddress(NewAddress {
                flags: if six { flag::NODAD } else { 0 },
                // nobody else on this host is to speak with the virtual router's
                preferred: link.is_macvlan().then_some(0),
                ..NewAddress::plain(index, address.0, address.1)
            }));
            if let Outcome::Known(failed) = writer.run(&changes) {
                let given = changes.len() - 1;
                let there = |(at, errno): &(usize, i32)| *at != given || *errno == libc::EEXIST;
                if failed.iter().all(there) {
                    self.spoken.insert(link.name.clone(), address);
                }
            }
        }
    }
}

fn voice(link: &VirtualLink, links: &Links) -> Option<(IpAddr, u8)> {
    match &link.form {
        LinkForm::Ipvlan { address, .. } => *address,
        LinkForm::Macvlan(_) => {
            let below = link.speaks.then(|| links.link_local(&link.base));
            Some((IpAddr::V6(below??), PREFIX))
        }
    }
}

/// As keepalived's log calls it, and the keyword that makes it.
const fn words(link: &VirtualLink) -> (&'static str, &'static str) {
    match link.form {
        LinkForm::Macvlan(_) => ("VMAC", "use_vmac"),
        LinkForm::Ipvlan { .. } => ("ipvlan", "use_ipvlan"),
    }
}

/// What the kernel means.
fn reason(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(libc::EBUSY) => {
            " (there are macvlan interfaces over the one below, or ipvlan interfaces: it carries \
             one kind at a time)"
        }
        Some(libc::EOPNOTSUPP) => " (this kernel has no such interfaces)",
        Some(_) | None => "",
    }
}

/// In the network namespace of this thread.
pub(crate) fn index(name: &IfName) -> Option<u32> {
    nix::net::if_::if_nametoindex(name.as_str()).ok()
}

fn one(writer: &mut Writer, change: Change<'_>) -> io::Result<()> {
    match writer.run(&[change]) {
        Outcome::Known(failed) => match failed.first() {
            None => Ok(()),
            Some((_, errno)) => Err(io::Error::from_raw_os_error(*errno)),
        },
        Outcome::Unknown(errno) => Err(io::Error::from_raw_os_error(errno)),
    }
}
