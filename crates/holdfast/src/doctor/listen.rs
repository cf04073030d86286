//! Listens for adverts and asks for addresses, for as long as three adverts of the slowest instance.

use super::ask::Asking;
use super::facts::{Answer, Facts, Heard};
use holdfast_kernel::socket::vrrp::{Place, VrrpSocket};
use holdfast_model::{AddressFamily, Cast, IfName, Model};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

/// No longer, however slow the adverts are.
const LONGEST: Duration = Duration::from_secs(10);

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
    let mut asking = Asking::default();
    around.unseen.extend(asking.begin(model, facts).err());
    let mut window = asking.window();
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
    let mut room = VrrpSocket::room();
    while let Some(rest) = end
        .checked_duration_since(Instant::now())
        .filter(|rest| !rest.is_zero())
    {
        let next = asking.due();
        let next = next.map(|due| due.saturating_duration_since(Instant::now()));
        wait(&ears, &asking, next.map_or(rest, |next| next.min(rest)));
        asking.turn();
        for (interface, socket) in &ears {
            let (packets, _closed) = socket.receive(&mut room);
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
    around.answers = asking.end();
    around
}

/// Until something comes, or the time is over.
fn wait(ears: &[(Option<IfName>, VrrpSocket)], asking: &Asking, rest: Duration) {
    let mut all: Vec<PollFd<'_>> = ears
        .iter()
        .map(|(_, socket)| socket.as_fd())
        .chain(asking.ears())
        .map(|fd| PollFd::new(fd, PollFlags::POLLIN))
        .collect();
    let rest = rest.as_millis().saturating_add(1);
    let rest = u16::try_from(rest).unwrap_or(u16::MAX);
    // an interrupted wait is a short one
    let _ready = poll(&mut all, PollTimeout::from(rest));
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
