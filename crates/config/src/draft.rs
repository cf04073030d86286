//! What blocks say before the rules over them are applied: nothing filled in, with the places
//! that later findings point at.

use crate::auth_draft::{AuthDraft, HmacDraft};
use crate::block::LearnedCap;
pub(crate) use crate::check_draft::{
    CheckerDraft, CheckerKind, FileDraft, MiscDraft, OriginDraft, UdpDraft,
};
use crate::listening_draft::{Followed, HabitsDraft};
pub(crate) use crate::notify_draft::{
    CheckDraft, FifoDraft, MailDraft, NoticesDraft, NotifyDraft, OnceDraft, ProcessDraft,
    ScriptDraft, ServerDraft, ServerScripts, ServersDraft, SystemDraft,
};
pub(crate) use crate::table_draft::{GroupMark, OptionsOfService, ServerGroup, TableDraft};
pub(crate) use crate::vmac_draft::{Extra, VmacDraft, VmacNames};
use core::net::IpAddr;
use core::time::Duration;
pub(crate) use holdfast_model::TrackKind;
use holdfast_model::bfd::BfdListeners;
use holdfast_model::{
    Forwarding, IfName, LinkDelay, Micros, Name, Pace, Peer, Priority, Protocol, Route, Rule,
    Scheduler, Scope, SlowStart, SorryServer, Thresholds, Vrid, Weight,
};
use holdfast_syntax::Span;
use std::collections::{BTreeMap, BTreeSet};

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

/// `vrrp_instance`.
#[derive(Debug, Default)]
pub(crate) struct InstanceDraft {
    pub(crate) name: Name,
    pub(crate) head: Span,
    /// Head to `}`.
    pub(crate) block: Span,
    pub(crate) wants_master: Option<bool>,
    pub(crate) interface: Option<Spanned<IfName>>,
    pub(crate) vrf: Option<Spanned<IfName>>,
    pub(crate) vrid: Option<Spanned<Vrid>>,
    pub(crate) priority: Option<Priority>,
    pub(crate) advert: Option<Spanned<Duration>>,
    pub(crate) auth: AuthDraft,
    pub(crate) nopreempt: Option<Span>,
    pub(crate) preempt_delay: Option<Spanned<Duration>>,
    pub(crate) addresses: Vec<AddressDraft>,
    /// Where each address is given first.
    pub(crate) first_given: BTreeMap<(IpAddr, u8, Option<IfName>), Span>,
    pub(crate) garp: GarpDraft,
    /// `virtual_router_id` was refused where it stands.
    pub(crate) vrid_refused: bool,
    /// `interface` was refused where it stands.
    pub(crate) interface_refused: bool,
    /// A line of `virtual_ipaddress` was refused.
    pub(crate) address_refused: bool,
    /// A line of `unicast_peer` was refused.
    pub(crate) peer_refused: bool,
    /// VIPs may be missing on purpose.
    pub(crate) no_addresses: bool,
    pub(crate) version: Option<Spanned<u32>>,
    /// Where `state` is.
    pub(crate) state: Option<Span>,
    pub(crate) strict: Option<Spanned<bool>>,
    /// A unicast keyword.
    pub(crate) unicast: Option<Span>,
    pub(crate) unicast_ttl: Option<Span>,
    pub(crate) peers: Vec<(Peer, Span)>,
    pub(crate) wire: WireDraft,
    pub(crate) vmac: Option<VmacDraft>,
    pub(crate) xmit_base: Option<Span>,
    pub(crate) promote: Option<Span>,
    pub(crate) tracks: Tracks,
    pub(crate) notify: NotifyDraft,
    /// `dont_track_primary`.
    pub(crate) not_own_interface: bool,
    /// What is defined above; the file's, while the block is read.
    pub(crate) objects: Objects,
    pub(crate) kernel: KernelDraft,
    pub(crate) hmac: Option<HmacDraft>,
    /// `lvs_sync_daemon_interface`.
    pub(crate) sync_interface: Option<IfName>,
}

/// How adverts travel: of an instance, or of the file for instances that say nothing.
#[derive(Debug, Default)]
pub(crate) struct WireDraft {
    pub(crate) source: Option<Spanned<IpAddr>>,
    pub(crate) group4: Option<IpAddr>,
    pub(crate) group6: Option<IpAddr>,
    pub(crate) ttl: Option<u8>,
    pub(crate) only_known: bool,
    /// `old_unicast_checksum`: true with it, false with `never`.
    pub(crate) old_checksum: Option<bool>,
    pub(crate) checksum_as_v2: Option<bool>,
    pub(crate) down_adverts: Option<u8>,
    pub(crate) lower_unanswered: Option<bool>,
    pub(crate) higher_answered: Option<bool>,
    pub(crate) owner_deaf: Option<bool>,
    /// Of the file only.
    pub(crate) learned: LearnedCap,
    /// `track_src_ip`.
    pub(crate) tracks_source: bool,
    pub(crate) habits: HabitsDraft,
}

