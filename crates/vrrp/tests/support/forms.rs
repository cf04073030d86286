//! The three forms of the protocol: the same story told in each.

use super::*;
use core::net::Ipv6Addr;
use holdfast_model::{Cast, Version};
use holdfast_vrrp::{Ipv6Header, Outgoing};

/// Version and family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    pub version: Version,
    pub family: AddressFamily,
}

pub const V2: Kind = Kind {
    version: Version::V2,
    family: AddressFamily::V4,
};
pub const V3: Kind = Kind {
    version: Version::V3,
    family: AddressFamily::V4,
};
pub const V3_IPV6: Kind = Kind {
    version: Version::V3,
    family: AddressFamily::V6,
};
pub const KINDS: [Kind; 3] = [V2, V3, V3_IPV6];

/// A packet on its way to us.
#[derive(Debug, Clone)]
pub struct Packet {
    pub kind: Kind,
    /// IPv4: from its header on.
    pub bytes: Vec<u8>,
    pub header: Option<Ipv6Header>,
}

const fn local(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last)
}

impl Kind {
    pub fn v3(self) -> bool {
        self.version == Version::V3
    }

    fn v6(self) -> bool {
        self.family == AddressFamily::V6
    }

    /// Our own address, one below it, and one above.
    pub fn own(self) -> IpAddr {
        if self.v6() {
            local(5).into()
        } else {
            OWN.into()
        }
    }

    pub fn low(self) -> IpAddr {
        if self.v6() {
            local(2).into()
        } else {
            PEER.into()
        }
    }

    pub fn high(self) -> IpAddr {
        if self.v6() {
            local(0x200).into()
        } else {
            HIGH_PEER.into()
        }
    }

    pub fn group(self) -> IpAddr {
        match Cast::group(self.family) {
            Cast::Group(group) => group,
            Cast::Peers(_) => unreachable!(),
        }
    }

    pub fn config(self, priority: u8) -> Instance {
        let mut config = config(priority);
        config.wire.version = self.version;
        config.wire.family = self.family;
        config.wire.cast = Cast::group(self.family);
        if self.v3() {
            config.authentication = Authentication::None;
        }
        if self.v6() {
            for (vip, last) in config.addresses.iter_mut().zip(0x101..) {
                vip.address = local(last).into();
                vip.prefix = 64;
            }
        }
        config
    }

    /// Knows its link, and is not started.
    pub fn rig(self, config: Instance) -> Rig {
        let mut rig = Rig::new(vec![config]);
        let link_local = Some(local(5));
        rig.input(Input::Link(Link {
            link_local,
            ..link(Some(OWN), true)
        }));
        rig
    }

    pub fn backup(self, config: Instance) -> Rig {
        let mut rig = self.rig(config);
        rig.input(Input::Start);
        assert_eq!(rig.state(), State::Backup, "{self:?}");
        rig
    }

    /// Master, and all rounds of announcements are over.
    pub fn master(self, config: Instance) -> Rig {
        let mut rig = self.rig(config);
        rig.input(Input::Start);
        rig.advance(Duration::from_secs(20));
        assert_eq!(rig.state(), State::Master, "{self:?}");
        rig
    }

    /// The link goes down, or comes back.
    pub fn link(self, rig: &mut Rig, up: bool) -> Vec<Action> {
        let link_local = Some(local(5));
        rig.input(Input::Link(Link {
            link_local,
            ..link(Some(OWN), up)
        }))
    }

