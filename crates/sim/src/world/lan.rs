//! The wire: who hears what, and what a receiver must make of it. Everything that depends on the
//! form of `Action::Send` and `Datagram` is in this file.

use super::node::Node;
use crate::invariant::{Cause, Heard};
use crate::place::{self, PASSWORD, node_of, own_address, stranger, vips};
use crate::scenario::{Flaw, Lan};
use crate::spec::{Form, Spec};
use core::net::IpAddr;
use fastrand::Rng;
use holdfast_model::AddressFamily;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{self, Ends};
use holdfast_packet::{ipv4, vrrp::Form as Sum};
use holdfast_vrrp::{Datagram, Ear, Ipv6Header, Outgoing};
use std::rc::Rc;

/// A packet, and what the observer knows of its sender.
#[derive(Debug)]
pub struct Packet {
    /// IPv4: from the IP header on. IPv6: the message.
    pub bytes: Vec<u8>,
    /// The sender's configuration when it was sent.
    pub spec: Spec,
    /// In the packet.
    pub priority: u8,
    /// Of the sender.
    pub source: IpAddr,
    /// The group, or one host.
    pub destination: IpAddr,
    /// Of IPv6, which the kernel knows.
    pub hops: u8,
    /// A stranger sent it.
    pub forged: bool,
    /// It is spoilt, and nobody may accept it.
    pub spoilt: bool,
}

/// A packet that a router sends for an instance of that configuration.
pub fn sent(outgoing: Outgoing, spec: &Spec) -> Packet {
    Packet {
        priority: priority(&outgoing.packet, outgoing.source),
        bytes: outgoing.packet,
        spec: *spec,
        source: outgoing.source,
        destination: outgoing.destination,
        hops: ipv4::TTL,
        forged: false,
        spoilt: false,
    }
}

/// Where the priority stands: in the third byte of the advert.
const fn position(source: IpAddr) -> usize {
    match source {
        IpAddr::V4(_) => ipv4::HEADER + 2,
        IpAddr::V6(_) => 2,
    }
}

/// In a packet as a router sends it.
pub fn priority(packet: &[u8], source: IpAddr) -> u8 {
    packet.get(position(source)).copied().unwrap_or(0)
}

/// A stranger's packet; `to` is who is to be fooled.
pub fn forged(spec: Spec, flaw: Flaw, to: usize) -> Option<Packet> {
    let mut spec = Spec {
        priority: 254,
        ..spec
    };
    let source = match flaw {
        Flaw::Own => own_address(to, spec.form),
        _ => stranger(spec.form),
    };
    let mut password = PASSWORD;
    match flaw {
        Flaw::Password => password = *b"stranger",
        // Version 3 learns it: nothing that makes anybody wait for longer than the others make it.
        Flaw::Interval if !spec.is_v2() => spec.interval = (spec.interval / 2).max(1),
        Flaw::Interval => spec.interval += 100,
        Flaw::Vrid => spec.slot = 99,
        Flaw::Addresses => (spec.first_vip, spec.vips) = (200, 1),
        _ => {}
    }
    let destination = if spec.unicast {
        own_address(to, spec.form)
    } else {
        place::group(spec.form)
    };
    let ends = Ends {
        source,
        destination,
    };
    let addresses: Vec<IpAddr> = vips(&spec).iter().map(|vip| vip.address).collect();
    let emit = vrrp::Emit {
        version: if spec.is_v2() { 2 } else { 3 },
        vrid: spec.slot.checked_add(1)?,
        priority: spec.priority,
        interval: spec.interval,
        auth: if spec.is_v2() {
            AuthField::password(password)
        } else {
            AuthField::NONE
        },
        addresses: &addresses,
    };
    let message = vrrp::build(&emit, &ends, Sum::Pseudo).ok()?;
    let hops = if flaw == Flaw::Ttl { 64 } else { ipv4::TTL };
    let mut bytes = match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            ipv4::build(source, destination, 1, hops, &message).ok()?
        }
        _ => message,
    };
    match flaw {
        Flaw::Checksum => bytes[position(source)] ^= 1,
        Flaw::Length => bytes.truncate(bytes.len() - 4),
        Flaw::Noise => bytes.iter_mut().for_each(|byte| *byte ^= 0xa5),
        _ => {}
    }
    Some(Packet {
        bytes,
        spec,
        priority: spec.priority,
        source,
        destination,
        hops,
        forged: true,
        spoilt: match flaw {
            Flaw::Checksum | Flaw::Length | Flaw::Noise => true,
            // A unicast peer may be some hops away.
            Flaw::Ttl => !spec.unicast,
            Flaw::Password => spec.is_v2(),
            Flaw::Interval | Flaw::Addresses | Flaw::Vrid | Flaw::Own | Flaw::Nothing => false,
        },
    })
}

