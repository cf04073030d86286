//! What the router asks for, done: adverts at once, the rest through the fast lane.

mod asked;
mod ears;
mod left;
mod speak;

use super::followed::Followed;
use super::history::History;
use super::keeper::Keeper;
use crate::lane::handle::FastLane;
use crate::lane::lease::Leased;
use crate::lane::mailbox::{Announcement, Holding, PathWish, Settings, Wanted};
use crate::render;
use crate::script::notices::Notifier;
use crate::script::runner::Runner;
use crate::state::HeldInstance;
use asked::{leased, settings, want_statics};
use ears::{Instances, Socket, vrids};
use holdfast_kernel::socket::batch::Batch;
use holdfast_kernel::socket::vrrp::{Place, Received, VrrpSocket};
use holdfast_kernel::time::now;
use holdfast_model::{
    Event, IfName, Instance, InstanceKey, Objects, Owner, VirtualAddress, VrrpModel,
};
use holdfast_plan::guard::{self, Kept};
use holdfast_plan::{address, path};
use holdfast_vrrp::{Action, Ear, Link, Signed};
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd as _, BorrowedFd};

/// The sockets, the lane, and what is needed to speak through them.
pub(super) struct Effects {
    lane: FastLane,
    notifier: Notifier,
    runner: Runner,
    detail: bool,
    instances: Instances,
    /// `log_unknown_vrids`.
    hears_all: bool,
    sockets: BTreeMap<Ear, Socket>,
    room: Batch,
    /// Not needed any more, and perhaps still watched by epoll: the supervisor has a copy.
    closed: Vec<Socket>,
    keeper: Keeper,
    links: BTreeMap<IfName, Link>,
    stopped: bool,
    release: bool,
    pub(super) followed: Followed,
    pub(super) history: History,
}

impl Effects {
    pub(super) fn new(lane: FastLane, runner: Runner, keeper: Keeper, detail: bool) -> Self {
        Self {
            lane,
            notifier: Notifier::default(),
            runner,
            detail,
            instances: Instances::new(),
            hears_all: false,
            sockets: BTreeMap::new(),
            room: VrrpSocket::room(),
            closed: Vec::new(),
            keeper,
            links: BTreeMap::new(),
            stopped: false,
            release: true,
            followed: Followed::default(),
            history: History::new(now()),
        }
    }

    /// The configuration that the next actions belong to.
    pub(super) fn configure(&mut self, model: &VrrpModel) {
        self.take_over(model, &[]);
    }

    fn take_over(&mut self, model: &VrrpModel, masters: &[InstanceKey]) {
        let old = self.instances.values();
        let new = &model.instances;
        // until the difference is applied, addresses of both are nobody's source
        let addresses: BTreeSet<IpAddr> = old
            .chain(new)
            .flat_map(Instance::owned)
            .map(|a| a.address)
            .collect();
        let unknown = new.iter().filter(|i| !self.instances.contains_key(&i.key));
        let mut wants: Vec<_> = unknown.map(|i| self.begin(i, masters)).collect();
        wants.push((Owner::Static, want_statics(Some(&model.statics))));
        let mailbox = self.lane.mailbox();
        mailbox.configure(settings(model), addresses, wants);
        self.followed.configure(model.followed.as_ref());
        self.history.configure(model);
        self.runner.configure(&model.notices);
        for notice in self.notifier.configure(model) {
            self.runner.tell(notice);
        }
        self.instances = new.iter().map(|i| (i.key.clone(), i.clone())).collect();
        self.hears_all = model.listening.tells_unknown;
        for (ear, socket) in &self.sockets {
            socket.tune(*ear, &self.instances, self.mtu(*ear), self.hears_all);
        }
    }

