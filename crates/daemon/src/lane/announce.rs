//! Gratuitous ARP and unsolicited neighbour adverts: sent at once, or at the pace of the link.

use crate::lane::links::Links;
use crate::lane::mailbox::{Announcement, Settings};
use holdfast_kernel::rt::sysctl;
use holdfast_kernel::socket::arp::ArpSocket;
use holdfast_kernel::time::now;
use holdfast_model::{IfName, InstanceKey, Mono, Pace};
use holdfast_packet::{arp, ndisc};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// Paced packets that may wait; the oldest goes first. Five rounds of 1,000 addresses fit.
const WAITING: usize = 8192;
/// Packets that leave in one go: between them the lane looks for what is more urgent.
const AT_ONCE: usize = 32;

/// Who shares a pace: a `garp_group`, or one interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Numbered(usize),
    Alone(IfName),
}

#[derive(Debug)]
struct Packet {
    instance: InstanceKey,
    epoch: u64,
    interface: IfName,
    address: IpAddr,
}

/// Sends announcements.
#[derive(Debug)]
pub(crate) struct Announcer {
    socket: ArpSocket,
    detail: bool,
    pace: Pace,
    groups: BTreeMap<IfName, (usize, Pace)>,
    waiting: VecDeque<Packet>,
    /// Before this nothing more of that kind (true: ARP) may leave.
    next: BTreeMap<(Group, bool), Mono>,
}

impl Announcer {
    pub(crate) fn new(socket: ArpSocket, detail: bool) -> Self {
        Self {
            socket,
            detail,
            pace: Pace::default(),
            groups: BTreeMap::new(),
            waiting: VecDeque::new(),
            next: BTreeMap::new(),
        }
    }

    pub(crate) fn configure(&mut self, settings: &Settings) {
        self.pace = settings.pace;
        self.next.clear();
        let numbered = settings.paces.iter().enumerate();
        self.groups = numbered
            .flat_map(|(number, (members, pace))| {
                let members = members.iter();
                members.map(move |name| (name.clone(), (number, *pace)))
            })
            .collect();
    }

    /// Rounds that came together: every address of all of them once, then those that are to be told more
    /// often. Nobody's first packet waits for the repetitions of another, also not when it comes later.
    pub(crate) fn rounds(&mut self, links: &Links, rounds: &[Announcement]) {
        let most = rounds.iter().map(|round| round.count).max();
        for turn in 0..most.unwrap_or(0) {
            for round in rounds.iter().filter(|round| turn < round.count) {
                self.once(links, round, turn == 0);
            }
        }
    }

    fn once(&mut self, links: &Links, round: &Announcement, at_once: bool) {
        for (interface, address) in &round.addresses {
            let packet = Packet {
                instance: round.instance.clone(),
                epoch: round.epoch,
                interface: interface.clone(),
                address: *address,
            };
            if at_once && self.pace(&packet).1.is_zero() {
                self.send(links, &packet);
                continue;
            }
            if self.waiting.len() >= WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back(packet);
        }
    }

    /// Sends what may leave now, or some of it. `current` says whether an epoch is still its instance's.
    pub(crate) fn flush(&mut self, links: &Links, current: impl Fn(&InstanceKey, u64) -> bool) {
        let (now, mut sent) = (now(), 0);
        for packet in std::mem::take(&mut self.waiting) {
            if sent == AT_ONCE {
                self.waiting.push_back(packet);
                continue;
            }
            if !current(&packet.instance, packet.epoch) {
                continue;
            }
            let (group, pause) = self.pace(&packet);
            if self.next.get(&group).is_some_and(|next| *next > now) {
                self.waiting.push_back(packet);
                continue;
            }
            self.send(links, &packet);
            sent += 1;
            self.next.insert(group, now + pause);
        }
    }

    /// When the next may leave.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        let due = |packet| {
            let next = self.next.get(&self.pace(packet).0);
            next.copied().unwrap_or(Mono::ZERO)
        };
        self.waiting.iter().map(due).min()
    }

    /// Asks who else has an address of ours.
    pub(crate) fn probe(&self, links: &Links, interface: &IfName, address: IpAddr) {
        if let Some((index, mac)) = links.hardware(interface) {
            let frame = match address {
                IpAddr::V4(address) => arp::probe(mac, address),
                IpAddr::V6(address) => ndisc::probe(mac, address),
            };
            // a link that is down is told of elsewhere
            let _nobody_hears = self.socket.send(index, &frame);
        }
    }

    fn pace(&self, packet: &Packet) -> ((Group, bool), Duration) {
        let (group, pace) = match self.groups.get(&packet.interface) {
            Some((number, pace)) => (Group::Numbered(*number), pace),
            None => (Group::Alone(packet.interface.clone()), &self.pace),
        };
        match packet.address {
            IpAddr::V4(_) => ((group, true), pace.arp),
            IpAddr::V6(_) => ((group, false), pace.neighbour),
        }
    }

    fn send(&self, links: &Links, packet: &Packet) {
        let (interface, address) = (&packet.interface, packet.address);
        let Some((index, mac)) = links.hardware(interface) else {
            return;
        };
        let (what, frame) = match address {
            IpAddr::V4(v4) => ("gratuitous ARP", arp::gratuitous(mac, v4)),
            IpAddr::V6(v6) => {
                let forwards = sysctl::read("ipv6", interface, "forwarding");
                let router = forwards.is_ok_and(|value| value != 0);
                let frame = ndisc::unsolicited(mac, v6, router);
                ("unsolicited Neighbour Advert", frame)
            }
        };
        if self.detail {
            tracing::info!("Sending {what} on {interface} for {address}");
        }
        let sent: io::Result<()> = self.socket.send(index, &frame);
        if let Err(error) = sent {
            tracing::warn!("{what} on {interface} for {address}: {error}");
        }
    }
}
