//! `vrrp_instance` and what the vrrp worker needs to know.

use crate::address::VirtualAddress;
use crate::bfd::BfdSession;
use crate::group::SyncGroup;
use crate::key::InstanceKey;
use crate::listening::Listening;
use crate::notify::{Notices, Notify};
use crate::objects::{Firewall, Objects, Statics};
use crate::time::Mono;
use crate::track::{Tracked, Tracks};
use crate::units::{Centis, IfName, Priority, Vrid};
use crate::virtual_link::{VirtualLink, VirtualLinks};
use crate::wire::Wire;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// All instances, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VrrpModel {
    /// In the order of the file; names are unique.
    pub instances: Vec<Instance>,
    /// Whom all of them tell.
    pub notices: Notices,
    /// What is there as long as the daemon.
    pub statics: Statics,
    /// Sync groups, in the order of the file.
    pub groups: Vec<SyncGroup>,
    /// What instances watch.
    pub tracked: Tracked,
    /// How long all of them wait at first.
    pub hold: Hold,
    /// `bfd_instance`, in the order of the file; names are unique.
    pub bfd: Vec<BfdSession>,
    /// Where what may not be reached is kept away.
    pub firewall: Firewall,
    /// How it listens.
    pub listening: Listening,
    /// The IPVS sync daemon follows it (`lvs_sync_daemon`).
    pub followed: Option<InstanceKey>,
}

/// `vrrp_startup_delay` and `vrrp_delay_after_boot`: until both are over no instance listens or
/// speaks. Zero means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hold {
    /// From the start of the daemon on.
    pub after_start: Duration,
    /// From the start of the host on.
    pub after_boot: Duration,
}

impl Hold {
    /// When a daemon that starts now may begin. `now` counts from the start of the host.
    pub fn until(&self, now: Mono) -> Mono {
        (now + self.after_start).max(Mono::ZERO + self.after_boot)
    }
}

/// One virtual router on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Identity.
    pub key: InstanceKey,
    /// `interface`: where adverts are sent and heard.
    pub interface: IfName,
    /// `virtual_router_id`.
    pub vrid: Vrid,
    /// `priority`, keepalived's default rules applied.
    pub priority: Priority,
    /// `state MASTER`: only says what is wanted; the election decides.
    pub wants_master: bool,
    /// `advert_int`.
    pub advert_interval: Centis,
    /// `authentication`.
    pub authentication: Authentication,
    /// `nopreempt`, after keepalived's rules (never with state MASTER or priority 255).
    pub nopreempt: bool,
    /// `preempt_delay`; zero means none.
    pub preempt_delay: Duration,
    /// `virtual_ipaddress`, duplicates removed; the first decides the family.
    pub addresses: Vec<VirtualAddress>,
    /// `garp_master_*`.
    pub garp: Garp,
    /// A VIP of this instance is the address of a virtual server in the same file: without IPVS
    /// in the kernel this instance would attract traffic that nobody answers.
    pub serves_ipvs: bool,
    /// How its adverts travel.
    pub wire: Wire,
    /// What it watches.
    pub tracks: Tracks,
    /// What comes and goes with the addresses.
    pub objects: Objects,
    /// `notify_*`.
    pub notify: Notify,
    /// `use_vmac` and its kin.
    pub links: VirtualLinks,
}

impl Instance {
    /// Every address that a master owns: those of the adverts, then the excluded ones.
    pub fn owned(&self) -> Vec<VirtualAddress> {
        let all = self.addresses.iter().chain(&self.objects.excluded);
        all.cloned().collect()
    }

    /// What `garp_extra_if` announces: an address for each link and family besides the instance's own.
    pub fn further(&self) -> Vec<VirtualAddress> {
        let own = match self.own_link() {
            Some(own) if own.is_macvlan() => &own.name,
            Some(_) | None => &self.interface,
        };
        let made = |name: &IfName| self.links.list.iter().any(|link| link.name == *name);
        let mut list: Vec<VirtualAddress> = Vec::new();
        for vip in self.owned() {
            let (link, six) = (&vip.interface, vip.address.is_ipv6());
            let mut same = list.iter();
            let heard = same.any(|have| have.interface == *link && have.address.is_ipv6() == six);
            if link != own && !heard && (self.links.announced_all || made(link)) {
                list.push(vip);
            }
        }
        list
    }

    /// `use_vmac`, `use_ipvlan`.
    fn own_link(&self) -> Option<&VirtualLink> {
        let own = self.links.own.as_ref()?;
        self.links.list.iter().find(|link| link.name == *own)
    }

    /// The link whose address adverts come from: the interface, but not below an ipvlan interface.
    pub fn speaker(&self) -> &IfName {
        match self.own_link() {
            Some(own) if !own.is_macvlan() => &own.name,
            Some(_) | None => &self.interface,
        }
    }

    /// The link on which adverts are exchanged: the interface, or its virtual one.
    pub fn place(&self) -> &IfName {
        match &self.links.own {
            Some(own) if !self.links.from_base => own,
            Some(_) | None => &self.interface,
        }
    }
}

/// `authentication { auth_type PASS auth_pass ... }` (RFC 2338 s5.3.6; gone in RFC 3768).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Authentication {
    /// Type 0.
    #[default]
    None,
    /// Type 1: eight bytes in clear, zero padded.
    Password([u8; 8]),
}

/// Gratuitous ARP schedule of a new master (keepalived.conf(5), garp_master_*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Garp {
    /// Messages a VIP at once and again after `delay`; `garp_master_repeat`, 5.
    pub repeat: u16,
    /// When the second round is sent; zero: no second round. `garp_master_delay`, 5 s.
    pub delay: Duration,
    /// How often it is refreshed while master; zero: never. `garp_master_refresh`, 0 s.
    pub refresh: Duration,
    /// Messages a VIP at a refresh; `garp_master_refresh_repeat`, 1.
    pub refresh_repeat: u16,
    /// Messages a VIP after an advert of lower priority; `garp_lower_prio_repeat`, = repeat.
    pub lower_prio_repeat: u16,
    /// When those are repeated; `garp_lower_prio_delay`, = delay.
    pub lower_prio_delay: Duration,
}

impl Default for Garp {
    fn default() -> Self {
        Self {
            repeat: 5,
            delay: Duration::from_secs(5),
            refresh: Duration::ZERO,
            refresh_repeat: 1,
            lower_prio_repeat: 5,
            lower_prio_delay: Duration::from_secs(5),
        }
    }
}