    /// A new instance starts without its addresses: whoever left them here, they are not ours to
    /// serve before we have heard who else is there. Epoch 0 is older than any want of the router.
    fn begin(&self, instance: &Instance, masters: &[InstanceKey]) -> (Owner, Wanted) {
        let key = instance.key.clone();
        if masters.contains(&key) {
            let wanted = self.wanted(Some(instance), 0, instance.owned(), &instance.objects);
            return (Owner::Instance(key), wanted);
        }
        for event in holdfast_vrrp::removing(instance) {
            let instance = instance.key.clone();
            render::say(&Event::Vrrp { instance, event }, self.detail);
        }
        let want = Some(address::absent(&instance.owned()));
        let (routes, rules) = (&instance.objects.routes, &instance.objects.rules);
        let wanted = Wanted {
            epoch: 0,
            want,
            paths: PathWish::Leftover(path::claim(routes, rules)),
            kept: Kept::new(),
            leased: Leased::default(),
            held: Holding::Nothing,
        };
        (Owner::Instance(instance.key.clone()), wanted)
    }

    pub(super) fn link(&mut self, link: &Link) {
        self.links.retain(|_, known| known.index != link.index);
        self.links.insert(link.name.clone(), link.clone());
    }

    /// Are the links of their own there that these instances have?
    pub(super) fn has_links(&self, model: &VrrpModel) -> bool {
        let instances = model.instances.iter();
        let mut wanted = instances.flat_map(|instance| &instance.links.list);
        wanted.all(|link| self.links.get(&link.name).is_some_and(|link| link.up))
    }

    pub(super) fn link_gone(&mut self, index: u32) {
        self.links.retain(|_, known| known.index != index);
        let on_it = |ear: &Ear| matches!(ear, Ear::Link(link, _) if *link == index);
        for (ear, socket) in self.sockets.extract_if(.., |ear, _| on_it(ear)) {
            self.closed.push(socket);
            self.keeper.forget(ear);
        }
    }

