//! The sockets that hear who claims our addresses.

use crate::lane::packets::{Packets, Purpose};
use crate::lane::rest::Rest;
use holdfast_kernel::readable::{Readable, watch};
use holdfast_kernel::socket::claims::{Claim, ClaimSocket};
use holdfast_model::AddressFamily;
use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd as _;
use std::time::Duration;

/// After something was heard, so long nothing is: a flood must not hold up the lane.
const REST: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(crate) struct Ears {
    /// Watches the sockets, so it goes before them.
    bell: Option<Readable>,
    /// Open from the first address of a family on: closing one would hold up a takeover.
    sockets: BTreeMap<AddressFamily, ClaimSocket>,
    packets: Packets,
    rest: Rest,
}

impl Ears {
    pub(crate) fn new(packets: Packets) -> Self {
        Self {
            packets,
            ..Self::default()
        }
    }

    /// Listens for these from now on.
    pub(crate) fn listen(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        let addresses: Vec<IpAddr> = addresses.collect();
        for family in [AddressFamily::V4, AddressFamily::V6] {
            if let Err(error) = self.listen_in(family, &addresses) {
                tracing::warn!("nobody listens for other owners of the addresses: {error}");
            }
        }
    }

    fn listen_in(&mut self, family: AddressFamily, addresses: &[IpAddr]) -> io::Result<()> {
        if let Some(socket) = self.sockets.get(&family) {
            return socket.hear(addresses);
        }
        if addresses.iter().all(|a| AddressFamily::of(*a) != family) {
            return Ok(());
        }
        let socket = self.packets.open(
            Purpose::Claims(family),
            |left| ClaimSocket::adopt(left, family, addresses),
            || ClaimSocket::open(family, addresses),
        )?;
        self.sockets.insert(family, socket);
        let all: Vec<_> = self.sockets.values().map(|socket| socket.as_fd()).collect();
        self.bell = Some(watch(&all)?);
        Ok(())
    }

    /// Waits until others claim something.
    pub(crate) async fn wait(&self) {
        let Some(bell) = &self.bell else {
            return pending().await;
        };
        self.rest.over().await;
        bell.readable().await;
    }

    /// What they claim.
    pub(crate) fn read(&mut self) -> Vec<Claim> {
        self.rest.begin(REST);
        self.sockets.values().flat_map(ClaimSocket::read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd as _;

    #[test]
    fn no_socket_is_closed_when_other_addresses_are_held() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("runtime");
        let _inside = runtime.enter();
        let mut ears = Ears::default();
        let mut held = |addresses: &[&str]| {
            ears.listen(addresses.iter().map(|a| a.parse().expect("address")));
            let sockets = ears.sockets.iter();
            sockets
                .map(|(family, socket)| (*family, socket.as_fd().as_raw_fd()))
                .collect::<Vec<_>>()
        };
        assert_eq!(held(&[]), []);
        let four = held(&["192.0.2.1"]);
        let families = |all: &[(AddressFamily, _)]| all.iter().map(|(f, _)| *f).collect::<Vec<_>>();
        assert_eq!(families(&four), [AddressFamily::V4]);
        assert_eq!(held(&["192.0.2.1", "192.0.2.2"]), four);
        let both = held(&["192.0.2.2", "2001:db8::1"]);
        assert_eq!(families(&both), [AddressFamily::V4, AddressFamily::V6]);
        assert!(both.starts_with(&four));
        assert_eq!(held(&[]), both);
    }
}
