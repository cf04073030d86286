//! The vrrp worker's fast lane: addresses, gratuitous ARP, and the one netlink monitor.
//!
//! ```text
//!  worker ── Mailbox (wants by instance, announcements) ──▶ lane ── Said (bounded) ──▶ worker
//!                                       Reconciler ⇄ rtnetlink ⇄ kernel
//! ```
//! The kernel's answers and its monitor meet in the reconciler; the worker hears of links, of what
//! has been applied, and of what somebody took away.

mod claims;
mod left;
mod observed;
mod own_links;
mod renamed;
mod reports;
mod tables;
mod written;

use left::Orphans;

use crate::lane::addresses::{Addresses, Kernel};
use crate::lane::announce::Announcer;
use crate::lane::beats::Beats;
use crate::lane::conflicts::Conflicts;
use crate::lane::ears::Ears;
use crate::lane::firewall::Firewall;
use crate::lane::handle::Said;
use crate::lane::lease::LeaseTable;
use crate::lane::links::Links;
use crate::lane::mailbox::{Holding, Mailbox, PathWish, Pending};
use crate::lane::outbox::Outbox;
use crate::lane::packets::{Packets, Purpose};
use crate::lane::paths::Paths;
use crate::lane::ruleset::Ruleset;
use crate::lane::settings::{self, LinkSettings, Step};
use crate::lane::virtual_links::VirtualLinks;
use crate::state::{Held, HeldObjects, StateFile};
use holdfast_kernel::rt::{Monitor, ObservedLink, Rtnetlink, Writer, beat};
use holdfast_kernel::socket::arp::ArpSocket;
use holdfast_kernel::time::now;
use holdfast_model::{Buffers, IfName, InstanceKey, Listening, Mono, Owner};
use holdfast_packet::MacAddress;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

/// A wait with nothing to wait for.
const IDLE: Duration = Duration::from_secs(60);

pub(super) fn run(
    mailbox: &Mailbox,
    outbox: Outbox<Said>,
    file: StateFile,
    mut packets: Packets,
    adopts: bool,
    detail: bool,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // what a worker before us left here and nobody took away since
    let before = file.read::<Held>().unwrap_or_default();
    let made = left::made(&before);
    let announce = packets.open(
        Purpose::Announce,
        |left| Ok(ArpSocket::adopt(left)),
        ArpSocket::open,
    )?;
    runtime.block_on(async {
        let mut lane = Lane {
            // subscribe first, read then: nothing falls between
            monitor: Monitor::open()?,
            kernel: Kernel {
                rtnetlink: Rtnetlink::open()?,
                writer: Writer::open().map_err(io::Error::other)?,
            },
            announcer: Announcer::new(announce, detail),
            outbox,
            links: Links::default(),
            beats: Beats::default(),
            addresses: Addresses::resume(made),
            paths: Paths::resume(left::paths(&before)),
            settings: LinkSettings::resume(&before.settings),
            firewall: Firewall::resume(file.mark(), before.firewall, left::kept(&before)),
            leases: LeaseTable::resume(&file.mark(), left::leased(&before)),
            virtual_links: VirtualLinks::resume(&before.links),
            conflicts: Conflicts::default(),
            ears: Ears::new(packets),
            ruleset: Ruleset::default(),
            ready: false,
            adopts,
            restarted: !before.is_empty(),
            orphans: Orphans::of(&before),
            held: before,
            epochs: BTreeMap::new(),
            write_again: None,
            file,
        };
        lane.run(mailbox).await
    })
}

struct Lane {
    monitor: Monitor,
    kernel: Kernel,
    announcer: Announcer,
    outbox: Outbox<Said>,
    file: StateFile,
    held: Held,
    /// When what could not be written down is tried again.
    write_again: Option<Mono>,
    /// What instances held that are perhaps not in the file any more.
    orphans: Orphans,
    links: Links,
    beats: Beats,
    addresses: Addresses,
    paths: Paths,
    settings: LinkSettings,
    firewall: Firewall,
    leases: LeaseTable,
    virtual_links: VirtualLinks,
    conflicts: Conflicts,
    ears: Ears,
    ruleset: Ruleset,
    ready: bool,
    /// A keepalived was ended for us, and something of it may be left.
    adopts: bool,
    /// A worker before this one left something behind.
    restarted: bool,
    /// The latest want of each instance.
    epochs: BTreeMap<InstanceKey, u64>,
}