impl Packet {
    /// The socket of a host that hears it.
    pub const fn ear(&self, link: u32) -> Ear {
        let family = match self.destination {
            IpAddr::V4(_) => AddressFamily::V4,
            IpAddr::V6(_) => AddressFamily::V6,
        };
        if self.destination.is_multicast() {
            Ear::Link(link, family)
        } else {
            Ear::Peers(family)
        }
    }

    /// As a raw socket delivers it.
    pub const fn datagram(&self, ear: Ear) -> Datagram<'_> {
        let header = match (self.source, self.destination) {
            (IpAddr::V6(source), IpAddr::V6(destination)) => Some(Ipv6Header {
                source,
                destination,
                hops: self.hops,
            }),
            _ => None,
        };
        Datagram {
            ear,
            bytes: self.bytes.as_slice(),
            header,
        }
    }

    /// What a receiver must make of it: RFC 3768 s7.1 and RFC 9568 s7.1 in the words of
    /// configurations, not of bytes.
    pub fn cause(&self, node: &Node) -> Cause {
        let own = node.specs.iter().find(|own| own.slot == self.spec.slot);
        let accepted = own.filter(|own| !self.spoilt && self.accepted_by(own, node));
        Cause::Packet(accepted.map(|own| Heard {
            slot: own.slot,
            priority: self.priority,
            interval: self.spec.interval,
            source: self.source,
        }))
    }

    fn accepted_by(&self, own: &Spec, node: &Node) -> bool {
        let (ours, theirs) = (own.numbers(), self.spec.numbers());
        let common = ours.start.max(theirs.start) < ours.end.min(theirs.end);
        let disjoint = !ours.is_empty() && !theirs.is_empty() && !common;
        let owner = self.priority == u8::MAX;
        let fits = match own.form {
            Form::V2 => {
                own.interval == self.spec.interval
                    && (!disjoint || owner)
                    && (!own.owner() || !owner)
            }
            Form::V3 | Form::V3Ip6 => !theirs.is_empty(),
        };
        let known = !own.unicast || !own.slot.is_multiple_of(2) || node.knows(self.source);
        fits && known
            && own.form == self.spec.form
            && own.unicast == self.spec.unicast
            // its own, also while it has not been told yet that the address is gone
            && own_address(node.at, own.form) != self.source
    }

    /// Whom it is for: all others, or one.
    pub fn reaches(&self, to: usize) -> bool {
        self.destination.is_multicast() || node_of(self.destination) == Some(to)
    }
}

/// So that many can hold it.
pub type Shared = Rc<Packet>;

/// What becomes of one packet on its way to one receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Microseconds; none: it is lost.
    pub arrives: Option<u64>,
    /// A second copy.
    pub again: Option<u64>,
    /// It came as it should.
    pub clean: bool,
}

/// Draws it.
pub fn fate(lan: &Lan, noisy: bool, rng: &mut Rng) -> Fate {
    let usual = |rng: &mut Rng| rng.u64(lan.delay_min..=lan.delay_max);
    let mut fate = Fate {
        arrives: Some(usual(rng)),
        again: None,
        clean: true,
    };
    if noisy {
        let mut happens = |rate: u32| rate > 0 && rng.u32(0..1_000_000) < rate;
        let (lost, late, twice) = (happens(lan.loss), happens(lan.late), happens(lan.twice));
        fate.clean = !(lost || late || twice);
        if late {
            fate.arrives = Some(lan.delay_max + rng.u64(0..=lan.late_by));
        }
        if twice {
            fate.again = Some(lan.delay_max + rng.u64(0..=lan.late_by));
        }
        if lost {
            fate.arrives = None;
        }
    }
    fate
}
