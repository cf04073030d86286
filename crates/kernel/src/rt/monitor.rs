//! The kernel's own notifications: links and addresses, on a socket of their own.

use super::reading::{ObservedAddress, ObservedLink, address, link};
use crate::netlink::resize;
use crate::readable::{Readable, watch};
use holdfast_model::Buffer;
use netlink_packet_core::{NetlinkBuffer, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::route::RouteMessage;
use netlink_packet_route::rule::RuleMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use nix::sys::socket::{setsockopt, sockopt};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Room for a flood: 3,000 addresses come in 70 ms and take under 1 MB.
const RECEIVE_BUFFER: usize = 4 << 20;

/// Datagrams that are thrown away at most when some were lost: more than the buffer holds.
const STALE: usize = 1 << 16;

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MonitorEvent {
    /// A link is there or has changed.
    Link(ObservedLink),
    /// A link is gone.
    LinkGone(u32),
    /// An address is there or has changed.
    Address(ObservedAddress),
    /// An address is gone.
    AddressGone(ObservedAddress),
    /// A route is there or has changed.
    Route(RouteMessage),
    /// A route is gone.
    RouteGone(RouteMessage),
    /// A rule is there.
    Rule(RuleMessage),
    /// A rule is gone.
    RuleGone(RuleMessage),
    /// Notifications were lost: read everything again.
    Overrun,
}

/// The subscription. It begins with `open`: read the tables after that.
#[derive(Debug)]
pub struct Monitor {
    socket: Socket,
    readable: Readable,
    /// Of the datagram read last: a few, a datagram holds at most 8 kB of them.
    waiting: VecDeque<MonitorEvent>,
}

impl Monitor {
    /// Subscribes. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        let groups = libc::RTMGRP_LINK | libc::RTMGRP_IPV4_IFADDR | libc::RTMGRP_IPV6_IFADDR;
        socket.bind(&SocketAddr::new(0, groups.unsigned_abs()))?;
        socket.set_non_blocking(true)?;
        // without the right to force it the default must do
        let _not_root = setsockopt(
            &BorrowedSocket(&socket),
            sockopt::RcvBufForce,
            &RECEIVE_BUFFER,
        );
        let readable = watch(&[borrow(&socket)])?;
        Ok(Self {
            socket,
            readable,
            waiting: VecDeque::new(),
        })
    }

    /// Gives it another receive buffer.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn resize(&self, buffer: Buffer) -> io::Result<()> {
        resize(&self.socket, buffer)
    }

    /// Hears of routes and rules too: only who has some wants to, since a full table is long.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn watch_paths(&mut self) -> io::Result<()> {
        /// linux/rtnetlink.h: RTNLGRP_IPV4_ROUTE, IPV4_RULE, IPV6_ROUTE, IPV6_RULE.
        const GROUPS: [u32; 4] = [7, 8, 11, 19];
        GROUPS
            .into_iter()
            .try_for_each(|group| self.socket.add_membership(group))
    }

    /// The next notification. May be dropped while it waits.
    ///
    /// # Errors
    /// When the socket is of no use any more.
    pub async fn next(&mut self) -> io::Result<MonitorEvent> {
        loop {
            if let Some(event) = self.ready()? {
                return Ok(event);
            }
            self.readable.readable().await;
        }
    }

    /// The next notification, if there is one already.
    ///
    /// # Errors
    /// When the socket is of no use any more.
    pub fn ready(&mut self) -> io::Result<Option<MonitorEvent>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            match self.socket.recv_from_full() {
                // a process may write to us as to anybody; only the kernel is 0
                Ok((bytes, sender)) if sender.port_number() == 0 => self.read(&bytes),
                Ok(_forged) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    self.forget();
                    return Ok(Some(MonitorEvent::Overrun));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Throws away what waits, since everything is read again: it is older than that.
    pub fn forget(&mut self) {
        self.waiting.clear();
        for _ in 0..STALE {
            if let Err(error) = self.socket.recv_from_full()
                && error.kind() == io::ErrorKind::WouldBlock
            {
                return;
            }
        }
    }

    fn read(&mut self, mut bytes: &[u8]) {
        while let Ok(buffer) = NetlinkBuffer::new_checked(&bytes) {
            let length = usize::try_from(buffer.length()).unwrap_or(usize::MAX);
            if let Some(one) = bytes.get(..length)
                && let Ok(message) = NetlinkMessage::<RouteNetlinkMessage>::deserialize(one)
            {
                self.waiting.extend(event(&message.payload));
            }
            // messages start at multiples of four (netlink(7), NLMSG_ALIGN)
            match bytes.get(length.saturating_add(3) & !3..) {
                Some(rest) if length > 0 => bytes = rest,
                _end => return,
            }
        }
    }
}

fn event(payload: &NetlinkPayload<RouteNetlinkMessage>) -> Option<MonitorEvent> {
    let NetlinkPayload::InnerMessage(message) = payload else {
        return None;
    };
    match message {
        RouteNetlinkMessage::NewLink(message) => link(message).map(MonitorEvent::Link),
        RouteNetlinkMessage::DelLink(message) => Some(MonitorEvent::LinkGone(message.header.index)),
        RouteNetlinkMessage::NewAddress(message) => address(message).map(MonitorEvent::Address),
        RouteNetlinkMessage::DelAddress(message) => address(message).map(MonitorEvent::AddressGone),
        RouteNetlinkMessage::NewRoute(message) => Some(MonitorEvent::Route(message.clone())),
        RouteNetlinkMessage::DelRoute(message) => Some(MonitorEvent::RouteGone(message.clone())),
        RouteNetlinkMessage::NewRule(message) => Some(MonitorEvent::Rule(message.clone())),
        RouteNetlinkMessage::DelRule(message) => Some(MonitorEvent::RuleGone(message.clone())),
        _other => None,
    }
}

/// netlink-sys speaks in raw descriptors, nix in borrowed ones.
struct BorrowedSocket<'a>(&'a Socket);

impl std::os::fd::AsFd for BorrowedSocket<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        borrow(self.0)
    }
}

#[expect(unsafe_code, reason = "netlink-sys 0.9 has no AsFd")]
fn borrow(socket: &Socket) -> BorrowedFd<'_> {
    // SAFETY: the socket is open and outlives the borrow, whose lifetime is its own.
    unsafe { BorrowedFd::borrow_raw(socket.as_raw_fd()) }
}
