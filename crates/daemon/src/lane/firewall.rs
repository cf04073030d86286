//! Our nftables table: what the owners want kept away, as one transaction a change.

use crate::lane::links::Links;
use crate::lane::predecessor;
use crate::lane::virtual_links::index;
use holdfast_kernel::netlink::NetlinkError;
use holdfast_kernel::nft::{NftClient, Taken, free_name};
use holdfast_model::{AddressFamily, Firewall as Where, Owner, VirtualLink};
use holdfast_nft::{Guard, Place, replace};
use holdfast_plan::Guards;
use holdfast_plan::guard::Kept;
use std::net::IpAddr;

/// Names that are tried when a table of somebody else has ours.
pub(super) const NAMES: u32 = 10;
/// The table, and what it is to say.
pub(crate) struct Firewall {
    guards: Guards,
    place: Where,
    /// Its comment.
    mark: String,
    /// What is in the kernel; `None`: nobody knows.
    done: Option<(Where, Guard)>,
    /// Something may have changed since.
    changed: bool,
    /// Links of our own, whose membership reports leave by the link below.
    links: Vec<VirtualLink>,
    /// The kernel cannot send copies: the reports are dropped.
    without_copies: bool,
    client: Option<NftClient>,
    /// Of the table that is there.
    name: String,
    complained: bool,
    /// A table of ours may be there: we made one, or a worker before us did.
    left: bool,
}

impl Firewall {
    /// What is in the kernel is looked at once. `left`: a worker before us had a table there, for
    /// these, which are kept away until their owners' addresses are as they should be.
    pub(crate) fn resume(mark: String, left: bool, kept: Vec<(Owner, Kept)>) -> Self {
        let place = Where::default();
        let mut guards = Guards::default();
        for (owner, kept) in kept {
            guards.want(owner, 0, kept);
        }
        Self {
            guards,
            done: None,
            left,
            place,
            mark,
            changed: true,
            links: Vec::new(),
            without_copies: false,
            client: None,
            name: String::new(),
            complained: false,
        }
    }

    /// What a keepalived before us kept away is ours to keep away.
    pub(crate) fn succeed(&self) {
        let default = Where::default().table;
        predecessor::remove_table(&self.place.table, &default, "keepalived");
    }

    /// Who speaks for us.
    pub(crate) fn port(&self) -> Option<u32> {
        self.client.as_ref()?.port()
    }

    /// True if others took something out of the table, which is to be put back.
    pub(crate) fn miss(&mut self, taken: &Taken) -> bool {
        let stands = self.done.as_ref().is_some_and(|done| !done.1.is_empty());
        let gone = stands && taken.is_of(&self.name);
        if gone {
            (self.done, self.changed) = (None, true);
        }
        gone
    }

    /// Links of our own. Those with the hardware address of the interface below say nothing that it
    /// could not say.
    pub(crate) fn above(&mut self, links: &[VirtualLink]) {
        self.changed = true;
        let macvlans = links.iter().filter(|link| link.is_macvlan());
        self.links = macvlans.cloned().collect();
    }

    pub(crate) fn configure(&mut self, place: Where) {
        self.changed |= self.place != place;
        self.place = place;
    }

    pub(crate) fn want(&mut self, owner: Owner, epoch: u64, kept: Kept) {
        self.changed |= !kept.is_empty();
        self.guards.want(owner, epoch, kept);
    }

    /// Its addresses are as it wants them.
    pub(crate) fn applied(&mut self, owner: &Owner, epoch: u64) {
        self.guards.applied(owner, epoch);
        self.changed = true;
    }

    /// Links have come or gone.
    pub(crate) fn look_again(&mut self) {
        self.changed = true;
    }

    /// There is, or will be, something to take out again.
    pub(crate) fn is_needed(&self) -> bool {
        !self.links.is_empty() || !self.guards.all().is_empty()
    }

    /// There may be a table of ours.
    pub(crate) const fn is_left(&self) -> bool {
        self.left
    }

    /// Brings the kernel to what is wanted.
    pub(crate) fn sync(&mut self, links: &Links) {
        if !core::mem::take(&mut self.changed) {
            return;
        }
        let guard = self.guard(links);
        let nothing = guard.is_empty();
        if let Some((place, done)) = &self.done
            && *done == guard
            && (nothing || *place == self.place)
        {
            return;
        }
        match self.carry_out(&guard) {
            Ok(()) => {
                self.left = !nothing;
                self.done = Some((self.place.clone(), guard));
                self.complained = false;
            }
            Err(error) => {
                self.client = None;
                if nothing && !self.left && self.done.is_none() {
                    // no nftables here, and nobody needs it
                    self.done = Some((self.place.clone(), guard));
                    return;
                }
                self.done = None;
                if !self.complained {
                    tracing::error!("nftables: addresses that must not accept do: {error}");
                }
                self.complained = true;
            }
        }
    }

    fn guard(&self, links: &Links) -> Guard {
        let mut guard = Guard {
            without_copies: self.without_copies,
            ..Guard::default()
        };
        for link in &self.links {
            // not told of by the monitor yet
            if let (Some(own), Some(base)) = (index(&link.name), index(&link.base)) {
                let family = match link.family {
                    AddressFamily::V4 => &mut guard.below_ipv4,
                    AddressFamily::V6 => &mut guard.below_ipv6,
                };
                family.insert(own, base);
            }
        }
        for (address, interface) in self.guards.all() {
            match (address, interface.map(|name| links.index(&name))) {
                (IpAddr::V6(six), Some(Some(index))) => {
                    guard.link_local.insert((six, index));
                }
                // no link, no address
                (_, Some(_)) => {}
                (address, None) => {
                    guard.addresses.insert(address);
                }
            }
        }
        guard
    }

    fn carry_out(&mut self, guard: &Guard) -> Result<(), NetlinkError> {
        // the table that was to be replaced is gone, for somebody else took it away; or the kernel is
        // one of those that cannot send copies
        match self.replace(guard) {
            Err(NetlinkError::Refused(libc::ENOENT | libc::EOPNOTSUPP)) => {
                match self.replace(guard) {
                    Err(NetlinkError::Refused(libc::ENOENT | libc::EOPNOTSUPP))
                        if !self.links.is_empty() =>
                    {
                        self.without_copies = true;
                        let guard = Guard {
                            without_copies: true,
                            ..guard.clone()
                        };
                        self.replace(&guard)
                    }
                    outcome => outcome,
                }
            }
            outcome => outcome,
        }
    }

    fn replace(&mut self, guard: &Guard) -> Result<(), NetlinkError> {
        let client = match &mut self.client {
            Some(client) => client,
            none => none.insert(NftClient::open()?),
        };
        let mark = self.mark.as_str();
        let (ours, others) = client.tables_by(mark)?;
        if ours.is_empty() && guard.is_empty() {
            return Ok(());
        }
        let wanted = self.place.table.as_str();
        let Some(name) = free_name(wanted, &others, NAMES) else {
            return Err(NetlinkError::Refused(libc::EEXIST));
        };
        let place = Place {
            name: &name,
            mark,
            priority: self.place.priority,
            counts: self.place.counts,
        };
        client.transact(&replace(&ours, &place, guard))?;
        self.name = name;
        Ok(())
    }
}
