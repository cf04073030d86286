//! Checks of a received advert, in the RFC's order. The first that fails ends it.
//!
//! ```text
//!   header ─ version ─ type ─ length ─ checksum                            the packet itself
//!        VRID ─ destination ─ hops ─ sender ─ version ─ signature ─ auth type ─ password
//!             ─ count ─ interval ─ addresses ─ owner ─ own                 what it means to us
//! ```
//!
//! These are functions of the packet and the configuration alone: a packet that fails here cannot
//! have touched a timer or a state, since none is within reach.

use crate::hmac::{Genuine, Signatures};
use crate::input::Datagram;
use crate::interval;
use core::net::IpAddr;
use holdfast_model::event::RejectReason;
use holdfast_model::{Authentication, Cast, Instance, Version};
use holdfast_packet::vrrp::auth::{self, AuthField};
use holdfast_packet::vrrp::hmac::Stamp;
use holdfast_packet::vrrp::{self, Advert, Ends, Form};
use holdfast_packet::{AdvertError, ipv4};

/// An advert that passed every check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The sender.
    pub(crate) source: IpAddr,
    /// 0 resigns.
    pub(crate) priority: u8,
    /// Centiseconds.
    pub(crate) interval: u16,
    /// Its addresses are the same as ours.
    pub(crate) same_addresses: bool,
    /// Its checksum is right with the group as destination only, though it was sent to us.
    pub(crate) old_form: bool,
    /// `auth_hmac`: its signature, which is good.
    pub(crate) signature: Option<Genuine>,
}

/// What the checks need to know of the receiver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receiver<'a> {
    /// The configuration.
    pub(crate) config: &'a Instance,
    /// The addresses in our own adverts.
    pub(crate) addresses: &'a [IpAddr],
    /// Our own address on that link.
    pub(crate) source: Option<IpAddr>,
    /// Who was followed last.
    pub(crate) master: Option<IpAddr>,
    /// What was signed before.
    pub(crate) signatures: &'a Signatures,
    /// What the wall clock shows.
    pub(crate) wall: Option<Stamp>,
}

/// The parts of a packet, its header read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrived<'a> {
    pub(crate) ends: Ends,
    /// TTL or hop limit.
    pub(crate) hops: u8,
    pub(crate) message: &'a [u8],
}

impl<'a> Arrived<'a> {
    /// Takes the header off.
    pub(crate) fn read(datagram: &Datagram<'a>) -> Result<Self, RejectReason> {
        if let Some(header) = datagram.header {
            return Ok(Self {
                ends: Ends {
                    source: IpAddr::V6(header.source),
                    destination: IpAddr::V6(header.destination),
                },
                hops: header.hops,
                message: datagram.bytes,
            });
        }
        let (header, message) = ipv4::parse(datagram.bytes).map_err(|_| RejectReason::Header)?;
        Ok(Self {
            ends: Ends {
                source: IpAddr::V4(header.source),
                destination: IpAddr::V4(header.destination),
            },
            hops: header.ttl,
            message,
        })
    }

    /// What can be said before the receiver is known: the message is whole and an advert.
    pub(crate) fn advert(&self) -> Result<Advert<'a>, RejectReason> {
        vrrp::parse(self.message, &self.ends).map_err(|error| match error {
            AdvertError::Version(_) => RejectReason::Version,
            AdvertError::Type(_) => RejectReason::Type,
            AdvertError::Length { .. } => RejectReason::Length,
            AdvertError::Checksum => RejectReason::Checksum,
        })
    }
}

/// What the packet means to an instance with that VRID.
pub(crate) fn check(receiver: &Receiver<'_>, arrived: &Arrived<'_>) -> Result<Heard, RejectReason> {
    check_arrival(receiver.config, arrived)?;
    let advert = arrived.advert()?;
    check_advert(receiver, arrived, &advert)
}

