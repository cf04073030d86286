//! One host: a process with a router, or none, and a kernel that outlives it.

use crate::invariant::View;
use crate::invariant::kernel::{Agreement, Holding};
use crate::invariant::turn::Track;
use crate::scenario::{SLOTS, Spec, eth0, model, own_address, slot};
use core::net::Ipv4Addr;
use holdfast_model::{Mono, VirtualAddress, VrrpModel};
use holdfast_packet::MacAddress;
use holdfast_vrrp::{InstanceState, Link, Router, RouterState};
use std::rc::Rc;

/// What waits for a process that is paused. Sockets, the lane's inbox and orders, in this order.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Packets and the interface they came in by; a socket's buffer is finite.
    pub packets: Vec<(u32, Rc<super::lan::Packet>)>,
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
    /// S1, L8.
    pub agreement: Agreement,
}

/// One host.
#[derive(Debug)]
pub struct Node {
    /// Its own address.
    pub address: Ipv4Addr,
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
    /// The interface that the router has sockets for.
    pub watched: Option<u32>,
    /// Causes for a kernel that refuses.
    pub refuses: u32,
    /// Milliseconds that the kernel takes more.
    pub slow: u64,
    /// What the last process left behind.
    pub snapshot: Option<RouterState>,
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
    pub fn new(at: usize, specs: &[Spec]) -> Self {
        Self {
            address: own_address(at),
            specs: specs.to_vec(),
            model: model(specs),
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
            watched: None,
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
        Link {
            name: eth0(),
            index: self.link.index,
            up: self.link.down == 0,
            mac: MacAddress([2, 0, 0, 0, 0, self.address.octets()[3]]),
            mtu: 1500,
            source: self.link.source.then_some(self.address),
        }
    }

    /// The configuration of a virtual router.
    pub fn spec(&self, slot: u8) -> Option<&Spec> {
        self.specs.iter().find(|spec| spec.slot == slot)
    }

    /// How the kernel lies to the configuration of an instance.
    pub fn holding(&self, spec: &Spec) -> Option<Holding> {
        let held = &self.kernel.get(usize::from(spec.slot))?.held;
        let wanted = self.model.instances.iter();
        let mut wanted = wanted.filter(|instance| slot(&instance.key) == Some(spec.slot));
        let addresses = &wanted.next()?.addresses;
        Some(Holding {
            all: held == addresses || sorted(held) == sorted(addresses),
            none: held.is_empty(),
        })
    }

    /// Reads the router's views again, into `views`.
    pub fn look(&mut self) {
        self.views.clear();
        let Some(router) = &self.router else {
            return;
        };
        self.views.extend(router.status().filter_map(|status| {
            Some(View {
                slot: slot(&status.key)?,
                state: status.state,
                priority: status.priority,
                faulty: !status.faults.is_empty(),
            })
        }));
    }
}

fn sorted(addresses: &[VirtualAddress]) -> Vec<&VirtualAddress> {
    let mut all: Vec<_> = addresses.iter().collect();
    all.sort();
    all
}

/// A snapshot without what no invariant speaks of.
pub fn essence(router: &Router) -> (Vec<InstanceState>, Option<Mono>, u64) {
    let snapshot = router.snapshot();
    (snapshot.instances, router.deadline(), snapshot.epoch)
}
