//! nf_tables: a transaction in, tables out.

use crate::netlink::{Batch, NetlinkError, NetlinkSocket};
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