/// A line of `virtual_ipaddress`.
#[derive(Debug)]
pub(crate) struct AddressDraft {
    pub(crate) address: IpAddr,
    pub(crate) prefix: u8,
    pub(crate) interface: Option<IfName>,
    pub(crate) label: Option<Name>,
    pub(crate) scope: Option<Scope>,
    pub(crate) broadcast: Option<core::net::Ipv4Addr>,
    pub(crate) options: OptionsDraft,
    pub(crate) span: Span,
}

/// The further words of such a line.
#[derive(Debug, Default)]
pub(crate) struct OptionsDraft {
    /// A prefix length is given.
    pub(crate) prefix: bool,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) flags: u32,
    /// `-nodad`.
    pub(crate) detect_duplicates: bool,
    pub(crate) untracked: bool,
    /// `use_vmac`.
    pub(crate) vmac: bool,
    /// `track_group`.
    pub(crate) group: Option<(Name, Span)>,
    /// None of them: by the prefix length. None in it: forever.
    pub(crate) preferred: Option<Option<u32>>,
}

/// What an instance has in the kernel besides its advertised addresses.
#[derive(Debug, Default)]
pub(crate) struct KernelDraft {
    pub(crate) excluded: Vec<AddressDraft>,
    pub(crate) routes: Vec<Route>,
    pub(crate) rules: Vec<Rule>,
    /// `accept`, `no_accept`.
    pub(crate) accept: Option<bool>,
    /// `use_vmac_addr`.
    pub(crate) vmac_addresses: bool,
}

/// What the kernel holds for the daemon, and settings of links.
#[derive(Debug, Default)]
pub(crate) struct StaticsDraft {
    pub(crate) addresses: Vec<AddressDraft>,
    pub(crate) routes: Vec<Route>,
    pub(crate) rules: Vec<Rule>,
    /// `default_interface`.
    pub(crate) interface: Option<IfName>,
    pub(crate) pace: Pace,
    pub(crate) paces: Vec<(Vec<IfName>, Pace)>,
    pub(crate) delays: Vec<(IfName, LinkDelay, Span)>,
    pub(crate) followed: Vec<Followed>,
}

/// `garp_master_*`.
#[derive(Debug, Default)]
pub(crate) struct GarpDraft {
    /// `vrrp_min_garp`: other defaults.
    pub(crate) least: bool,
    pub(crate) repeat: Option<u16>,
    pub(crate) delay: Option<Duration>,
    pub(crate) refresh: Option<Duration>,
    pub(crate) refresh_repeat: Option<u16>,
    pub(crate) lower_prio_repeat: Option<u16>,
    pub(crate) lower_prio_delay: Option<Duration>,
    pub(crate) extra: Option<Extra>,
}

/// `delay_loop`, `retry` and their kin, which virtual server, real server and checker can all say.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct TimingDraft {
    pub(crate) delay_loop: Option<Micros>,
    pub(crate) warmup: Option<Micros>,
    pub(crate) retry: Option<u32>,
    pub(crate) delay_before_retry: Option<Micros>,
    pub(crate) connect_timeout: Option<Micros>,
}

impl TimingDraft {
    /// What this level leaves open is taken from the level around it.
    pub(crate) fn or(self, outer: Self) -> Self {
        Self {
            delay_loop: self.delay_loop.or(outer.delay_loop),
            warmup: self.warmup.or(outer.warmup),
            retry: self.retry.or(outer.retry),
            delay_before_retry: self.delay_before_retry.or(outer.delay_before_retry),
            connect_timeout: self.connect_timeout.or(outer.connect_timeout),
        }
    }
}

/// How a virtual server is addressed.
#[derive(Debug, Clone)]
pub(crate) enum ServiceDraft {
    Address {
        address: IpAddr,
        port: u16,
    },
    Fwmark(u32),
    /// Of this name.
    Group(String),
}

/// `virtual_server`.
#[derive(Debug)]
pub(crate) struct VirtualServerDraft {
    pub(crate) service: ServiceDraft,
    pub(crate) head: Span,
    pub(crate) block: Span,
    pub(crate) protocol: Option<Spanned<Protocol>>,
    pub(crate) scheduler: Option<Scheduler>,
    pub(crate) forwarding: Option<Forwarding>,
    /// `FULLNAT`, and its addresses.
    pub(crate) full_nat: Option<Vec<IpAddr>>,
    pub(crate) persistence_timeout: Option<Duration>,
    pub(crate) persistence_prefix: Option<u8>,
    pub(crate) quorum: Option<Spanned<u32>>,
    pub(crate) hysteresis: Option<Spanned<u32>>,
    pub(crate) sorry_server: Option<Spanned<SorryServer>>,
    pub(crate) virtualhost: Option<Name>,
    pub(crate) weight: Option<Weight>,
    pub(crate) inhibit_on_failure: bool,
    pub(crate) alpha: bool,
    pub(crate) ha_suspend: bool,
    pub(crate) timing: TimingDraft,
    pub(crate) real_servers: Vec<RealServerDraft>,
    /// What FILE_CHECK and BFD_CHECK of its real servers name.
    pub(crate) watches: Vec<(TrackKind, Name, Span)>,
    pub(crate) refused: Refused,
    pub(crate) scripts: ServerScripts,
    pub(crate) options: OptionsOfService,
}

