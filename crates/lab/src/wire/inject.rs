//! Speaks forged adverts.

use super::{Forged, forge};
use crate::error::{Doing as _, Result};
use crate::net::Host;
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{Ipv4Addr, SocketAddrV4};

/// A raw socket in a host.
#[derive(Debug)]
pub struct Injector {
    socket: Socket,
}

impl Injector {
    /// Opens it; adverts leave by the interface that has `address`.
    ///
    /// # Errors
    /// If raw sockets are refused.
    pub fn open(host: &Host, address: Ipv4Addr) -> Result<Self> {
        let socket = host.within(|| {
            let raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112)))?;
            raw.set_header_included_v4(true)?;
            raw.set_multicast_if_v4(&address)?;
            raw.set_multicast_loop_v4(false)?;
            Ok::<_, std::io::Error>(raw)
        })?;
        Ok(Self {
            socket: socket.doing("raw socket")?,
        })
    }

    /// Sends one.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn send(&self, what: &Forged) -> Result<()> {
        let to = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 18), 0);
        self.socket
            .send_to(&forge(what), &to.into())
            .doing("send an advert")
            .map(drop)
    }
}
