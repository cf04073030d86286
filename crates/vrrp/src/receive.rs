//! The checks of a received packet, in order; the first that fails ends it (RFC 3768 s7.1).
//!
//! ```text
//!   IP header ─ destination ─ TTL ─ version ─ type ─ length ─ checksum      the packet itself
//!        VRID ─ auth type ─ password ─ interval ─ addresses ─ owner ─ own   what it means to us
//! ```
//!
//! These are functions of the packet and the configuration alone: a packet that fails here cannot
//! have touched a timer or a state, since none is within reach.

use crate::interval;
use core::net::Ipv4Addr;
use holdfast_model::Authentication;
use holdfast_model::event::RejectReason;
use holdfast_packet::ipv4::{self, Header};
use holdfast_packet::vrrp::auth::{self, AuthField};
use holdfast_packet::vrrp::{self, v2};
use holdfast_packet::{AdvertError, HeaderError};

/// An advert that passed every check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The sender.
    pub(crate) source: Ipv4Addr,
    /// 0 resigns.
    pub(crate) priority: u8,
    /// Its addresses are the same as ours.
    pub(crate) same_addresses: bool,
}

/// What the checks need to know of the receiver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receiver<'a> {
    /// The configuration.
    pub(crate) config: &'a holdfast_model::Instance,
    /// The addresses in our own adverts.
    pub(crate) addresses: &'a [Ipv4Addr],
    /// Our own address on that link.
    pub(crate) source: Option<Ipv4Addr>,
}

/// What can be said before the receiver is known: the packet is whole and an advert.
pub(crate) fn check_packet<'a>(
    header: &Header,
    message: &'a [u8],
) -> Result<v2::Advert<'a>, RejectReason> {
    // Unicast peers are another configuration; mixing both is refused (keepalived does, too).
    if header.destination != vrrp::GROUP {
        return Err(RejectReason::Destination);
    }
    // RFC 3768 s7.1: MUST verify that the IP TTL is 255.
    if header.ttl != ipv4::TTL {
        return Err(RejectReason::Ttl);
    }
    v2::parse(message).map_err(|error| match error {
        AdvertError::Version(_) => RejectReason::Version,
        AdvertError::Type(_) => RejectReason::Type,
        AdvertError::Length { .. } => RejectReason::Length,
        AdvertError::Checksum => RejectReason::Checksum,
    })
}

/// What the packet means to an instance with that VRID on that link.
pub(crate) fn check_advert(
    receiver: &Receiver<'_>,
    source: Ipv4Addr,
    advert: &v2::Advert<'_>,
) -> Result<Heard, RejectReason> {
    let config = receiver.config;
    check_auth(&config.authentication, &advert.auth)?;
    // RFC 3768 s7.1: an Adver Interval that is not ours: MUST discard.
    if advert.interval != interval::v2_seconds(config.advert_interval) {
        return Err(RejectReason::Interval);
    }
    let overlap = Overlap::of(receiver.addresses, advert);
    // RFC 3768 s7.1: MAY verify the addresses, and when they differ and the sender does not own
    // them MUST drop. Only a list without a common address is dropped: a list that is being
    // changed, one director after the other, must not make two masters.
    if overlap == Overlap::Disjoint && advert.priority != u8::MAX {
        return Err(RejectReason::Addresses);
    }
    // RFC 3768 s7.1: an owner discards. Of what is weaker it is told all the same, as with
    // keepalived: it insists, so that hosts that believed the other learn better.
    if config.priority.is_owner() && advert.priority == u8::MAX {
        return Err(RejectReason::Owner);
    }
    if receiver.source == Some(source) {
        return Err(RejectReason::Own);
    }
    Ok(Heard {
        source,
        priority: advert.priority,
        same_addresses: overlap == Overlap::Same,
    })
}

/// RFC 2338 s7.1: the authentication type is ours, and then the data is right.
fn check_auth(ours: &Authentication, theirs: &AuthField) -> Result<(), RejectReason> {
    match ours {
        Authentication::None if theirs.kind == auth::NONE => Ok(()),
        Authentication::Password(password) if theirs.kind == auth::PASSWORD => {
            if auth::same_password(password, &theirs.data) {
                Ok(())
            } else {
                Err(RejectReason::Password)
            }
        }
        Authentication::None | Authentication::Password(_) => Err(RejectReason::AuthType),
    }
}

/// How two lists of addresses lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overlap {
    Same,
    Some,
    Disjoint,
}

impl Overlap {
    /// Both lists have at most 255 entries. An empty list on either side says nothing about whose
    /// cluster it is, so it counts as an overlap.
    fn of(ours: &[Ipv4Addr], advert: &v2::Advert<'_>) -> Self {
        let theirs = || advert.addresses();
        let common = theirs().filter(|address| ours.contains(address)).count();
        let all_ours = ours.iter().all(|own| theirs().any(|their| their == *own));
        if all_ours && common == theirs().count() {
            Self::Same
        } else if common > 0 || ours.is_empty() || theirs().next().is_none() {
            Self::Some
        } else {
            Self::Disjoint
        }
    }
}

/// The reason for a packet that is not even IPv4.
pub(crate) const fn header_reason(error: HeaderError) -> RejectReason {
    match error {
        HeaderError::Short { .. }
        | HeaderError::Version(_)
        | HeaderError::HeaderLength(_)
        | HeaderError::TotalLength { .. }
        | HeaderError::Fragment
        | HeaderError::Protocol(_) => RejectReason::Header,
    }
}