impl Lane {
    async fn run(&mut self, mailbox: &Mailbox) -> io::Result<()> {
        self.read_links().await?;
        loop {
            let deadlines = [
                self.addresses.deadline(),
                self.paths.deadline(),
                self.announcer.deadline(),
                self.virtual_links.deadline(),
                self.links.deadline(),
                self.beats.deadline(),
                self.conflicts.deadline(),
                self.write_again,
            ];
            let next = deadlines.into_iter().flatten().min();
            let wait = next.map_or(IDLE, |next| next.since(now()));
            tokio::select! {
                biased;
                pending = mailbox.take() => {
                    let stop = pending.stop;
                    self.take(pending).await?;
                    self.drain().await;
                    if stop {
                        self.leases.end();
                        self.forget_table();
                        return Ok(());
                    }
                }
                event = self.monitor.next() => self.observe_all(event?).await?,
                () = self.ears.wait() => self.hear(),
                () = self.ruleset.wait() => self.look_for_tables(),
                // a timer of tokio's takes a millisecond for nothing
                () = std::future::ready(()), if wait.is_zero() => {}
                () = tokio::time::sleep(wait) => {}
            }
            self.write_what_is_due();
            self.look_for_others();
            self.beats.tick(now(), &mut self.links, beat::is_up);
            self.links.tick(now());
            self.tell_links();
            self.make_links().await?;
            self.addresses.tick();
            self.paths.tick();
            self.drain().await;
            let epochs = &self.epochs;
            self.announcer.flush(&self.links, |instance, epoch| {
                epochs.get(instance) == Some(&epoch)
            });
        }
    }

    async fn take(&mut self, mut pending: Pending) -> io::Result<()> {
        if pending.offered {
            self.conflicts.offer();
        }
        if let Some(signed) = pending.signed {
            self.file.remember(&signed);
        }
        if let Some(addresses) = pending.virtual_addresses {
            self.links.set_virtual(addresses);
            self.tell_links();
        }
        for (instance, sent) in pending.renewed {
            self.leases.renew(instance, sent);
        }
        let mut held = self.held.clone();
        if let Some(settings) = pending.settings {
            self.announcer.configure(&settings);
            self.links.delay(&settings.delays);
            self.listen(&settings.listening);
            self.settings.configure(settings.switches);
            self.orphans.join(&mut pending.wants);
            self.firewall.configure(settings.firewall);
            self.virtual_links.configure(settings.links);
            self.firewall.above(self.virtual_links.wanted());
        }
        let (mut wishes, mut gone) = (Vec::new(), Vec::new());
        for (owner, wanted) in pending.wants {
            wishes.push((owner.clone(), wanted.epoch, wanted.paths));
            if let Owner::Instance(instance) = &owner {
                self.epochs.insert(instance.clone(), wanted.epoch);
                self.hold(instance, &wanted.held);
            }
            match (wanted.held, &owner) {
                (Holding::Instance(state), Owner::Instance(instance)) => {
                    held.instances.insert(instance.clone(), state);
                }
                (Holding::Statics(statics), _) => held.statics = statics,
                (_, Owner::Instance(instance)) => {
                    gone.push(instance.clone());
                }
                (_, Owner::Static) => held.statics = HeldObjects::default(),
            }
            self.firewall.want(owner.clone(), wanted.epoch, wanted.kept);
            if let Owner::Instance(instance) = &owner {
                let (epoch, leased) = (wanted.epoch, wanted.leased);
                self.leases.want(instance.clone(), epoch, leased);
            }
            self.addresses.want(owner, wanted.epoch, wanted.want);
        }
        let guards = self.firewall.is_needed();
        held.firewall |= guards;
        // before the kernel is touched: whoever cleans up after a crash must know of it
        let switches = self.plan_settings(&mut held);
        self.write_down(held);
        self.set_settings(switches);
        if pending.stop {
            self.virtual_links.finish();
        }
        self.make_links().await?;
        self.get_ready();
        self.ruleset.listen(guards || self.leases.is_needed());
        self.leases.sync();
        self.firewall.sync(&self.links);
        if core::mem::take(&mut self.adopts) {
            self.firewall.succeed();
        }
        self.carry_out(wishes).await;
        self.forget(&gone);
        let mut rounds = Vec::from(pending.announcements);
        rounds.retain(|round| self.epochs.get(&round.instance) == Some(&round.epoch));
        self.announcer.rounds(&self.links, &rounds);
        Ok(())
    }

