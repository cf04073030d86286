//! nf_tables: a transaction in, tables out.

mod watch;

pub use watch::{NftWatch, Taken};

use crate::netlink::{Batch, NetlinkError, NetlinkSocket};
use core::net::{IpAddr, Ipv4Addr};
use holdfast_nft::{Family, Guard, Lent, Marked, Message, Place, Table, replace, table, tables};
use netlink_packet_core::Emitable;

/// linux/netlink.h: NETLINK_NETFILTER.
const NETFILTER: isize = 12;

/// The body of a message that is made elsewhere.
struct Body<'a>(&'a [u8]);

impl Emitable for Body<'_> {
    fn buffer_len(&self) -> usize {
        self.0.len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        if let Some(room) = buffer.get_mut(..self.0.len()) {
            room.copy_from_slice(self.0);
        }
    }
}

/// A blocking connection, in the network namespace of its making.
pub struct NftClient {
    socket: NetlinkSocket,
}

impl NftClient {
    /// Connects.
    ///
    /// # Errors
    /// [`NetlinkError::Open`] when the kernel has no netfilter, or no descriptors are left.
    pub fn open() -> Result<Self, NetlinkError> {
        let socket = NetlinkSocket::open(NETFILTER)?;
        Ok(Self { socket })
    }

    /// By what the kernel knows it when it tells others of what it did.
    pub fn port(&self) -> Option<u32> {
        self.socket.port()
    }

    /// Every table, IPv4, IPv6 and ARP.
    ///
    /// # Errors
    /// What the kernel says: EINVAL or EOPNOTSUPP when it has no nf_tables.
    pub fn tables(&mut self) -> Result<Vec<Table>, NetlinkError> {
        let mut all = Vec::new();
        for family in [Family::Ipv4, Family::Ipv6, Family::Arp] {
            let question = tables(family);
            let body = Body(&question.body);
            let found = self
                .socket
                .dump(question.kind, &body, |bytes| Ok(table(bytes)))?;
            all.extend(found.into_iter().flatten());
        }
        Ok(all)
    }

    /// The same: those with this mark, and those of others.
    ///
    /// # Errors
    /// As [`tables`](Self::tables).
    pub fn tables_by(&mut self, mark: &str) -> Result<(Vec<Table>, Vec<Table>), NetlinkError> {
        let is_ours = |table: &Table| table.comment.as_deref() == Some(mark);
        Ok(self.tables()?.into_iter().partition(is_ours))
    }

    /// Carries out a transaction: all of it, or nothing.
    ///
    /// # Errors
    /// What the kernel says of the first message that it refuses.
    pub fn transact(&mut self, messages: &[Message]) -> Result<(), NetlinkError> {
        let mut batch = Batch::with_capacity(messages.len());
        for message in messages {
            batch.push(message.kind, message.flags, &Body(&message.body));
        }
        batch.transact(&mut self.socket)
    }
}

/// `name`, or the first of `name_1`, `name_2` and so on that no table of `others` has; of `most` names.
pub fn free_name(name: &str, others: &[Table], most: u32) -> Option<String> {
    let numbered = (1..most).map(|number| format!("{name}_{number}"));
    let mut names = core::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| others.iter().all(|table| table.name != *name))
}

/// Removes every table with this mark.
///
/// # Errors
/// What the kernel says.
pub fn remove(mark: &str) -> Result<(), NetlinkError> {
    let mut client = NftClient::open()?;
    let (ours, _) = client.tables_by(mark)?;
    if ours.is_empty() {
        return Ok(());
    }
    let place = Place {
        name: "",
        mark,
        priority: 0,
        counts: false,
    };
    client.transact(&replace(&ours, &place, &Guard::default()))
}

/// Removes tables with this name that have no comment, as programs leave them that were ended; true if there were any.
///
/// # Errors
/// What the kernel says.
pub fn remove_named(name: &str) -> Result<bool, NetlinkError> {
    let mut client = NftClient::open()?;
    let mut left = client.tables()?;
    left.retain(|table| table.name == name && table.comment.is_none());
    if left.is_empty() {
        return Ok(false);
    }
    let place = Place {
        name: "",
        mark: "",
        priority: 0,
        counts: false,
    };
    let gone = client.transact(&replace(&left, &place, &Guard::default()));
    gone.map(|()| true)
}

