//! What the router asks for, done: adverts at once, the rest through the fast lane.

use crate::lane::fast::FastLane;
use crate::lane::mailbox::{Announcement, Wanted};
use crate::render;
use crate::script::notices::Notifier;
use crate::script::runner::Runner;
use crate::state::HeldInstance;
use holdfast_kernel::socket::vrrp::VrrpSocket;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{
    Authentication, Event, IfName, Instance, InstanceKey, VirtualAddress, VrrpModel,
};
use holdfast_packet::ipv4;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{GROUP, v2};
use holdfast_plan::address;
use holdfast_vrrp::{Action, Link};
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd as _, BorrowedFd};

/// The sockets, the lane, and what is needed to speak through them.
pub(super) struct Effects {
    lane: FastLane,
    notifier: Notifier,
    runner: Runner,
    detail: bool,
    instances: BTreeMap<InstanceKey, Instance>,
    /// By link.
    sockets: BTreeMap<u32, Socket>,
    sources: BTreeMap<IfName, Ipv4Addr>,
    stopped: bool,
    release: bool,
}

struct Socket {
    interface: IfName,
    socket: VrrpSocket,
    registered: bool,
}

impl Effects {
    pub(super) fn new(lane: FastLane, runner: Runner, detail: bool) -> Self {
        Self {
            lane,
            notifier: Notifier::default(),
            runner,
            detail,
            instances: BTreeMap::new(),
            sockets: BTreeMap::new(),
            sources: BTreeMap::new(),
            stopped: false,
            release: true,
        }
    }

    /// The configuration that the next actions belong to.
    pub(super) fn configure(&mut self, model: &VrrpModel) {
        let old = self.instances.values();
        let new = &model.instances;
        // until the difference is applied, addresses of both are nobody's source
        let addresses: BTreeSet<IpAddr> = old
            .chain(new)
            .flat_map(|instance| &instance.addresses)
            .map(|a| a.address)
            .collect();
        self.lane.mailbox().virtual_addresses(addresses);
        for instance in new {
            if !self.instances.contains_key(&instance.key) {
                self.begin_without(instance);
            }
        }
        self.runner.configure(&model.notices);
        for notice in self.notifier.configure(model) {
            self.runner.tell(notice);
        }
        self.instances = new.iter().map(|i| (i.key.clone(), i.clone())).collect();
        for socket in self.sockets.values_mut() {
            let vrids = vrids(&self.instances, &socket.interface);
            if let Err(error) = socket.socket.set_vrids(&vrids) {
                tracing::warn!("cannot filter adverts on {}: {error}", socket.interface);
            }
        }
    }

    /// A new instance starts without its addresses: whoever left them here, they are not ours to
    /// serve before we have heard who else is there. Epoch 0 is older than any want of the router.
    fn begin_without(&self, instance: &Instance) {
        let event = VrrpEvent::RemovingAddresses;
        render::say(
            &Event::Vrrp {
                instance: instance.key.clone(),
                event,
            },
            self.detail,
        );
        let want = Some(address::absent(&instance.addresses));
        let wanted = Wanted {
            epoch: 0,
            want,
            held: None,
        };
        self.lane.mailbox().want(instance.key.clone(), wanted);
    }

    pub(super) fn link(&mut self, link: &Link) {
        match link.source {
            Some(source) => self.sources.insert(link.name.clone(), source),
            None => self.sources.remove(&link.name),
        };
    }

    pub(super) fn link_gone(&mut self, index: u32) {
        self.sockets.remove(&index);
    }

    /// Every packet that waits, in the order of the links.
    pub(super) fn receive(&mut self) -> Vec<(u32, Vec<u8>)> {
        let mut packets = Vec::new();
        for (link, socket) in &mut self.sockets {
            if let Err(error) = socket.socket.receive(*link, &mut packets) {
                tracing::debug!("reading adverts on {}: {error}", socket.interface);
            }
        }
        packets
    }

    /// Lets epoll know of sockets that were opened since the last turn.
    pub(super) fn register(&mut self, epoll: &Epoll) -> io::Result<()> {
        for (link, socket) in &mut self.sockets {
            if !socket.registered {
                let event = EpollEvent::new(EpollFlags::EPOLLIN, u64::from(*link));
                epoll.add(socket.socket.as_fd(), event)?;
                socket.registered = true;
            }
        }
        Ok(())
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped && self.runner.finished()
    }

