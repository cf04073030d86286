//! Listens for adverts and asks for addresses, for as long as three adverts of the slowest instance.

use super::facts::{Answer, Facts, Heard};
use super::servers::{owned, vips};
use holdfast_kernel::rt::{self, Neighbour};
use holdfast_kernel::socket::vrrp::{Place, VrrpSocket};
use holdfast_model::{AddressFamily, Cast, IfName, Model};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

/// No longer, however slow the adverts are.
const LONGEST: Duration = Duration::from_secs(10);
/// What a neighbour may take to answer ARP or a solicitation.
const NEIGHBOUR: Duration = Duration::from_millis(1500);
const DISCARD: u16 = 9;

/// What was heard.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) answers: BTreeMap<IpAddr, Answer>,
    pub(super) adverts: Vec<Heard>,
    pub(super) unseen: Vec<String>,
}

pub(super) fn around(model: &Model, facts: &Facts) -> Around {
    let mut around = Around::default();
    let start = Instant::now();
    let asked = ask(model, facts);
    let mut window = if asked.is_empty() {
        Duration::ZERO
    } else {
        NEIGHBOUR
    };
    let mut ears = Vec::new();
    for place in places(model) {
        match place.open(facts) {
            Ok(socket) => ears.push((place.interface, socket)),
            Err(error) => around
                .unseen
                .push(format!("adverts{}: {error}", place.words())),
        }
    }
    if !ears.is_empty() {
        let slowest = model.vrrp.instances.iter();
        let slowest = slowest
            .map(|instance| instance.advert_interval.duration())
            .max();
        let three = slowest.unwrap_or_default() * 3 + Duration::from_millis(200);
        window = window.max(three.min(LONGEST));
    }
    let end = start + window;
    while let Some(rest) = end
        .checked_duration_since(Instant::now())
        .filter(|rest| !rest.is_zero())
    {
        wait(&ears, rest);
        for (interface, socket) in &mut ears {
            let (packets, _closed) = socket.receive();
            let heard = packets.iter().filter_map(|packet| {
                let six = packet.header.map(|(source, ..)| IpAddr::V6(source));
                advert(
                    &packet.bytes,
                    six,
                    interface.as_ref().map(ToString::to_string),
                )
            });
            around.adverts.extend(heard);
        }
    }
    let neighbours = if asked.is_empty() {
        Ok(Vec::new())
    } else {
        rt::neighbours()
    };
    match neighbours {
        Ok(all) => {
            let answers = asked
                .into_iter()
                .map(|address| (address, answer(&all, address)));
            around.answers = answers.collect();
        }
        Err(error) => around.unseen.push(format!("neighbours: {error}")),
    }
    around
}

/// What the kernel knows of an address on a link.
fn answer(neighbours: &[Neighbour], address: IpAddr) -> Answer {
    let own = neighbours.iter().filter(|one| one.address == address);
    own.fold(Answer::Unknown, |so_far, one| {
        if one.answers || so_far == Answer::Somebody {
            Answer::Somebody
        } else {
            Answer::Nobody
        }
    })
}

/// Until something comes, or the time is over.
fn wait(ears: &[(Option<IfName>, VrrpSocket)], rest: Duration) {
    let mut all: Vec<PollFd<'_>> = ears
        .iter()
        .map(|(_, socket)| PollFd::new(socket.as_fd(), PollFlags::POLLIN))
        .collect();
    let rest = rest.as_millis().saturating_add(1);
    let rest = u16::try_from(rest).unwrap_or(u16::MAX);
    // an interrupted wait is a short one
    let _ready = poll(&mut all, PollTimeout::from(rest));
}

