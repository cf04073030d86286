//! The vrrp worker's fast lane: addresses, gratuitous ARP, and the one netlink monitor.
//!
//! ```text
//!  worker ── Mailbox (wants by instance, announcements) ──▶ lane ── Said (bounded) ──▶ worker
//!                                       Reconciler ⇄ rtnetlink ⇄ kernel
//! ```
//! The kernel's answers and its monitor meet in the reconciler; the worker hears of links, of what
//! has been applied, and of what somebody took away.

use crate::lane::announce;
use crate::lane::links::{LinkNews, Links};
use crate::lane::mailbox::{Mailbox, Pending};
use crate::lane::outbox::Outbox;
use crate::state::{Held, StateFile};
use holdfast_kernel::rt::{
    Monitor, MonitorEvent, NewAddress, ObservedAddress, ObservedLink, RtError, Rtnetlink,
};
use holdfast_kernel::socket::arp::ArpSocket;
use holdfast_kernel::time::now;
use holdfast_model::{IfName, InstanceKey, Machine as _, Mono, Name};
use holdfast_packet::MacAddress;
use holdfast_plan::address::{AddressAttr, AddressDomain, AddressId};
use holdfast_plan::{Action, Batch, Input, Outcome, Reconciler, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

const ENODEV: i32 = 19;

/// What the lane says.
#[derive(Debug)]
pub(crate) enum Said {
    /// About a link.
    Link(LinkNews),
    /// The first reading of the kernel is complete.
    Ready,
    /// The kernel is as the instance wanted it.
    Applied { instance: InstanceKey, epoch: u64 },
    /// It cannot be brought in; tries go on.
    GaveUp { instance: InstanceKey, epoch: u64 },
    /// Somebody removed it; it is being put back.
    Lost {
        instance: InstanceKey,
        interface: IfName,
        address: IpAddr,
    },
}

/// The worker's handle of the lane.
#[derive(Debug)]
pub(crate) struct FastLane {
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<()>>,
    file: StateFile,
}

impl FastLane {
    /// Starts the thread.
    ///
    /// # Errors
    /// When its sockets or the thread cannot be made.
    pub(crate) fn start(outbox: Outbox<Said>, file: StateFile, detail: bool) -> io::Result<Self> {
        let mailbox = Arc::new(Mailbox::default());
        let theirs = Arc::clone(&mailbox);
        let state = file.clone();
        let thread = std::thread::Builder::new()
            .name("fast".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || {
                if let Err(error) = run(&theirs, outbox, state, detail) {
                    // without its lane the worker is half a worker
                    tracing::error!("the address lane ended: {error}");
                    std::process::abort();
                }
            })?;
        Ok(Self {
            mailbox,
            thread: Some(thread),
            file,
        })
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Ends the lane after what it does now. `keep`: addresses stay, and `release` must not take
    /// them either.
    pub(crate) fn stop(mut self, keep: bool) {
        self.mailbox.stop();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
        let held = self
            .file
            .read::<Held>()
            .is_some_and(|held| !held.instances.is_empty());
        if keep || !held {
            self.file.remove();
        }
    }
}

fn run(mailbox: &Mailbox, outbox: Outbox<Said>, file: StateFile, detail: bool) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut lane = Lane {
            // subscribe first, read then: nothing falls between
            monitor: Monitor::open()?,
            rtnetlink: Rtnetlink::open()?,
            arp: ArpSocket::open()?,
            outbox,
            file,
            held: Held::default(),
            detail,
            links: Links::default(),
            reconciler: Reconciler::new(),
            epochs: BTreeMap::new(),
        };
        lane.run(mailbox).await
    })
}

struct Lane {
    monitor: Monitor,
    rtnetlink: Rtnetlink,
    arp: ArpSocket,
    outbox: Outbox<Said>,
    file: StateFile,
    held: Held,
    detail: bool,
    links: Links,
    reconciler: Reconciler<AddressDomain>,
    /// The latest want of each instance.
    epochs: BTreeMap<InstanceKey, u64>,
}