/// Was it sent to us, and from near enough?
fn check_arrival(config: &Instance, arrived: &Arrived<'_>) -> Result<(), RejectReason> {
    let Ends {
        source,
        destination,
    } = arrived.ends;
    match &config.wire.cast {
        // Mixing unicast and multicast is refused (keepalived does, too).
        Cast::Group(group) if destination != *group => Err(RejectReason::Destination),
        // RFC 9568 s5.1.1.3, s5.1.2.3: 255, so that no router has forwarded it.
        Cast::Group(_) if arrived.hops != ipv4::TTL => Err(RejectReason::Ttl),
        Cast::Group(_) => Ok(()),
        Cast::Peers(_) if destination.is_multicast() => Err(RejectReason::Destination),
        // what was signed is remembered of peers
        Cast::Peers(peers) if peers.only_known || config.wire.hmac.is_some() => {
            let mut known = peers.list.iter().filter(|peer| peer.address == source);
            match known.next() {
                None => Err(RejectReason::Stranger),
                Some(peer) if (peer.min_ttl..=peer.max_ttl).contains(&arrived.hops) => Ok(()),
                Some(_) => Err(RejectReason::Ttl),
            }
        }
        Cast::Peers(_) => Ok(()),
    }
}

fn check_advert(
    receiver: &Receiver<'_>,
    arrived: &Arrived<'_>,
    advert: &Advert<'_>,
) -> Result<Heard, RejectReason> {
    let (config, wire) = (receiver.config, &receiver.config.wire);
    // RFC 9568 s7.1: MUST verify the version.
    if advert.version != wire.version.number() {
        return Err(RejectReason::Version);
    }
    let signature = check_signature(receiver, arrived, advert)?;
    match wire.version {
        Version::V2 => {
            check_auth(&config.authentication, &advert.auth)?;
            // RFC 3768 s7.1: an Adver Interval that is not ours: MUST discard.
            if advert.interval != interval::on_the_wire(config) {
                return Err(RejectReason::Interval);
            }
        }
        Version::V3 => {
            // RFC 9568 s5.2.5, erratum 8299: an advert without addresses is ignored.
            if advert.addresses().next().is_none() {
                return Err(RejectReason::Empty);
            }
            // RFC 9568 s5.2.6, erratum 8301. Any other is learnt (s6.4.2).
            if advert.interval == 0 {
                return Err(RejectReason::Interval);
            }
        }
    }
    // keepalived, `skip_check_adv_addr`: its first advert was looked at
    let known = wire.habits.trusts_list && receiver.master == Some(arrived.ends.source);
    let overlap = if known {
        Overlap::Same
    } else {
        Overlap::of(receiver.addresses, advert)
    };
    // RFC 3768 s7.1: MAY verify the addresses, and when they differ and the sender does not own
    // them MUST drop. Only a list without a common address is dropped: a list that is being
    // changed, one director after the other, must not make two masters. RFC 9568 s7.1: processed.
    let foreign = overlap == Overlap::Disjoint && advert.priority != u8::MAX;
    // Strict mode takes the RFC at its word.
    let differs = wire.strict && overlap != Overlap::Same && advert.priority != u8::MAX;
    if differs || foreign && wire.version == Version::V2 {
        return Err(RejectReason::Addresses);
    }
    // RFC 3768 s7.1: an owner discards; RFC 9568 s7.1 (erratum 8298) lets it process. Of what is
    // weaker it is told all the same: it insists, so that hosts that believed the other learn better.
    let rival = advert.priority == u8::MAX && wire.version == Version::V2;
    if config.priority.is_owner() && (rival || wire.owner_deaf) {
        return Err(RejectReason::Owner);
    }
    if receiver.source == Some(arrived.ends.source) {
        return Err(RejectReason::Own);
    }
    Ok(Heard {
        source: arrived.ends.source,
        priority: advert.priority,
        interval: advert.interval,
        same_addresses: overlap == Overlap::Same,
        old_form: advert.form == Form::PseudoGroup,
        signature,
    })
}

/// Signed, if it must be; and a trailer that nobody expects is a packet of the wrong length.
fn check_signature(
    receiver: &Receiver<'_>,
    arrived: &Arrived<'_>,
    advert: &Advert<'_>,
) -> Result<Option<Genuine>, RejectReason> {
    let Some(hmac) = &receiver.config.wire.hmac else {
        return match advert.trailer {
            [] => Ok(None),
            _ => Err(RejectReason::Length),
        };
    };
    let own = arrived.message.len() - advert.trailer.len();
    let message = arrived.message.get(..own).unwrap_or_default();
    let (signatures, wall) = (receiver.signatures, receiver.wall);
    signatures.verify(hmac, wall, arrived.ends.source, message, advert.trailer)
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
    fn of(ours: &[IpAddr], advert: &Advert<'_>) -> Self {
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
