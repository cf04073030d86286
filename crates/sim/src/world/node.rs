//! One host: a process with a router, or none, and a kernel that outlives it.

use crate::invariant::View;
use crate::invariant::kernel::{Agreement, Holding};
use crate::invariant::track::Track;
use crate::place::{eth0, ipv4, ipv6, model, node_of, own_address, vip};
use crate::scenario::{ITEMS, SLOTS};
use crate::spec::{Form, Spec, Standing, Told, kind};
use core::net::IpAddr;
use holdfast_model::{Level, Mono, State, TrackKind, VirtualAddress, VrrpModel};
use holdfast_packet::MacAddress;
use holdfast_vrrp::{Ear, InstanceState, Link, Router, RouterState};

/// What waits for a process that is paused. Sockets, the lane's inbox and orders, in this order.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Packets and the interface they came in by; a socket's buffer is finite.
    pub packets: Vec<(Ear, super::lan::Shared)>,
    /// Everything else.
    pub others: Vec<super::Event>,
}

/// Packets that a socket holds for a process that does not read (about 200 KB of 1 KB each).
pub const SOCKET: usize = 212;

/// The interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// Another one after it was deleted.
    pub index: u32,
    /// Causes for having no carrier.
    pub down: u32,
    /// Causes for not being there.
    pub gone: u32,
    /// It has its own address.
    pub source: bool,
    /// Causes for that it has not.
    pub bare: u32,
}

/// The kernel's half of an instance.
#[derive(Debug, Default)]
pub struct Kernel {
    /// Addresses that are there.
    pub held: Vec<VirtualAddress>,
    /// The wish that is being granted: its epoch, and what then is there.
    pub wish: Option<(u64, Vec<VirtualAddress>)>,
    /// The epoch of the last wish.
    pub epoch: u64,
    /// Somebody took an address, and the process has not been told.
    pub untold: u32,
    /// When the last wish is answered.
    pub busy: Mono,
    /// L7: when there last was a reason for FAULT.
    pub unwell: Mono,
    /// S1, L8.
    pub agreement: Agreement,
}

/// One host.
#[derive(Debug)]
pub struct Node {
    /// Its number.
    pub at: usize,
    /// How many routers there are.
    pub count: usize,
    /// Its configuration.
    pub specs: Vec<Spec>,
    /// The same for the machine.
    pub model: VrrpModel,
    /// The configuration of the next process: read while this one ends.
    pub later: Option<Vec<Spec>>,
    /// The process.
    pub router: Option<Router>,
    /// Which process: what was under way for an earlier one comes to nothing.
    pub life: u32,
    /// Causes for standing still.
    pub paused: u32,
    /// Causes for not being there.
    pub dead: u32,
    /// While paused.
    pub waiting: Waiting,
    /// The interface.
    pub link: Wire,
    /// Its process was told of a link with a carrier and an address.
    pub serviceable: bool,
    /// The sockets that the router has.
    pub ears: Vec<Ear>,
    /// How everything that can be watched is, and the causes for its being so.
    pub standing: [(Standing, u32); ITEMS],
    /// What this process was told of it.
    pub told: Told,
    /// Causes for a kernel that refuses.
    pub refuses: u32,
    /// Milliseconds that the kernel takes more.
    pub slow: u64,
    /// What the last process left behind.
    pub snapshot: Option<(RouterState, Told)>,
    /// The state of every instance after the last turn.
    pub views: Vec<View>,
    /// By slot.
    pub tracks: Vec<Track>,
    /// By slot.
    pub kernel: Vec<Kernel>,
    /// When the loop wakes.
    pub wake: Option<Mono>,
    /// The router's deadline at that time.
    pub deadline: Option<Mono>,
}

impl Node {
    /// A host without a process.
    pub fn new(at: usize, count: usize, specs: &[Spec]) -> Self {
        Self {
            at,
            count,
            specs: specs.to_vec(),
            model: model(specs, at, count),
            later: None,
            router: None,
            life: 0,
            paused: 0,
            dead: 0,
            waiting: Waiting::default(),
            link: Wire {
                index: 2,
                down: 0,
                gone: 0,
                source: true,
                bare: 0,
            },
            serviceable: false,
            ears: Vec::new(),
            standing: [(Standing::Up, 0); ITEMS],
            told: Told::default(),
            refuses: 0,
            slow: 0,
            snapshot: None,
            views: Vec::new(),
            tracks: vec![Track::default(); SLOTS],
            kernel: (0..SLOTS).map(|_| Kernel::default()).collect(),
            wake: None,
            deadline: None,
        }
    }