    /// The links that are known.
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.links.values()
    }

    /// Closes sockets of the worker before this one that no instance has.
    pub(super) fn settle(&mut self) {
        self.keeper.close_rest();
    }

    /// Every packet that waits, in the order of the sockets.
    pub(super) fn receive(&mut self) -> Vec<(Ear, Received)> {
        let mut all = Vec::new();
        for (ear, socket) in &self.sockets {
            let (packets, result) = socket.socket.receive(&mut self.room);
            all.extend(packets.into_iter().map(|packet| (*ear, packet)));
            if let Err(error) = result {
                tracing::debug!("reading adverts on {}: {error}", socket.place());
            }
        }
        all
    }

    /// Lets epoll know of sockets that were opened since the last turn.
    pub(super) fn register(&mut self, epoll: &Epoll, token: u64) -> io::Result<()> {
        for socket in self.closed.drain(..).filter(|socket| socket.registered) {
            let _not_there = epoll.delete(socket.socket.as_fd());
        }
        for socket in self.sockets.values_mut() {
            if !socket.registered {
                epoll.add(
                    socket.socket.as_fd(),
                    EpollEvent::new(EpollFlags::EPOLLIN, token),
                )?;
                socket.registered = true;
            }
        }
        Ok(())
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped && self.runner.finished()
    }

    /// Readable once what is told at the end has been told.
    pub(super) fn told(&self) -> BorrowedFd<'_> {
        self.runner.as_fd()
    }

    /// Whether a stop gives back: then a state file that says otherwise must survive us.
    pub(super) fn keep_state(&mut self, release: bool) {
        self.notifier.stop();
        self.release = release;
    }

    /// Has it written down.
    pub(super) fn remember(&self, signed: Signed) {
        self.lane.mailbox().remember(signed);
    }

    /// Masters are about to offer their places.
    pub(super) fn offer(&self) {
        self.lane.mailbox().offer();
    }

    /// Ends the lane; what was there as long as the daemon goes.
    pub(super) fn end(self) {
        if self.release {
            let mailbox = self.lane.mailbox();
            mailbox.want(Owner::Static, want_statics(None));
            mailbox.settings(Settings::default());
        }
        self.lane.stop(!self.release);
    }

    pub(super) fn run(&mut self, action: Action) {
        match action {
            Action::Send {
                instance,
                ear,
                link,
                outgoing,
            } => self.send(&instance, ear, link, &outgoing),
            Action::Want {
                instance,
                epoch,
                addresses,
                objects,
            } => self.want(instance, epoch, addresses, &objects),
            Action::Announce {
                instance,
                epoch,
                addresses,
                count,
            } => {
                let addresses = addresses
                    .into_iter()
                    .map(|a| (a.interface, a.address))
                    .collect();
                let announcement = Announcement {
                    instance,
                    epoch,
                    addresses,
                    count,
                };
                self.lane.mailbox().announce(announcement);
            }
            Action::Watch {
                ear,
                interface,
                groups,
            } => self.open(ear, interface, &groups),
            Action::Unwatch { ear } => {
                if let Some(socket) = self.sockets.remove(&ear) {
                    self.closed.push(socket);
                    self.keeper.forget(ear);
                }
            }
            Action::Report(event) => {
                self.followed.hear(&event);
                self.history.hear(now(), &event);
                render::say(&event, self.detail);
                for notice in self.notifier.hear(&event) {
                    self.runner.tell(notice);
                }
            }
            Action::Stopped => {
                self.stopped = true;
                self.runner.stop();
            }
        }
    }

    /// Of the link of an ear; what Ethernet has for unicast.
    fn mtu(&self, ear: Ear) -> u32 {
        let on = |link: &&Link| matches!(ear, Ear::Link(index, _) if index == link.index);
        self.links.values().find(on).map_or(1500, |link| link.mtu)
    }

    fn open(&mut self, ear: Ear, interface: Option<IfName>, groups: &BTreeSet<IpAddr>) {
        let vrids = vrids(&self.instances, ear, interface.as_ref());
        let place = match (ear, &interface) {
            (Ear::Link(index, _), Some(interface)) => Place::Groups {
                index,
                interface,
                groups,
            },
            (Ear::Peers(_), _) | (Ear::Link(..), None) => Place::Unicast,
        };
        let left = self.keeper.take(ear);
        let left = left.and_then(|fd| VrrpSocket::adopt(fd, ear.family(), &place, &vrids).ok());
        let kept = left.is_some();
        let opened = left.map_or_else(|| VrrpSocket::open(ear.family(), &place, &vrids), Ok);
        let name = interface.as_ref().map_or("unicast", IfName::as_str);
        match opened {
            Err(error) => tracing::error!("cannot open the VRRP socket on {name}: {error}"),
            Ok(socket) => {
                self.keeper.keep(ear, socket.as_fd());
                let socket = Socket {
                    interface,
                    socket,
                    registered: false,
                    kept,
                };
                socket.tune(ear, &self.instances, self.mtu(ear), self.hears_all);
                self.sockets.insert(ear, socket);
            }
        }
    }

    fn want(
        &mut self,
        instance: InstanceKey,
        epoch: u64,
        addresses: Vec<VirtualAddress>,
        objects: &Objects,
    ) {
        let configured = self.instances.get(&instance);
        let wanted = self.wanted(configured, epoch, addresses, objects);
        self.lane.mailbox().want(Owner::Instance(instance), wanted);
    }

    fn wanted(
        &self,
        configured: Option<&Instance>,
        epoch: u64,
        addresses: Vec<VirtualAddress>,
        objects: &Objects,
    ) -> Wanted {
        let want = (!addresses.is_empty()).then(|| address::claim(&addresses));
        let Objects { routes, rules, .. } = objects;
        let kept = if objects.refuses {
            guard::kept(&addresses)
        } else {
            Kept::new()
        };
        let leased = leased(configured, &addresses);
        let something = !addresses.is_empty() || !routes.is_empty() || !rules.is_empty();
        let paths = PathWish::These(path::claim(routes, rules));
        let configured = configured.filter(|_| something);
        let held = configured.map(|configured| HeldInstance {
            interface: configured.place().as_str().to_owned(),
            resignation: self.resignation(configured),
            signer: configured.wire.signer().map(|(hmac, _)| hmac.clone()),
            addresses,
            routes: routes.clone(),
            rules: rules.clone(),
            refuses: objects.refuses,
            lease: configured.wire.habits.lease,
            bound: self
                .links
                .get(configured.place())
                .is_some_and(|link| link.in_vrf),
        });
        Wanted {
            epoch,
            want,
            paths,
            kept,
            leased,
            held: held.map_or(Holding::Nothing, Holding::Instance),
        }
    }
}