    /// The first configuration is here, and the links that it wants.
    fn get_ready(&mut self) {
        if !core::mem::replace(&mut self.ready, true) {
            self.outbox.put(Said::Ready {
                restarted: self.restarted,
            });
        }
    }

    /// Routes and rules that are not wanted any more go, then the addresses are changed, then come
    /// those that are wanted.
    async fn carry_out(&mut self, wishes: Vec<(Owner, u64, PathWish)>) {
        let (writer, links) = (&mut self.kernel.writer, &self.links);
        let mut claims = Vec::new();
        for (owner, epoch, wish) in wishes {
            match wish {
                PathWish::These(want) if want.is_empty() => {
                    self.paths.want(&mut self.monitor, owner, epoch, None);
                }
                PathWish::These(want) => claims.push((owner, epoch, want)),
                PathWish::Leftover(want) => {
                    self.paths
                        .clear(&mut self.monitor, writer, links, owner, want);
                }
            }
        }
        self.paths.drain(writer, links);
        self.drain().await;
        for (owner, epoch, want) in claims {
            self.paths.want(&mut self.monitor, owner, epoch, Some(want));
        }
        self.paths.drain(&mut self.kernel.writer, &self.links);
    }

    fn link(&mut self, link: ObservedLink) {
        self.leave_renamed(&link);
        let (mac, links) = (MacAddress(link.mac), &mut self.links);
        links.place(link.seen(), link.without_arp);
        links.link(link.index, link.name, link.running, mac, link.mtu);
    }

    /// A link may have come that has a setting to get.
    fn set_links(&mut self) {
        let mut held = self.held.clone();
        let steps = self.plan_settings(&mut held);
        self.write_down(held);
        self.set_settings(steps);
    }

    fn listen(&mut self, listening: &Listening) {
        self.beats.configure(listening, &mut self.links);
        let Buffers { requests, news, .. } = listening.buffers;
        let news = news.map_or(Ok(()), |buffer| self.monitor.resize(buffer));
        let requests = requests.map_or(Ok(()), |buffer| self.kernel.writer.resize(buffer));
        for (keyword, result) in [("monitor", news), ("cmd", requests)] {
            if let Err(error) = result {
                tracing::warn!("vrrp_netlink_{keyword}_rcv_bufs has no effect: {error}");
            }
        }
    }

    fn plan_settings(&mut self, held: &mut Held) -> Vec<Step> {
        let links = &self.links;
        // what is no link's own is always there
        let index = |name: &IfName| links.index(name).or((name.as_str() == "all").then_some(1));
        let steps = self.settings.plan(index, settings::read);
        held.settings = self.settings.held();
        steps
    }

    fn set_settings(&mut self, steps: Vec<Step>) {
        self.settings.carry_out(steps, settings::write);
        let settings = self.settings.held();
        if settings != self.held.settings {
            self.write_down(Held {
                settings,
                ..self.held.clone()
            });
        }
    }

    fn tell_links(&mut self) {
        for news in self.links.news() {
            self.outbox.put(Said::Link(news));
        }
    }

    async fn read_links(&mut self) -> io::Result<()> {
        let rtnetlink = &mut self.kernel.rtnetlink;
        let links = rtnetlink.links().await.map_err(io::Error::other)?;
        let addresses = rtnetlink.addresses().await.map_err(io::Error::other)?;
        self.links
            .start_reading(&links.iter().map(|link| link.index).collect::<BTreeSet<_>>());
        for link in links {
            self.link(link);
        }
        for address in addresses {
            self.links.seen(&address);
        }
        self.tell_links();
        self.set_links();
        Ok(())
    }

    /// Carries out what is to be done until nothing is.
    async fn drain(&mut self) {
        let reports = self.addresses.drain(&mut self.kernel, &self.links).await;
        if !reports.is_empty() {
            // addresses take routes along when they go
            self.paths.look_again();
        }
        for report in reports {
            self.report(report);
        }
        self.firewall.sync(&self.links);
        self.leases.sync();
        self.paths.drain(&mut self.kernel.writer, &self.links);
    }
}