/// Has the kernel ask for the addresses that are elsewhere.
fn ask(model: &Model, facts: &Facts) -> BTreeSet<IpAddr> {
    let mut all: BTreeMap<IpAddr, Option<&IfName>> =
        vips(model).into_iter().map(|vip| (vip, None)).collect();
    for (instance, vip) in owned(model) {
        all.insert(vip, Some(instance.place()));
    }
    all.retain(|address, _| !facts.is_here(*address));
    for (address, interface) in &all {
        let any = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let Ok(socket) = UdpSocket::bind((any, 0)) else {
            continue;
        };
        if let Some(interface) = interface {
            let name = std::ffi::OsString::from(interface.as_str());
            let bound = nix::sys::socket::setsockopt(
                &socket,
                nix::sys::socket::sockopt::BindToDevice,
                &name,
            );
            if bound.is_err() {
                continue;
            }
        }
        // no way there is an answer as well: none is known
        let _sent = socket.send_to(&[], (*address, DISCARD));
    }
    all.into_keys().collect()
}

/// Where adverts are heard.
struct Ear {
    /// None: unicast.
    interface: Option<IfName>,
    groups: BTreeSet<IpAddr>,
    family: AddressFamily,
    vrids: Vec<u8>,
}

impl Ear {
    fn open(&self, facts: &Facts) -> Result<VrrpSocket, String> {
        let mut interfaces = facts.interfaces.iter();
        let place = match &self.interface {
            None => Place::Unicast,
            Some(name) => Place::Groups {
                index: interfaces
                    .find(|one| one.name == *name)
                    .map(|one| one.index)
                    .ok_or("there is no such interface")?,
                interface: name,
                groups: &self.groups,
            },
        };
        VrrpSocket::open(self.family, &place, &self.vrids).map_err(|error| error.to_string())
    }

    fn words(&self) -> String {
        let interface = self.interface.as_ref();
        interface.map_or_else(String::new, |name| format!(" on {name}"))
    }
}

fn places(model: &Model) -> Vec<Ear> {
    let mut all: BTreeMap<(Option<IfName>, bool), Ear> = BTreeMap::new();
    for instance in &model.vrrp.instances {
        let Some(first) = instance.addresses.first() else {
            continue;
        };
        let family = AddressFamily::of(first.address);
        let (interface, group) = match &instance.wire.cast {
            Cast::Group(group) => (Some(instance.place().clone()), Some(*group)),
            Cast::Peers(_) => (None, None),
        };
        let key = (interface.clone(), first.address.is_ipv6());
        let ear = all.entry(key).or_insert_with(|| Ear {
            interface,
            groups: BTreeSet::new(),
            family,
            vrids: Vec::new(),
        });
        ear.groups.extend(group);
        ear.vrids.push(instance.vrid.get());
    }
    all.into_values().collect()
}

/// What an advert says of its sender; the rest of it is the daemon's business.
fn advert(bytes: &[u8], six: Option<IpAddr>, interface: Option<String>) -> Option<Heard> {
    let (source, message) = match six {
        Some(source) => (source, bytes),
        None => {
            let head = usize::from(bytes.first()? & 0x0f) * 4;
            let source: [u8; 4] = bytes.get(12..16)?.try_into().ok()?;
            (IpAddr::from(source), bytes.get(head..)?)
        }
    };
    // RFC 9568 s5.2.2: the only type there is
    let [first, vrid, priority, ..] = message else {
        return None;
    };
    (first & 0x0f == 1).then_some(Heard {
        interface,
        vrid: *vrid,
        priority: *priority,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_on_any_link_is_enough() {
        let of = |address: &str, answers| Neighbour {
            address: address.parse().unwrap(),
            answers,
        };
        let all = [
            of("10.1.0.2", true),
            of("10.1.0.3", false),
            of("10.1.0.4", false),
            of("10.1.0.4", true),
            of("fd00::2", true),
            of("fd00::3", false),
        ];
        for (address, expected) in [
            ("10.1.0.2", Answer::Somebody),
            ("10.1.0.3", Answer::Nobody),
            ("10.1.0.4", Answer::Somebody),
            ("10.1.0.5", Answer::Unknown),
            ("fd00::2", Answer::Somebody),
            ("fd00::3", Answer::Nobody),
            ("fd00::4", Answer::Unknown),
        ] {
            let found = answer(&all, address.parse().unwrap());
            assert_eq!(found, expected, "{address}");
        }
    }
}