/// What a virtual server names, and was refused where it stands: no more need be said.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Refused {
    pub(crate) protocol: bool,
    pub(crate) scheduler: bool,
    pub(crate) forwarding: bool,
    pub(crate) real_server: bool,
}

/// `real_server`.
#[derive(Debug)]
pub(crate) struct RealServerDraft {
    pub(crate) address: IpAddr,
    /// 0 when none is given.
    pub(crate) port: u16,
    pub(crate) head: Span,
    pub(crate) weight: Option<Weight>,
    pub(crate) forwarding: Option<Forwarding>,
    /// `FULLNAT`, and its addresses.
    pub(crate) full_nat: Option<Vec<IpAddr>>,
    pub(crate) inhibit_on_failure: Option<bool>,
    pub(crate) alpha: Option<bool>,
    pub(crate) virtualhost: Option<Name>,
    pub(crate) timing: TimingDraft,
    pub(crate) checkers: Vec<CheckerDraft>,
    /// What FILE_CHECK and BFD_CHECK name; handed on to the virtual server.
    pub(crate) watches: Vec<(TrackKind, Name, Span)>,
    pub(crate) scripts: Option<Box<ServerScripts>>,
    pub(crate) thresholds: Thresholds,
    pub(crate) slow_start: SlowStart,
}

/// What one instance or group watches.
pub(crate) type Tracks = BTreeMap<(TrackKind, Name), Track>;

/// A line of a `track_*` block.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    /// None: as the object itself says.
    pub(crate) weight: Option<Weighing>,
    pub(crate) span: Span,
}

/// `weight W [reverse]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weighing {
    pub(crate) weight: i32,
    pub(crate) reverse: bool,
}

impl Track {
    /// It counts by its weight, and is no fault.
    pub(crate) fn weighs(&self) -> bool {
        self.weight.is_some_and(|weighing| weighing.weight != 0)
    }
}

/// What is defined so far and can be watched, each with its own weight.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    defined: BTreeMap<(TrackKind, Name), (Option<Weighing>, Span)>,
    /// Those that were left out where they stand.
    refused: BTreeSet<(TrackKind, Name)>,
    /// Who hears of each BFD session.
    pub(crate) listeners: BTreeMap<Name, BfdListeners>,
}

impl Objects {
    /// Remembers one; where the same is already defined, if it is.
    pub(crate) fn define(
        &mut self,
        kind: TrackKind,
        name: Name,
        weight: Option<Weighing>,
        span: Span,
    ) -> Option<Span> {
        let before = self.defined.insert((kind, name), (weight, span));
        before.map(|(_, span)| span)
    }

    /// Remembers one that was left out.
    pub(crate) fn refuse(&mut self, kind: TrackKind, name: Name) {
        self.refused.insert((kind, name));
    }

    /// Stands it above, and was left out there?
    pub(crate) fn was_refused(&self, kind: TrackKind, name: &Name) -> bool {
        self.refused.contains(&(kind, name.clone()))
    }

    /// The names of a kind.
    pub(crate) fn names(&self, kind: TrackKind) -> impl Iterator<Item = &str> {
        let all = self.defined.keys().filter(move |(its, _)| *its == kind);
        all.map(|(_, name)| name.as_str())
    }

    /// Stands it above?
    pub(crate) fn defined(&self, kind: TrackKind, name: &Name) -> bool {
        self.defined.contains_key(&(kind, name.clone()))
    }

    /// A BFD session that is not for these.
    pub(crate) fn deaf(&self, of: &(TrackKind, Name), hears: fn(&BfdListeners) -> bool) -> bool {
        of.0 == TrackKind::Bfd && self.listeners.get(&of.1).is_some_and(|each| !hears(each))
    }

    /// Its own weight.
    pub(crate) fn weight(&self, key: &(TrackKind, Name)) -> Option<Weighing> {
        self.defined.get(key)?.0
    }
}

/// `vrrp_sync_group`.
#[derive(Debug)]
pub(crate) struct GroupDraft {
    pub(crate) name: Name,
    pub(crate) head: Span,
    pub(crate) members: Vec<(Name, Span)>,
    pub(crate) tracks: Tracks,
    /// `sync_group_tracking_weight`.
    pub(crate) weights: bool,
    pub(crate) notify: NotifyDraft,
}
