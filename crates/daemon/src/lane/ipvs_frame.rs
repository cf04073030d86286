//! What of the IPVS table is no row: timeouts, sync daemons, and what empties it.

use super::ipvs_handle::TableWish;
use super::lent::Lending;
use super::marks::Marks;
use holdfast_kernel::ipvs::{IpvsClient, SyncDaemon, SyncRole, Timeouts};
use holdfast_kernel::netlink::NetlinkError;
use holdfast_kernel::time::now;
use holdfast_model::{FlushAtStop, Mono, TableSettings};
use std::time::Duration;

/// How often a sync daemon that did not start is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(2);

/// What is to be, and what is.
#[derive(Debug, Default)]
pub(super) struct Frame {
    settings: TableSettings,
    /// The instance that the sync daemon follows is master.
    master: bool,
    /// The kernel's timeouts before us.
    pub(super) found: Option<(u32, u32, u32)>,
    /// Those that were set last.
    set: Option<Timeouts>,
    /// The sync daemons that we started.
    syncing: Vec<SyncDaemon>,
    /// Somebody may have to look at the sync daemons.
    unsynced: bool,
    try_at: Mono,
    complained: bool,
    /// FULLNAT.
    pub(super) lending: Lending,
    /// `nftables_ipvs`.
    pub(super) marks: Marks,
}

impl Frame {
    /// What an earlier worker left, if it did.
    pub(super) fn resumed(found: Option<(u32, u32, u32)>, lending: Lending, marks: Marks) -> Self {
        Self {
            found,
            lending,
            marks,
            ..Self::default()
        }
    }

    pub(super) const fn settings(&self) -> &TableSettings {
        &self.settings
    }

    /// The configuration says this now.
    pub(super) fn configure(&mut self, wish: TableWish) {
        let TableWish {
            settings,
            lent,
            marks,
            adopts,
        } = wish;
        self.lending.configure(lent);
        self.marks.configure(marks, adopts);
        self.unsynced |= settings.sync != self.settings.sync;
        self.settings = settings;
        self.complained = false;
        self.try_at = Mono::ZERO;
    }

    /// The instance that the sync daemon follows is master, or not.
    pub(super) fn follow(&mut self, master: bool) {
        self.unsynced |= self.master != master;
        self.master = master;
        self.try_at = Mono::ZERO;
    }

    /// When it wants to try again.
    pub(super) fn deadline(&self) -> Option<Mono> {
        let sync = self.unsynced.then_some(self.try_at);
        let tables = self.lending.deadline().into_iter();
        let tables = tables.chain(self.marks.deadline());
        sync.into_iter().chain(tables).min()
    }

    /// A worker that nobody was before takes the table over.
    pub(super) fn first(&mut self, client: &mut IpvsClient) {
        if self.settings.flush
            && let Err(error) = client.flush()
        {
            tracing::warn!("IPVS: cannot flush the table (lvs_flush): {error}");
        }
    }

    /// Makes it so.
    pub(super) fn apply(&mut self, client: &mut IpvsClient) {
        self.set_timeouts(client);
        self.lending.apply();
        self.marks.apply();
        if self.unsynced && now() >= self.try_at {
            self.synchronise(client);
        }
    }

    /// What is not said stays as it was found.
    fn set_timeouts(&mut self, client: &mut IpvsClient) {
        let wish = self.settings.timeouts;
        if wish == Default::default() && self.found.is_none() {
            return;
        }
        if self.found.is_none() {
            match client.timeouts() {
                Ok(found) => self.found = Some((found.tcp, found.tcp_fin, found.udp)),
                Err(error) => return tracing::warn!("IPVS: cannot read the timeouts: {error}"),
            }
        }
        let Some((tcp, tcp_fin, udp)) = self.found else {
            return;
        };
        let timeouts = Timeouts {
            tcp: wish.tcp.unwrap_or(tcp),
            tcp_fin: wish.tcp_fin.unwrap_or(tcp_fin),
            udp: wish.udp.unwrap_or(udp),
        };
        if self.set == Some(timeouts) {
            return;
        }
        self.set = Some(timeouts);
        if let Err(error) = client.set_timeouts(&timeouts) {
            tracing::warn!("IPVS: cannot set lvs_timeouts: {error}");
        }
    }