    /// Runs, is not paused, and has a working link.
    pub const fn alive(&self) -> bool {
        self.router.is_some() && self.paused == 0 && self.connected()
    }

    /// Packets leave it and reach it.
    pub const fn connected(&self) -> bool {
        self.link.down == 0 && self.link.gone == 0
    }

    /// The interface as the machine is told.
    pub fn link_news(&self) -> Link {
        let number = ipv4(self.at).octets()[3];
        Link {
            name: eth0(),
            index: self.link.index,
            up: self.link.down == 0,
            mac: MacAddress([2, 0, 0, 0, 0, number]),
            mtu: 1500,
            source: self.link.source.then(|| ipv4(self.at)),
            link_local: self.link.source.then(|| ipv6(self.at)),
            addresses: std::collections::BTreeSet::new(),
            in_vrf: false,
        }
    }

    /// The address that its adverts of a family come from, if it has one now.
    pub fn own_source(&self, form: Form) -> Option<IpAddr> {
        self.link.source.then(|| own_address(self.at, form))
    }

    /// It is one of the unicast peers of this host.
    pub fn knows(&self, source: IpAddr) -> bool {
        let peer = node_of(source).filter(|node| *node != self.at);
        peer.is_some_and(|node| node < self.count.max(2))
    }

    /// How something that is watched is, in the words of its kind.
    pub fn level(&self, item: u8) -> Level {
        let standing = self.standing.get(usize::from(item));
        let standing = standing.map_or(Standing::Up, |(standing, _)| *standing);
        match (kind(item), standing) {
            (TrackKind::File, Standing::Up) => Level::Value(0),
            (TrackKind::File, Standing::Down) => Level::Value(1),
            (TrackKind::File, Standing::Value(value)) => Level::Value(value),
            (_, Standing::Up | Standing::Value(_)) => Level::Up,
            (_, Standing::Down) => Level::Down,
        }
    }

    /// A configuration was read: what is new counts as up until it is told of, what nobody watches
    /// is forgotten; BFD sessions run by themselves.
    pub fn forget_levels(&mut self, old: &[Spec]) {
        for (item, told) in (0..).zip(&mut self.told) {
            let watched = self.specs.iter().any(|spec| spec.watches(item));
            match kind(item) {
                TrackKind::File => *told = told.filter(|_| watched),
                TrackKind::Bfd if !watched => {}
                _ if !watched => *told = None,
                _ if old.iter().any(|spec| spec.watches(item)) => {}
                _ => *told = told.or(Some(Level::Up)),
            }
        }
    }

    /// A process goes on where another ended: what those who go on as master watch counts as up
    /// until it is told of, as after a reload.
    pub fn presume_levels(&mut self) {
        let masters = self.views.iter().filter(|view| view.state == State::Master);
        let masters: Vec<u8> = masters.map(|view| view.slot).collect();
        for (item, told) in (0..).zip(&mut self.told) {
            let mut specs = self.specs.iter();
            let watched = specs.any(|spec| masters.contains(&spec.slot) && spec.watches(item));
            if watched && kind(item) != TrackKind::File {
                *told = told.or(Some(Level::Up));
            }
        }
    }

    /// The configuration of a virtual router.
    pub fn spec(&self, slot: u8) -> Option<&Spec> {
        self.specs.iter().find(|spec| spec.slot == slot)
    }

    /// How the kernel lies to the configuration of an instance.
    pub fn holding(&self, spec: &Spec) -> Option<Holding> {
        let held = &self.kernel.get(usize::from(spec.slot))?.held;
        let wanted = || {
            let numbers = spec.numbers();
            numbers.map(|number| vip(spec.form, spec.slot, number))
        };
        Some(Holding {
            all: held.len() == usize::from(spec.vips) && wanted().all(|each| held.contains(&each)),
            none: held.is_empty(),
        })
    }

    /// Reads the router's views again, into `views`.
    pub fn look(&mut self) {
        self.views.clear();
        let Some(router) = &self.router else {
            return;
        };
        // Both are in the order of the file.
        let specs = self.specs.iter().zip(router.glance());
        self.views
            .extend(specs.map(|(spec, (state, priority, faulty))| View {
                slot: spec.slot,
                state,
                priority,
                faulty,
            }));
    }
}

/// A snapshot without what no invariant speaks of.
pub fn essence(router: &Router) -> (Vec<InstanceState>, Option<Mono>, u64) {
    let snapshot = router.snapshot();
    (snapshot.instances, router.deadline(), snapshot.epoch)
}
