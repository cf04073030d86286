//! nf_tables: a transaction in, tables out.

use crate::netlink::{Batch, NetlinkError, NetlinkSocket};
use core::net::IpAddr;
use holdfast_nft::{Family, Guard, Message, Place, Table, replace, table, tables};
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

    /// Every table, IPv4 and IPv6.
    ///
    /// # Errors
    /// What the kernel says: EINVAL or EOPNOTSUPP when it has no nf_tables.
    pub fn tables(&mut self) -> Result<Vec<Table>, NetlinkError> {
        let mut all = Vec::new();
        for family in [Family::Ipv4, Family::Ipv6] {
            let question = tables(family);
            let body = Body(&question.body);
            let found = self
                .socket
                .dump(question.kind, &body, |bytes| Ok(table(bytes)))?;
            all.extend(found.into_iter().flatten());
        }
        Ok(all)
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

/// Removes every table with this mark.
///
/// # Errors
/// What the kernel says.
pub fn remove(mark: &str) -> Result<(), NetlinkError> {
    let mut client = NftClient::open()?;
    let mut ours = client.tables()?;
    ours.retain(|table| table.comment.as_deref() == Some(mark));
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

/// True if a table has this mark.
///
/// # Errors
/// What the kernel says.
pub fn is_there(mark: &str) -> Result<bool, NetlinkError> {
    let all = NftClient::open()?.tables()?;
    Ok(all
        .iter()
        .any(|table| table.comment.as_deref() == Some(mark)))
}

/// Makes the table `name` with this mark, by which packets from `net` to elsewhere leave with an
/// address of this host. Another table with the mark goes; where another's has the name, ours is
/// called `name_1` and so on.
///
/// # Errors
/// What the kernel says.
pub fn masquerade(name: &str, mark: &str, net: (IpAddr, u8)) -> Result<(), NetlinkError> {
    let mut client = NftClient::open()?;
    let is_ours = |table: &Table| table.comment.as_deref() == Some(mark);
    let (ours, others): (Vec<_>, Vec<_>) = client.tables()?.into_iter().partition(is_ours);
    let free = |name: &String| others.iter().all(|table| table.name != *name);
    let names = core::iter::once(name.to_owned());
    let mut names = names.chain((1_u32..).map(|number| format!("{name}_{number}")));
    let name = names.find(free).unwrap_or_default();
    let place = Place {
        name: &name,
        mark,
        priority: 100,
        counts: false,
    };
    client.transact(&holdfast_nft::masquerade(&ours, &place, net))
}
