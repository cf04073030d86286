//! Tables, read through the rtnetlink crate, by four rules: the socket joins no group; few requests
//! are outstanding (one, here); each has a time limit; after one that was missed the connection
//! is made anew, since answers could no longer be told apart.

use super::RtError;
use super::neighbours::neighbour;
use super::reading::{ObservedAddress, ObservedLink, address, link};
use futures_util::StreamExt as _;
use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::neighbour::NeighbourMessage;
use rtnetlink::{Error, Handle};
use std::io;
use std::net::IpAddr;
use std::time::Duration;
use tokio::task::JoinHandle;

const LIMIT: Duration = Duration::from_secs(1);
/// A table that changes while it is read is read again this often.
const READINGS: u32 = 5;

/// A connection to the kernel's routing netlink, in the network namespace of its making.
#[derive(Debug)]
pub struct Rtnetlink {
    handle: Handle,
    task: JoinHandle<()>,
}

impl Drop for Rtnetlink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Rtnetlink {
    /// Connects. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn open() -> io::Result<Self> {
        let (connection, handle, _no_group_no_message) = rtnetlink::new_connection()?;
        Ok(Self {
            handle,
            task: tokio::spawn(connection),
        })
    }

    /// Every link of the namespace.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn links(&mut self) -> Result<Vec<ObservedLink>, RtError> {
        let all = self
            .dump(RouteNetlinkMessage::GetLink(LinkMessage::default()))
            .await?;
        let links = all.iter().filter_map(|message| match message {
            RouteNetlinkMessage::NewLink(message) => link(message),
            _other => None,
        });
        Ok(links.collect())
    }

    /// Every address of the namespace, each interface's primary one first.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn addresses(&mut self) -> Result<Vec<ObservedAddress>, RtError> {
        let all = self
            .dump(RouteNetlinkMessage::GetAddress(AddressMessage::default()))
            .await?;
        let addresses = all.iter().filter_map(|message| match message {
            RouteNetlinkMessage::NewAddress(message) => address(message),
            _other => None,
        });
        Ok(addresses.collect())
    }

    /// Every address of the namespace's links that somebody was asked for, of both families, each with the link's
    /// index.
    ///
    /// # Errors
    /// What the kernel says.
    pub async fn neighbours(&mut self) -> Result<Vec<(IpAddr, u32)>, RtError> {
        let all = self
            .dump(RouteNetlinkMessage::GetNeighbour(
                NeighbourMessage::default(),
            ))
            .await?;
        let neighbours = all.iter().filter_map(|message| match message {
            RouteNetlinkMessage::NewNeighbour(message) => neighbour(message),
            _other => None,
        });
        Ok(neighbours.collect())
    }

    /// Reads a table until it held still meanwhile (NLM_F_DUMP_INTR says that it did not).
    async fn dump(
        &mut self,
        request: RouteNetlinkMessage,
    ) -> Result<Vec<RouteNetlinkMessage>, RtError> {
        for _ in 0..READINGS {
            let mut handle = self.handle.clone();
            let mut message = NetlinkMessage::from(request.clone());
            message.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
            let reading = async move {
                let mut stream = handle.request(message)?;
                let (mut all, mut steady) = (Vec::new(), true);
                while let Some(message) = stream.next().await {
                    steady &= message.header.flags & NLM_F_DUMP_INTR == 0;
                    match message.payload {
                        NetlinkPayload::InnerMessage(message) => all.push(message),
                        NetlinkPayload::Error(error) => return Err(Error::NetlinkError(error)),
                        _end_or_noise => {}
                    }
                }
                Ok((all, steady))
            };
            if let (all, true) = self.within(reading).await? {
                return Ok(all);
            }
        }
        Err(RtError::Interrupted)
    }

    /// Runs a request within its limit; a connection that missed it is replaced.
    async fn within<T>(
        &mut self,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, RtError> {
        let error = match tokio::time::timeout(LIMIT, request).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(Error::NetlinkError(message))) => {
                return Err(RtError::Kernel(message.raw_code().wrapping_neg()));
            }
            Ok(Err(other)) => RtError::Connection(io::Error::other(other.to_string())),
            Err(_elapsed) => RtError::Timeout,
        };
        tracing::warn!("{error}: connecting again");
        *self = Self::open()?;
        Err(error)
    }
}