impl Lane {
    async fn run(&mut self, mailbox: &Mailbox) -> io::Result<()> {
        self.read_links().await?;
        self.outbox.put(Said::Ready);
        loop {
            let wait = self
                .reconciler
                .deadline()
                .map_or(Duration::from_secs(60), wait_until);
            tokio::select! {
                biased;
                pending = mailbox.take() => {
                    let stop = pending.stop;
                    self.take(pending);
                    self.drain().await;
                    if stop {
                        return Ok(());
                    }
                }
                event = self.monitor.next() => self.observe(event?).await?,
                () = tokio::time::sleep(wait) => {}
            }
            if self
                .reconciler
                .deadline()
                .is_some_and(|deadline| deadline <= now())
            {
                self.reconciler.handle(now(), Input::Tick);
            }
            self.drain().await;
        }
    }

    fn take(&mut self, pending: Pending) {
        if let Some(addresses) = pending.virtual_addresses {
            self.links.set_virtual(addresses);
            self.tell_links();
        }
        let mut held = self.held.clone();
        for (instance, wanted) in pending.wants {
            match wanted.held {
                Some(state) => held.instances.insert(instance.clone(), state),
                None => held.instances.remove(&instance),
            };
            self.epochs.insert(instance.clone(), wanted.epoch);
            let (epoch, want) = (wanted.epoch, wanted.want);
            self.reconciler.handle(
                now(),
                Input::Want {
                    key: instance,
                    epoch,
                    want,
                },
            );
        }
        if held != self.held {
            self.held = held;
            // before the kernel is touched: whoever cleans up after a crash must know of it
            if let Err(error) = self.file.write(&self.held) {
                tracing::warn!("cannot write the state file: {error}");
            }
        }
        for announcement in pending.announcements {
            let latest = self.epochs.get(&announcement.instance);
            if latest == Some(&announcement.epoch) {
                announce::send(&self.arp, &self.links, &announcement, self.detail);
            }
        }
    }

    fn link(&mut self, link: ObservedLink) {
        let mac = MacAddress(link.mac);
        let links = &mut self.links;
        links.link(link.index, link.name, link.running, mac, link.mtu);
    }

    /// One that somebody else may have is nothing to send from.
    fn address(&mut self, seen: &ObservedAddress) {
        let (index, address, prefix) = (seen.index, seen.address, seen.prefix);
        if seen.tentative {
            self.links.address_gone(index, address, prefix);
        } else {
            self.links.address(index, address, prefix);
        }
    }

    fn tell_links(&mut self) {
        for news in self.links.news() {
            self.outbox.put(Said::Link(news));
        }
    }

    async fn observe(&mut self, event: MonitorEvent) -> io::Result<()> {
        match event {
            MonitorEvent::Link(link) => self.link(link),
            MonitorEvent::LinkGone(index) => {
                self.links.gone(index);
                // its addresses went without a word of their own
                self.reconciler.handle(now(), Input::Overrun);
            }
            MonitorEvent::Address(address) => {
                self.address(&address);
                if let Some((id, attr)) = self.observed(&address) {
                    self.reconciler.handle(
                        now(),
                        Input::KernelEvent {
                            id,
                            attr: Some(attr),
                        },
                    );
                }
            }
            MonitorEvent::AddressGone(address) => {
                self.links
                    .address_gone(address.index, address.address, address.prefix);
                if let Some((id, _)) = self.observed(&address) {
                    self.reconciler
                        .handle(now(), Input::KernelEvent { id, attr: None });
                }
            }
            MonitorEvent::Overrun => {
                tracing::warn!("netlink: messages were lost: reading everything again");
                self.read_links().await?;
                self.reconciler.handle(now(), Input::Overrun);
            }
        }
        self.tell_links();
        Ok(())
    }

