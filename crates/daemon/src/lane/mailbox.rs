//! What the vrrp worker wants of its fast lane: levels by owner, the latest wins; announcements
//! beside them, each good only for the epoch it was made for.

use crate::lane::lease::Leased;
use crate::lane::settings::Switches;
use crate::state::{HeldInstance, HeldObjects};
use holdfast_model::{
    Firewall, IfName, InstanceKey, LinkDelay, Listening, Mono, Owner, Pace, VirtualLink,
};
use holdfast_plan::Want;
use holdfast_plan::address::AddressDomain;
use holdfast_plan::guard::Kept;
use holdfast_plan::path::PathDomain;
use holdfast_vrrp::Signed;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Announcements that may wait; the oldest goes first. 255 instances with four rounds fit.
const ANNOUNCEMENTS: usize = 1024;

/// What an owner is to hold.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Comes back when the kernel has it.
    pub(crate) epoch: u64,
    /// Its addresses, or what must not be there, or nothing any more.
    pub(crate) want: Option<Want<AddressDomain>>,
    /// Its routes and rules.
    pub(crate) paths: PathWish,
    /// Of its addresses, those that nobody reaches.
    pub(crate) kept: Kept,
    /// Of its addresses, those that can be used while adverts leave.
    pub(crate) leased: Leased,
    /// What `release` would have to give back.
    pub(crate) held: Holding,
}

/// Routes and rules that go with it.
#[derive(Debug)]
pub(crate) enum PathWish {
    /// These; none of them is nothing any more.
    These(Want<PathDomain>),
    /// None of these may be left from a daemon that died.
    Leftover(Want<PathDomain>),
}

/// The same as the state file has it.
#[derive(Debug)]
pub(crate) enum Holding {
    /// Nothing is held.
    Nothing,
    /// By an instance.
    Instance(HeldInstance),
    /// By the daemon.
    Statics(HeldObjects),
}

/// Settings of the links.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// `net.ipv4.conf.INTERFACE.NAME`.
    pub(crate) switches: Switches,
    /// Links of our own, each with an instance that wants it.
    pub(crate) links: Vec<(InstanceKey, VirtualLink)>,
    /// The pace of links that are in no group.
    pub(crate) pace: Pace,
    /// `garp_group`.
    pub(crate) paces: Vec<(Vec<IfName>, Pace)>,
    /// How long links have to be down or up before that counts.
    pub(crate) delays: Vec<(IfName, LinkDelay)>,
    /// Where addresses are kept away.
    pub(crate) firewall: Firewall,
    /// How the kernel and the links are listened to.
    pub(crate) listening: Listening,
}

/// A round of gratuitous ARP.
#[derive(Debug)]
pub(crate) struct Announcement {
    pub(crate) instance: InstanceKey,
    pub(crate) epoch: u64,
    pub(crate) addresses: Vec<(IfName, IpAddr)>,
    /// Packets an address.
    pub(crate) count: u16,
}

/// Everything that waits.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    pub(crate) wants: BTreeMap<Owner, Wanted>,
    pub(crate) announcements: VecDeque<Announcement>,
    /// Addresses that are never a source of adverts, since an instance may take them away.
    pub(crate) virtual_addresses: Option<BTreeSet<IpAddr>>,
    pub(crate) settings: Option<Settings>,
    pub(crate) signed: Option<Signed>,
    /// When the last advert left, of instances with a lease.
    pub(crate) renewed: BTreeMap<InstanceKey, Mono>,
    /// Whoever claims an address of an instance is to be told of at once.
    pub(crate) offered: bool,
    pub(crate) stop: bool,
}

/// Shared by worker and lane. The lock is held for moves only.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    pending: Mutex<Pending>,
    bell: Notify,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn want(&self, owner: Owner, wanted: Wanted) {
        self.lock().wants.insert(owner, wanted);
        self.bell.notify_one();
    }

    pub(crate) fn announce(&self, announcement: Announcement) {
        let mut pending = self.lock();
        if pending.announcements.len() >= ANNOUNCEMENTS {
            pending.announcements.pop_front();
        }
        pending.announcements.push_back(announcement);
        drop(pending);
        self.bell.notify_one();
    }

    /// A configuration: settings, which addresses instances own, and what is wanted from the start.
    /// It comes in one piece: who is not among the owners of the first one is not in the file.
    pub(crate) fn configure(
        &self,
        settings: Settings,
        addresses: BTreeSet<IpAddr>,
        wants: Vec<(Owner, Wanted)>,
    ) {
        let mut pending = self.lock();
        pending.wants.extend(wants);
        pending.settings = Some(settings);
        pending.virtual_addresses = Some(addresses);
        drop(pending);
        self.bell.notify_one();
    }

    pub(crate) fn settings(&self, settings: Settings) {
        self.lock().settings = Some(settings);
        self.bell.notify_one();
    }

    /// To be written down.
    pub(crate) fn remember(&self, signed: Signed) {
        self.lock().signed = Some(signed);
        self.bell.notify_one();
    }

    /// An advert left then.
    pub(crate) fn renew(&self, instance: InstanceKey, sent: Mono) {
        self.lock().renewed.insert(instance, sent);
        self.bell.notify_one();
    }

    /// Masters offer their places: who claims one of their addresses now is told of at once.
    pub(crate) fn offer(&self) {
        self.lock().offered = true;
        self.bell.notify_one();
    }

    pub(crate) fn stop(&self) {
        self.lock().stop = true;
        self.bell.notify_one();
    }

    /// Waits until there is something, then takes all of it.
    pub(crate) async fn take(&self) -> Pending {
        self.bell.notified().await;
        let mut pending = self.lock();
        let stop = pending.stop;
        Pending {
            stop,
            ..std::mem::take(&mut *pending)
        }
    }
}