/// True if a table has this mark.
///
/// # Errors
/// What the kernel says.
pub fn is_there(mark: &str) -> Result<bool, NetlinkError> {
    let (ours, _) = NftClient::open()?.tables_by(mark)?;
    Ok(!ours.is_empty())
}

/// Makes the table `name` with this mark, by which packets from `net` to elsewhere leave with an
/// address of this host. Another table with the mark goes; where another's has the name, ours is
/// called `name_1` and so on.
///
/// # Errors
/// What the kernel says.
pub fn masquerade(name: &str, mark: &str, net: (IpAddr, u8)) -> Result<(), NetlinkError> {
    translate(name, mark, SOURCE_NAT, |ours, place| {
        holdfast_nft::masquerade(ours, place, net)
    })
}

/// The same with a table by which connections leave with addresses of this host.
///
/// # Errors
/// What the kernel says: EOPNOTSUPP when it has no nf_tables for a family.
pub fn lend(name: &str, mark: &str, rules: &[Lent]) -> Result<(), NetlinkError> {
    translate(name, mark, SOURCE_NAT, |ours, place| {
        holdfast_nft::lend(ours, place, rules)
    })
}

/// How many rules of tables with this mark, made by [`lend`], are there.
///
/// # Errors
/// What the kernel says.
pub fn lent(mark: &str) -> Result<usize, NetlinkError> {
    count(mark, holdfast_nft::question)
}

/// The same of tables made by [`give_marks`].
///
/// # Errors
/// What the kernel says.
pub fn marked(mark: &str) -> Result<usize, NetlinkError> {
    count(mark, holdfast_nft::question_of_marks)
}

fn count(mark: &str, ask: impl Fn(&Table) -> Message) -> Result<usize, NetlinkError> {
    let mut client = NftClient::open()?;
    let (ours, _) = client.tables_by(mark)?;
    let mut sum = 0;
    for table in &ours {
        let question = ask(table);
        let body = Body(&question.body);
        let parse = |bytes: &[u8]| Ok(holdfast_nft::rules_in(bytes));
        let rules = match client.socket.get(question.kind, &body, parse) {
            // table or chain has gone meanwhile
            Err(error) if error.errno() == libc::ENOENT => None,
            answer => answer?.flatten(),
        };
        sum += usize::try_from(rules.unwrap_or_default()).unwrap_or(usize::MAX);
    }
    Ok(sum)
}

/// The same with a table by which packets get marks; `place` has the name that it is to have.
///
/// # Errors
/// What the kernel says: EOPNOTSUPP when it has no nf_tables for a family, EINVAL before Linux 5.6.
pub fn give_marks(place: &Place<'_>, rules: &[Marked]) -> Result<(), NetlinkError> {
    place_in(*place, |ours, place| {
        holdfast_nft::give_marks(ours, place, rules)
    })
}

/// The same with a table by which this host is silent about a VIP; `own` is what it says instead, by
/// interface.
///
/// # Errors
/// What the kernel says.
pub fn silence(
    name: &str,
    mark: &str,
    vip: Ipv4Addr,
    own: &[(String, Ipv4Addr)],
) -> Result<(), NetlinkError> {
    translate(name, mark, 0, |ours, place| {
        holdfast_nft::silence(ours, place, vip, own)
    })
}

/// The priority of source NAT.
const SOURCE_NAT: i32 = 100;

fn translate(
    name: &str,
    mark: &str,
    priority: i32,
    messages: impl FnOnce(&[Table], &Place<'_>) -> Vec<Message>,
) -> Result<(), NetlinkError> {
    let place = Place {
        name,
        mark,
        priority,
        counts: false,
    };
    place_in(place, messages)
}

fn place_in(
    place: Place<'_>,
    messages: impl FnOnce(&[Table], &Place<'_>) -> Vec<Message>,
) -> Result<(), NetlinkError> {
    let mut client = NftClient::open()?;
    let (ours, others) = client.tables_by(place.mark)?;
    let name = free_name(place.name, &others, u32::MAX).unwrap_or_default();
    client.transact(&messages(
        &ours,
        &Place {
            name: &name,
            ..place
        },
    ))
}