    /// The sync daemons that are to run now.
    fn wanted(&self) -> Vec<SyncDaemon> {
        let Some(sync) = &self.settings.sync else {
            return Vec::new();
        };
        let roles: &[SyncRole] = match (&sync.instance, self.master) {
            (None, _) => &[SyncRole::Master, SyncRole::Backup],
            (Some(_), true) => &[SyncRole::Master],
            (Some(_), false) => &[SyncRole::Backup],
        };
        let daemon = |role: &SyncRole| SyncDaemon {
            max_length: sync.max_length,
            group: sync.group,
            port: sync.port,
            ttl: sync.ttl,
            ..SyncDaemon::new(*role, sync.interface.as_str(), sync.id.into())
        };
        roles.iter().map(daemon).collect()
    }

    fn synchronise(&mut self, client: &mut IpvsClient) {
        let wanted = self.wanted();
        self.try_at = now() + TRY_AGAIN;
        if let Err(error) = self.exchange(client, &wanted) {
            if !std::mem::replace(&mut self.complained, true) {
                let interface = self.settings.sync.as_ref().map(|sync| &sync.interface);
                let place = interface.map_or("", |interface| interface.as_str());
                tracing::warn!(
                    "IPVS: cannot start the sync daemon on {place}, trying again: {error}"
                );
            }
            return;
        }
        self.unsynced = false;
        self.complained = false;
    }

    fn exchange(
        &mut self,
        client: &mut IpvsClient,
        wanted: &[SyncDaemon],
    ) -> Result<(), NetlinkError> {
        let running = client.sync_daemons()?;
        self.syncing
            .retain(|ours| running.iter().any(|it| it.role == ours.role));
        for daemon in &running {
            let ours = self.syncing.iter().any(|ours| ours.role == daemon.role);
            let role = wanted.iter().find(|wanted| wanted.role == daemon.role);
            let right = role.is_some_and(|wanted| fits(daemon, wanted));
            if right || role.is_none() && !ours && self.settings.sync.is_none() {
                continue;
            }
            client.stop_sync(daemon)?;
            self.syncing.retain(|ours| ours.role != daemon.role);
        }
        for daemon in wanted {
            let there = running.iter().any(|running| fits(running, daemon));
            if !there {
                client.start_sync(daemon)?;
            }
            if !self.syncing.contains(daemon) {
                self.syncing.push(daemon.clone());
            }
        }
        Ok(())
    }

    /// Gives back what is not a row.
    pub(super) fn end(&mut self, client: &mut IpvsClient) {
        if let Some((tcp, tcp_fin, udp)) = self.found.take() {
            let _gone_anyway = client.set_timeouts(&Timeouts { tcp, tcp_fin, udp });
        }
        for daemon in self.syncing.drain(..) {
            let _gone_anyway = client.stop_sync(&daemon);
        }
        if let Err(error) = self.lending.give_back() {
            tracing::error!("FULLNAT: {error}");
        }
        if let Err(error) = self.marks.give_back() {
            tracing::error!("nftables_ipvs: {error}");
        }
        if self.settings.flush_at_stop == Some(FlushAtStop::All) {
            let _gone_anyway = client.flush();
        }
    }
}

/// What is not said is the kernel's choice.
fn fits(running: &SyncDaemon, wanted: &SyncDaemon) -> bool {
    let said = |wanted: bool, same: bool| !wanted || same;
    running.role == wanted.role
        && running.interface == wanted.interface
        && running.sync_id == wanted.sync_id
        // the kernel rounds it
        && said(wanted.group.is_some(), running.group == wanted.group)
        && said(wanted.port.is_some(), running.port == wanted.port)
        && said(wanted.ttl.is_some(), running.ttl == wanted.ttl)
}