    /// As a peer with the same configuration sends it, but for what `change` does.
    pub fn advert_with(
        self,
        source: IpAddr,
        priority: u8,
        change: impl Fn(&mut vrrp::Emit<'_>),
    ) -> Packet {
        let addresses: Vec<IpAddr> = self.config(1).addresses.iter().map(|v| v.address).collect();
        let mut emit = vrrp::Emit {
            version: self.version.number(),
            vrid: 51,
            priority,
            interval: 100,
            auth: if self.v3() {
                AuthField::NONE
            } else {
                AuthField::password(PASSWORD)
            },
            addresses: &addresses,
        };
        change(&mut emit);
        let ends = Ends {
            source,
            destination: self.group(),
        };
        self.packet(ends, vrrp::build(&emit, &ends, Form::Pseudo).unwrap())
    }

    pub fn advert(self, source: IpAddr, priority: u8) -> Packet {
        self.advert_with(source, priority, |_| ())
    }

    /// With a header around it.
    fn packet(self, ends: Ends, message: Vec<u8>) -> Packet {
        let (bytes, header) = match (ends.source, ends.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let packet = ipv4::build(source, destination, 1, ipv4::TTL, &message);
                (packet.unwrap(), None)
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let hops = 255;
                let header = Ipv6Header {
                    source,
                    destination,
                    hops,
                };
                (message, Some(header))
            }
            _ => unreachable!(),
        };
        Packet {
            kind: self,
            bytes,
            header,
        }
    }

    pub fn hears(self, rig: &mut Rig, source: IpAddr, priority: u8) -> Vec<Action> {
        self.advert(source, priority).to(rig)
    }
}

impl Packet {
    pub fn to(&self, rig: &mut Rig) -> Vec<Action> {
        rig.input(Input::Datagram(Datagram {
            ear: Ear::Link(7, self.kind.family),
            bytes: &self.bytes,
            header: self.header,
        }))
    }

    fn start(&self) -> usize {
        if self.kind.v6() { 0 } else { 20 }
    }

    pub fn message(&self) -> &[u8] {
        &self.bytes[self.start()..]
    }

    pub fn hops(mut self, hops: u8) -> Self {
        match &mut self.header {
            Some(header) => header.hops = hops,
            None => self.bytes[8] = hops,
        }
        self
    }

    /// Another message; what the headers say of its length and its sum are right again.
    pub fn changed(&self, change: impl Fn(&mut Vec<u8>)) -> Self {
        let mut message = self.message().to_vec();
        change(&mut message);
        if let Some(sum) = message.get_mut(6..8) {
            sum.fill(0);
            let bytes = [self.pseudo(message.len()), message.clone()].concat();
            let sum = holdfast_packet::checksum::internet(&bytes);
            message[6..8].copy_from_slice(&sum.to_be_bytes());
        }
        self.spoiled(|bytes| *bytes = message.clone())
    }

    /// Another message, its sum as it was.
    pub fn spoiled(&self, change: impl Fn(&mut Vec<u8>)) -> Self {
        let mut message = self.message().to_vec();
        change(&mut message);
        let ends = self.ends();
        self.kind.packet(ends, message)
    }

    fn ends(&self) -> Ends {
        let four = |at: usize| IpAddr::from(<[u8; 4]>::try_from(&self.bytes[at..at + 4]).unwrap());
        match self.header {
            Some(header) => Ends {
                source: header.source.into(),
                destination: header.destination.into(),
            },
            None => Ends {
                source: four(12),
                destination: four(16),
            },
        }
    }

    /// What is summed in front of the message; written out here, not taken from the packet crate.
    fn pseudo(&self, length: usize) -> Vec<u8> {
        let [high, low] = u16::try_from(length).unwrap().to_be_bytes();
        match (self.kind.v3(), self.header) {
            (false, _) => Vec::new(),
            (true, None) => {
                let mut bytes = self.bytes[12..20].to_vec();
                bytes.extend([0, 112, high, low]);
                bytes
            }
            (true, Some(header)) => {
                let mut bytes = header.source.octets().to_vec();
                bytes.extend(header.destination.octets());
                bytes.extend([0, 0, high, low, 0, 0, 0, 112]);
                bytes
            }
        }
    }
}

/// What was sent, in order.
pub fn sent(actions: &[Action]) -> Vec<Outgoing> {
    let outgoing = |action: &Action| match action {
        Action::Send { outgoing, .. } => Some(outgoing.clone()),
        _ => None,
    };
    actions.iter().filter_map(outgoing).collect()
}
