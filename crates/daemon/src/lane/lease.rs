//! `vip_lease`: the table in which addresses can be used as long as adverts leave.

use super::firewall::NAMES;
use holdfast_kernel::netlink::NetlinkError;
use holdfast_kernel::nft::{NftClient, Taken, free_name};
use holdfast_kernel::time::now;
use holdfast_model::{InstanceKey, Mono};
use holdfast_nft::{Alive, Place, Table, lease, renew};
use holdfast_plan::Leases;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

/// The table's name, or the first free one after it.
const NAME: &str = "holdfast_lease";
/// Before everything else that looks at a packet: connection tracking, IPVS.
const PRIORITY: i32 = -300;

/// What an instance has on lease.
#[derive(Debug, Default)]
pub(crate) struct Leased {
    /// How long after an advert its addresses can be used.
    pub(crate) limit: Duration,
    /// They.
    pub(crate) addresses: BTreeSet<IpAddr>,
}

/// The comment of the table, by which it is known as ours.
pub(crate) fn mark(mark: &str) -> String {
    format!("{mark} lease")
}

/// The table, and what it is to say.
pub(crate) struct LeaseTable {
    leases: Leases,
    mark: String,
    /// The name that it has, and what it guards. `None`: nobody knows.
    done: Option<(String, BTreeSet<IpAddr>)>,
    /// There may be one.
    left: bool,
    client: Option<NftClient>,
    complained: bool,
}

impl LeaseTable {
    /// `left`: what instances of a worker before us had on lease. Their table stands, and is renewed
    /// where it stands.
    pub(crate) fn resume(own: &str, left: Vec<(InstanceKey, Leased)>) -> Self {
        let mut table = Self {
            leases: Leases::default(),
            mark: mark(own),
            done: None,
            left: !left.is_empty(),
            client: None,
            complained: false,
        };
        for (owner, leased) in left {
            table.leases.want(owner, 0, leased.limit, leased.addresses);
        }
        if !table.left {
            table.done = Some((String::new(), BTreeSet::new()));
        } else if let Some(name) = table.standing() {
            table.done = Some((name, table.leases.guarded()));
        }
        table
    }

    /// The name of the table that stands there.
    fn standing(&mut self) -> Option<String> {
        let (ours, _) = self.tables().ok()?;
        Some(ours.into_iter().next()?.name)
    }

    pub(crate) fn want(&mut self, owner: InstanceKey, epoch: u64, leased: Leased) {
        self.leases
            .want(owner, epoch, leased.limit, leased.addresses);
    }

    /// Its addresses are as it wants them.
    pub(crate) fn applied(&mut self, owner: &InstanceKey, epoch: u64) {
        self.leases.applied(owner, epoch);
    }

    /// An advert of it left then.
    pub(crate) fn renew(&mut self, owner: InstanceKey, sent: Mono) {
        self.leases.renew(owner, sent);
    }

    /// Brings the kernel to what is wanted.
    pub(crate) fn sync(&mut self) {
        let (due, late) = self.leases.take_due(now());
        for (owner, age) in late {
            tracing::warn!(
                "({owner}) vip_lease ran out: the kernel was told of an advert {:.3} seconds after it",
                age.as_secs_f64()
            );
        }
        let guarded = self.leases.guarded();
        let outcome = match &self.done {
            Some((_, done)) if *done == guarded && (due.is_empty() || guarded.is_empty()) => return,
            Some((name, done)) if *done == guarded => {
                let name = name.clone();
                self.renew_in(&name, &due)
                    .or_else(|_| self.replace(&guarded))
            }
            _ => self.replace(&guarded),
        };
        match outcome {
            Ok(()) => self.complained = false,
            Err(error) => {
                (self.client, self.done) = (None, None);
                // nothing is lost that was to be told
                self.leases.forget();
                if !core::mem::replace(&mut self.complained, true) {
                    tracing::error!("vip_lease has no effect: nftables: {error}");
                }
            }
        }
    }

    /// There is, or will be, a table.
    pub(crate) fn is_needed(&self) -> bool {
        !self.leases.guarded().is_empty()
    }

    /// Who speaks for us.
    pub(crate) fn port(&self) -> Option<u32> {
        self.client.as_ref()?.port()
    }

    /// True if others took something out of the table, which is to be put back.
    pub(crate) fn miss(&mut self, taken: &Taken) -> bool {
        let ours =
            |(name, guarded): &(String, BTreeSet<IpAddr>)| !guarded.is_empty() && taken.is_of(name);
        self.done.take_if(|done| ours(done)).is_some()
    }

    /// Addresses that stay are nobody's lease any more.
    pub(crate) fn end(&mut self) {
        if self.left {
            self.leases = Leases::default();
            self.sync();
        }
    }

    fn client(&mut self) -> Result<&mut NftClient, NetlinkError> {
        Ok(match &mut self.client {
            Some(client) => client,
            none => none.insert(NftClient::open()?),
        })
    }

    /// Ours, and those of others.
    fn tables(&mut self) -> Result<(Vec<Table>, Vec<Table>), NetlinkError> {
        let mark = self.mark.clone();
        self.client()?.tables_by(&mark)
    }

    fn renew_in(&mut self, name: &str, due: &Alive) -> Result<(), NetlinkError> {
        let mark = self.mark.clone();
        let place = place(name, &mark);
        self.client()?.transact(&renew(&place, due))
    }

    fn replace(&mut self, guarded: &BTreeSet<IpAddr>) -> Result<(), NetlinkError> {
        let (ours, others) = self.tables()?;
        if ours.is_empty() && guarded.is_empty() {
            self.settled(String::new(), guarded);
            return Ok(());
        }
        let Some(name) = free_name(NAME, &others, NAMES) else {
            return Err(NetlinkError::Refused(libc::EEXIST));
        };
        let (mark, alive) = (self.mark.clone(), self.leases.alive(now()));
        let made = lease(&ours, &place(&name, &mark), guarded, &alive);
        self.client()?.transact(&made)?;
        self.settled(name, guarded);
        Ok(())
    }

    fn settled(&mut self, name: String, guarded: &BTreeSet<IpAddr>) {
        self.left = !guarded.is_empty();
        self.done = Some((name, guarded.clone()));
    }
}

const fn place<'a>(name: &'a str, mark: &'a str) -> Place<'a> {
    Place {
        name,
        mark,
        priority: PRIORITY,
        counts: false,
    }
}