    /// Readable once what is told at the end has been told.
    pub(super) fn told(&self) -> BorrowedFd<'_> {
        self.runner.as_fd()
    }

    /// Whether a stop gives back: then a state file that says otherwise must survive us.
    pub(super) fn keep_state(&mut self, release: bool) {
        self.notifier.stop();
        self.release = release;
    }

    /// Ends the lane.
    pub(super) fn end(self) {
        self.lane.stop(!self.release);
    }

    pub(super) fn run(&mut self, action: Action) {
        match action {
            Action::Send {
                instance,
                link,
                destination,
                packet,
                ..
            } => {
                self.send(&instance, link, destination, &packet);
            }
            Action::Want {
                instance,
                epoch,
                addresses,
            } => self.want(instance, epoch, addresses),
            Action::Announce {
                instance,
                epoch,
                addresses,
                count,
            } => {
                let addresses = addresses
                    .into_iter()
                    .map(|a| (a.interface, a.address))
                    .collect();
                let announcement = Announcement {
                    instance,
                    epoch,
                    addresses,
                    count,
                };
                self.lane.mailbox().announce(announcement);
            }
            Action::Watch { link, interface } => self.open(link, interface),
            Action::Unwatch { link } => {
                self.sockets.remove(&link);
            }
            Action::Report(event) => {
                render::say(&event, self.detail);
                if let Some(notice) = self.notifier.hear(&event) {
                    self.runner.tell(notice);
                }
            }
            Action::Stopped => {
                self.stopped = true;
                self.runner.stop();
            }
        }
    }

    fn send(&self, instance: &InstanceKey, link: u32, destination: Ipv4Addr, packet: &[u8]) {
        let Some(socket) = self.sockets.get(&link) else {
            return;
        };
        if let Err(error) = socket.socket.send(destination, packet) {
            tracing::warn!("({instance}) send advert error: {error}");
        }
    }

    fn open(&mut self, link: u32, interface: IfName) {
        let vrids = vrids(&self.instances, &interface);
        match VrrpSocket::open(link, &interface, &vrids) {
            Ok(socket) => {
                self.sockets.insert(
                    link,
                    Socket {
                        interface,
                        socket,
                        registered: false,
                    },
                );
            }
            Err(error) => tracing::error!("cannot open the VRRP socket on {interface}: {error}"),
        }
    }

    fn want(&mut self, instance: InstanceKey, epoch: u64, addresses: Vec<VirtualAddress>) {
        let configured = self.instances.get(&instance);
        let want = (!addresses.is_empty()).then(|| address::claim(&addresses));
        let held = configured
            .filter(|_| !addresses.is_empty())
            .and_then(|configured| {
                Some(HeldInstance {
                    interface: configured.interface.as_str().to_owned(),
                    resignation: self.resignation(configured)?,
                    addresses,
                })
            });
        self.lane
            .mailbox()
            .want(instance, Wanted { epoch, want, held });
    }

    /// The advert with priority 0, as it would be sent: for `release`.
    fn resignation(&self, instance: &Instance) -> Option<Vec<u8>> {
        let source = *self.sources.get(&instance.interface)?;
        let addresses: Vec<Ipv4Addr> = instance
            .addresses
            .iter()
            .filter_map(|vip| match vip.address {
                IpAddr::V4(v4) => Some(v4),
                IpAddr::V6(_) => None,
            })
            .collect();
        let message = v2::build(&v2::Emit {
            vrid: instance.vrid.get(),
            priority: 0,
            interval: instance.advert_interval.whole_secs(),
            auth: match instance.authentication {
                Authentication::None => AuthField::NONE,
                Authentication::Password(password) => AuthField::password(password),
            },
            addresses: &addresses,
        });
        ipv4::build(source, GROUP, 0, &message.ok()?).ok()
    }
}

fn vrids(instances: &BTreeMap<InstanceKey, Instance>, interface: &IfName) -> Vec<u8> {
    let here = instances
        .values()
        .filter(|instance| instance.interface == *interface);
    here.map(|instance| instance.vrid.get()).collect()
}
