//! Reasons in words: keepalived's wherever it has some.

use holdfast_model::event::{FaultCause, RejectReason};
use holdfast_model::{TrackKey, TrackKind};
use std::net::IpAddr;

/// Why an instance does not serve, or does again.
pub(super) fn fault(cause: FaultCause, raised: bool) -> &'static str {
    match (cause, raised) {
        (FaultCause::InterfaceMissing, true) => "interface does not exist",
        (FaultCause::InterfaceMissing, false) => "interface exists",
        (FaultCause::InterfaceDown, true) => "interface is down",
        (FaultCause::InterfaceDown, false) => "interface is up",
        (FaultCause::NoSource, true) => "entering FAULT state (no IPv4 address for interface)",
        (FaultCause::NoSource, false) => "interface has an IPv4 address",
        (FaultCause::NotApplied, true) => "the kernel did not take the VIPs",
        (FaultCause::NotApplied, false) => "the VIPs may be tried again",
        (FaultCause::VipTaken, true) => "somebody removes the VIP again and again",
        (FaultCause::VipTaken, false) => "the VIP may be tried again",
        (FaultCause::NoIpvs, true) => {
            "no IPVS in this kernel, and the VIP has virtual servers here (--without-ipvs overrides)"
        }
        (FaultCause::NoIpvs, false) => "IPVS is there",
        (FaultCause::NoPeers, true) => {
            "Cannot use unicast without any peers - going to fault state"
        }
        (FaultCause::NoPeers, false) => "unicast has peers",
        // Never said: the watched thing and the group have lines of their own.
        (
            FaultCause::Tracked
            | FaultCause::Unjudged
            | FaultCause::Group
            | FaultCause::GroupUnjudged,
            _,
        ) => "",
    }
}

/// What it watches is not as it should be, or is again.
pub(super) fn track(key: &TrackKey, failed: bool) -> String {
    let name = &key.name;
    match (key.kind, failed) {
        (TrackKind::Interface, true) => format!("entering FAULT state (interface {name} down)"),
        (TrackKind::Interface, false) => format!("interface {name} up"),
        (TrackKind::Script, true) => format!("entering FAULT state due to script {name}"),
        (TrackKind::Script, false) => format!("script {name} succeeds again"),
        (TrackKind::File, true) => format!("tracked file {name} now FAULT state"),
        (TrackKind::File, false) => format!("tracked file {name} leaving FAULT state"),
        (TrackKind::Process, true) => {
            format!("entering FAULT state (tracked process {name} quorum not achieved)")
        }
        (TrackKind::Process, false) => format!("tracked process {name} quorum achieved"),
        (TrackKind::Bfd, true) => format!("entering FAULT state (BFD instance {name} down)"),
        (TrackKind::Bfd, false) => format!("BFD instance {name} up"),
    }
}

/// What tells hosts and switches where an address is.
pub(super) const fn announcements(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "gratuitous ARPs",
        IpAddr::V6(_) => "Unsolicited Neighbour Adverts",
    }
}

/// Two intervals in centiseconds, in words.
pub(super) fn intervals(theirs: u16, ours: u16) -> String {
    let (ours, theirs) = (u32::from(ours) * 10, u32::from(theirs) * 10);
    format!("advertisement interval mismatch mine={ours} milli-sec rcv'd={theirs} milli-sec")
}

/// Why a packet was thrown away, in words.
pub(crate) fn reject(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::Header => "ip_tot_len mismatch against received length",
        RejectReason::Destination => "unicast and multicast mismatch",
        RejectReason::Ttl => "invalid TTL/HL, expected 255",
        RejectReason::Version => "invalid version",
        RejectReason::Type => "Invalid packet type",
        RejectReason::Length => "the length does not fit the number of addresses",
        RejectReason::Checksum => "Invalid VRRP checksum",
        RejectReason::UnknownVrid => "no instance with this VRID here",
        RejectReason::AuthType => "another authentication type than ours",
        RejectReason::Password => "received an invalid passwd!",
        RejectReason::Interval => "advertisement interval mismatch",
        RejectReason::Addresses => {
            "not our VIPs: another cluster uses this VRID, or the lists differ"
        }
        RejectReason::Owner => "we are the address owner",
        RejectReason::Own => "our own IP address: duplicate address or loop",
        RejectReason::Stranger => "unicast source address not a unicast peer",
        RejectReason::Empty => "no address in a VRRPv3 advert",
        RejectReason::Unsigned => "not signed (auth_hmac, mode enforce)",
        RejectReason::Trailer => "malformed auth_hmac trailer",
        RejectReason::Stale => "signed outside of the auth_hmac time_window: compare the clocks",
        RejectReason::UnknownKey => "signed with an auth_hmac key that we do not have",
        RejectReason::Signature => "the auth_hmac signature is wrong: another key, or forged",
        RejectReason::Replay => "an auth_hmac advert that was heard before",
    }
}
