//! What the kernel tells of links, addresses, routes and rules.

use super::Lane;
use holdfast_kernel::rt::MonitorEvent;
use std::io;

/// Notifications that are observed together at most.
const EVENTS: usize = 256;

impl Lane {
    /// What waits is observed together: each time that something is drained costs more.
    pub(super) async fn observe_all(&mut self, first: MonitorEvent) -> io::Result<()> {
        self.observe(first).await?;
        for _ in 1..EVENTS {
            match self.monitor.ready()? {
                Some(event) => self.observe(event).await?,
                None => break,
            }
        }
        Ok(())
    }

    async fn observe(&mut self, event: MonitorEvent) -> io::Result<()> {
        match event {
            MonitorEvent::Link(link) if !link.running && self.virtual_links.has(&link.name) => {
                self.went_down(link.index).await?;
            }
            MonitorEvent::Link(link) => {
                self.link(link);
                self.set_links();
                self.firewall.look_again();
                self.paths.look_again();
            }
            MonitorEvent::LinkGone(index) => {
                self.links.gone(index);
                // its addresses went without a word of their own
                self.make_links().await?;
                self.addresses.overrun();
                self.paths.look_again();
            }
            MonitorEvent::Address(address) => {
                self.links.seen(&address);
                self.addresses.event(&self.links, &address, true);
            }
            MonitorEvent::AddressGone(address) => {
                let writer = &mut self.kernel.writer;
                if self.virtual_links.restore(&self.links, &address, writer) {
                    return Ok(());
                }
                let (index, prefix) = (address.index, address.prefix);
                self.links.address_gone(index, address.address, prefix);
                self.addresses.event(&self.links, &address, false);
                self.paths.look_again();
            }
            event @ (MonitorEvent::Route(_)
            | MonitorEvent::RouteGone(_)
            | MonitorEvent::Rule(_)
            | MonitorEvent::RuleGone(_)) => self.paths.event(&self.links, &event),
            MonitorEvent::Overrun => {
                tracing::warn!("netlink: messages were lost: reading everything again");
                self.virtual_links.overrun();
                self.read_links().await?;
                self.addresses.overrun();
                self.paths.look_again();
            }
        }
        Ok(())
    }
}
