//! What an instance says: one packet to the group, or one to each peer.

use crate::interval;
use core::net::IpAddr;
use holdfast_model::{
    AddressFamily, Authentication, Cast, Checksum, HmacKey, Instance, Room, Version,
};
use holdfast_packet::ipv4;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::hmac::{self, Stamp};
use holdfast_packet::vrrp::{self, Ends, Form};
use serde::{Deserialize, Serialize};

/// An advert on its way to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Sender, as in the IP header.
    pub source: IpAddr,
    /// The group, or a peer.
    pub destination: IpAddr,
    /// IPv4: from the IP header on (IP_HDRINCL). IPv6: the message, for the kernel makes the header.
    #[serde(with = "crate::tape::hex")]
    pub packet: Vec<u8>,
}

impl Outgoing {
    /// It says that its sender is about to end: priority 0.
    pub fn resigns(&self) -> bool {
        let message = match self.source {
            IpAddr::V4(_) => ipv4::parse(&self.packet).map_or(&[][..], |(_, message)| message),
            IpAddr::V6(_) => &self.packet,
        };
        // RFC 9568 s5.1
        message.get(2) == Some(&0)
    }

    /// Signs it, once.
    pub fn sign(&mut self, key: &HmacKey, stamp: Stamp) {
        let ends = Ends {
            source: self.source,
            destination: self.destination,
        };
        let secret = &key.secret.0;
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let Ok((header, message)) = ipv4::parse(&self.packet) else {
                    return;
                };
                let mut message = message.to_vec();
                hmac::sign(&mut message, &ends, key.id, secret, stamp);
                let whole = ipv4::build(source, destination, header.id, header.ttl, &message);
                if let Ok(packet) = whole {
                    self.packet = packet;
                }
            }
            _ => hmac::sign(&mut self.packet, &ends, key.id, secret, stamp),
        }
    }
}

/// The adverts of an instance with that priority, 0 resigns. `id` is the identification of the last
/// packet, and is left at that of the last of these. Empty when the source is of another family.
pub fn adverts(
    config: &Instance,
    source: IpAddr,
    priority: u8,
    old_form: bool,
    id: &mut u16,
) -> Vec<Outgoing> {
    let addresses = advertised(config);
    let group;
    let destinations: &mut dyn Iterator<Item = IpAddr> = match &config.wire.cast {
        Cast::Group(address) => {
            group = *address;
            &mut core::iter::once(group)
        }
        Cast::Peers(peers) => &mut peers.list.iter().map(|peer| peer.address),
    };
    let mut packets = Vec::new();
    for destination in destinations {
        let ends = Ends {
            source,
            destination,
        };
        let message = vrrp::build(
            &emit(config, priority, &addresses),
            &ends,
            form(config, old_form),
        );
        let packet = match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                *id = next_id(*id);
                let ttl = config.wire.cast.peers().and_then(|peers| peers.ttl);
                let ttl = ttl.unwrap_or(ipv4::TTL);
                message.and_then(|message| ipv4::build(source, destination, *id, ttl, &message))
            }
            (IpAddr::V6(_), IpAddr::V6(_)) => message,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => continue,
        };
        if let Ok(packet) = packet {
            packets.push(Outgoing {
                source,
                destination,
                packet,
            });
        }
    }
    packets
}

/// What the receive buffer of its socket is to have for an instance on a link of that MTU; 0 where
/// nothing is asked for.
pub fn room(config: &Instance, mtu: u32) -> u32 {
    match config.wire.habits.room {
        Room::System => 0,
        Room::Bytes(bytes) => bytes,
        Room::Packets(count) => mtu.saturating_mul(count),
        Room::Adverts(count) => {
            let (header, address) = match config.wire.family {
                AddressFamily::V4 => (20, 4),
                AddressFamily::V6 => (40, 16),
            };
            let auth = match config.wire.version {
                Version::V2 => 8,
                Version::V3 => 0,
            };
            let signed = config.wire.hmac.as_ref().map_or(0, |_| 28);
            let list = u32::try_from(advertised(config).len()).unwrap_or(0) * address;
            (header + 8 + auth + signed + list).saturating_mul(count)
        }
    }
}

fn emit<'a>(config: &Instance, priority: u8, addresses: &'a [IpAddr]) -> vrrp::Emit<'a> {
    vrrp::Emit {
        version: config.wire.version.number(),
        vrid: config.vrid.get(),
        priority,
        interval: interval::on_the_wire(config),
        auth: match (config.wire.version, config.authentication) {
            (Version::V3, _) | (_, Authentication::None) => AuthField::NONE,
            (Version::V2, Authentication::Password(password)) => AuthField::password(password),
        },
        addresses,
    }
}

/// `old_form`: a peer was heard that sums the group though it sends to us.
fn form(config: &Instance, old_form: bool) -> Form {
    match (config.wire.checksum, config.wire.cast.peers()) {
        (Checksum::Message, _) => Form::Message,
        (Checksum::Old, Some(_)) => Form::PseudoGroup,
        (Checksum::PseudoOrOld, Some(_)) if old_form => Form::PseudoGroup,
        (Checksum::Pseudo | Checksum::PseudoOrOld | Checksum::Old, _) => Form::Pseudo,
    }
}

/// The kernel would fill in a 0 by itself.
const fn next_id(id: u16) -> u16 {
    match id.wrapping_add(1) {
        0 => 1,
        id => id,
    }
}

/// The addresses that go into adverts: of their family, and as many as the count field can say.
/// More are kept all the same.
pub(crate) fn advertised(config: &Instance) -> Vec<IpAddr> {
    let addresses = config.addresses.iter().map(|vip| vip.address);
    let family = config.wire.family;
    addresses
        .filter(|address| AddressFamily::of(*address) == family)
        .take(usize::from(u8::MAX))
        .collect()
}