    fn observed(&self, address: &ObservedAddress) -> Option<(AddressId, AddressAttr)> {
        let interface = self.links.name(address.index)?.clone();
        let id = AddressId {
            interface,
            address: address.address,
            prefix: address.prefix,
        };
        let label = address.label.as_deref();
        let attr = AddressAttr::new(&id, label, address.scope, address.broadcast);
        Some((id, attr))
    }

    async fn read_links(&mut self) -> io::Result<()> {
        let links = self.rtnetlink.links().await.map_err(io::Error::other)?;
        let addresses = self.rtnetlink.addresses().await.map_err(io::Error::other)?;
        self.links
            .start_reading(&links.iter().map(|link| link.index).collect::<BTreeSet<_>>());
        for link in links {
            self.link(link);
        }
        for address in addresses {
            self.address(&address);
        }
        self.tell_links();
        Ok(())
    }

    /// Runs the machine's actions until there are none.
    async fn drain(&mut self) {
        while let Some(action) = self.reconciler.poll_action() {
            match action {
                Action::Submit(batch) => {
                    let outcome = self.apply(&batch).await;
                    self.reconciler.handle(
                        now(),
                        Input::Done {
                            batch: batch.id,
                            outcome,
                        },
                    );
                }
                Action::Dump(_all) => {
                    let read = self.rtnetlink.addresses().await;
                    let interrupted = read.is_err();
                    for address in read.unwrap_or_default() {
                        if let Some((id, attr)) = self.observed(&address) {
                            self.reconciler.handle(now(), Input::DumpItem { id, attr });
                        }
                    }
                    self.reconciler
                        .handle(now(), Input::DumpEnd { interrupted });
                }
                Action::Report(report) => self.report(report),
            }
        }
    }

    async fn apply(&mut self, batch: &Batch<AddressDomain>) -> Outcome {
        let mut failed = Vec::new();
        for (place, op) in batch.ops.iter().enumerate() {
            let id = op.id();
            let result = match (self.links.index(&id.interface), op.attr()) {
                (None, _) => Err(RtError::Kernel(ENODEV)),
                (Some(index), Some(attr)) => {
                    let new = NewAddress {
                        index,
                        address: id.address,
                        prefix: id.prefix,
                        scope: attr.scope,
                        label: attr.label.as_ref().map(Name::as_str),
                        broadcast: attr.broadcast,
                    };
                    self.rtnetlink.add_address(new).await
                }
                (Some(index), None) => {
                    let deleted = self.rtnetlink.delete_address(index, id.address, id.prefix);
                    deleted.await
                }
            };
            match result {
                Ok(()) => {}
                Err(RtError::Kernel(errno)) => failed.push((place, errno)),
                // the kernel may do it yet, when whoever holds its lock lets go
                Err(other) => return Outcome::Unknown(other.errno()),
            }
        }
        Outcome::Known(failed)
    }

    fn report(&self, report: Report<AddressDomain>) {
        match report {
            Report::Applied { key, epoch } => {
                self.outbox.put(Said::Applied {
                    instance: key,
                    epoch,
                });
            }
            Report::GaveUp { key, epoch, errno } => {
                let error = io::Error::from_raw_os_error(errno);
                tracing::warn!("({key}) the kernel does not take the addresses: {error}");
                self.outbox.put(Said::GaveUp {
                    instance: key,
                    epoch,
                });
            }
            Report::Lost { key, ids } => {
                for id in ids {
                    let (interface, address) = (id.interface, id.address);
                    self.outbox.put(Said::Lost {
                        instance: key.clone(),
                        interface,
                        address,
                    });
                }
            }
            // the router wants it anew after `Lost`, and hears `Applied` of that
            Report::Restored { .. } => {}
        }
    }
}

fn wait_until(deadline: Mono) -> Duration {
    deadline.since(now())
}
