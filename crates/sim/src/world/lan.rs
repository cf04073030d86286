//! The wire: who hears what, and what a receiver must make of it. Everything that depends on the
//! form of `Action::Send` and `Datagram` is in this file.

use super::node::Node;
use crate::invariant::{Cause, Heard};
use crate::scenario::{Flaw, Lan, PASSWORD, Spec, own_address, vip};
use core::net::{IpAddr, Ipv4Addr};
use fastrand::Rng;
use holdfast_packet::ipv4;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{self, v2};
use holdfast_vrrp::{Action, Datagram};
use std::rc::Rc;

/// A packet, and what the observer knows of its sender.
#[derive(Debug)]
pub struct Packet {
    /// From the IP header on.
    pub bytes: Vec<u8>,
    /// The sender's configuration when it was sent.
    pub spec: Spec,
    /// In the packet.
    pub priority: u8,
    /// Of the sender.
    pub source: Ipv4Addr,
    /// It is spoilt, and nobody may accept it.
    pub spoilt: bool,
}

/// Where the priority stands: an IP header without options, and the third byte of the advert.
const PRIORITY: usize = ipv4::HEADER + 2;

/// A packet that a router sends.
pub fn sent(action: &Action, specs: &[Spec]) -> Option<Rc<Packet>> {
    let Action::Send {
        instance,
        source,
        packet,
        ..
    } = action
    else {
        return None;
    };
    let slot = crate::scenario::slot(instance)?;
    Some(Rc::new(Packet {
        bytes: packet.clone(),
        spec: *specs.iter().find(|spec| spec.slot == slot)?,
        priority: priority(packet),
        source: *source,
        spoilt: false,
    }))
}

/// In a packet as a router sends it.
pub fn priority(packet: &[u8]) -> u8 {
    packet.get(PRIORITY).copied().unwrap_or(0)
}

/// A stranger's packet; `to` is who is to be fooled.
pub fn forged(spec: Spec, flaw: Flaw, to: usize) -> Option<Rc<Packet>> {
    let mut spec = Spec {
        priority: 254,
        ..spec
    };
    let source = match flaw {
        Flaw::Own => own_address(to),
        _ => Ipv4Addr::new(10, 0, 0, 250),
    };
    let mut password = PASSWORD;
    match flaw {
        Flaw::Password => password = *b"stranger",
        Flaw::Interval => spec.interval = spec.interval.wrapping_add(1).max(1),
        Flaw::Vrid => spec.slot = 99,
        Flaw::Addresses => (spec.first_vip, spec.vips) = (200, 1),
        _ => {}
    }
    let numbers = spec.numbers().map(|number| vip(spec.slot, number).address);
    let addresses: Vec<Ipv4Addr> = numbers
        .filter_map(|address| match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        })
        .collect();
    let message = v2::build(&v2::Emit {
        vrid: spec.slot.checked_add(1)?,
        priority: spec.priority,
        interval: spec.interval,
        auth: AuthField::password(password),
        addresses: &addresses,
    });
    let mut bytes = ipv4::build(source, vrrp::GROUP, 1, &message.ok()?).ok()?;
    match flaw {
        Flaw::Ttl => bytes[8] = 64,
        Flaw::Checksum => bytes[PRIORITY] ^= 1,
        Flaw::Length => bytes.truncate(bytes.len() - 4),
        Flaw::Noise => bytes.iter_mut().for_each(|byte| *byte ^= 0xa5),
        _ => {}
    }
    Some(Rc::new(Packet {
        bytes,
        spec,
        priority: spec.priority,
        source,
        spoilt: matches!(
            flaw,
            Flaw::Ttl | Flaw::Checksum | Flaw::Length | Flaw::Password | Flaw::Noise
        ),
    }))
}

impl Packet {
    /// As a raw socket delivers it.
    pub fn datagram(&self, link: u32) -> Datagram<'_> {
        Datagram {
            link,
            bytes: &self.bytes,
        }
    }

    /// What a receiver must make of it: RFC 3768 s7.1 in the words of configurations, not of bytes.
    pub fn cause(&self, node: &Node) -> Cause {
        let own = node.specs.iter().find(|own| own.slot == self.spec.slot);
        let accepted = own.filter(|own| {
            let (ours, theirs) = (own.numbers(), self.spec.numbers());
            let common = ours.start.max(theirs.start) < ours.end.min(theirs.end);
            let disjoint = !ours.is_empty() && !theirs.is_empty() && !common;
            !self.spoilt
                && own.interval == self.spec.interval
                && (!disjoint || self.priority == u8::MAX)
                && (!own.owner() || self.priority != u8::MAX)
                && node.link.source.then_some(node.address) != Some(self.source)
        });
        Cause::Packet(accepted.map(|own| Heard {
            slot: own.slot,
            priority: self.priority,
            source: self.source,
        }))
    }
}

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
