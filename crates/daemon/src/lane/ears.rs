//! The sockets that hear who claims our addresses: there only while we hold some.

use holdfast_kernel::readable::{Readable, watch};
use holdfast_kernel::socket::claims::{Claim, ClaimSocket};
use holdfast_kernel::time::now;
use holdfast_model::Mono;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd as _;
use std::time::Duration;

/// After something was heard, so long nothing is: a flood must not hold up the lane.
const REST: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(crate) struct Ears {
    /// Watches the sockets, so it goes before them.
    bell: Option<Readable>,
    sockets: Vec<ClaimSocket>,
    rests: Mono,
}

impl Ears {
    /// Listens for these from now on.
    pub(crate) fn listen(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        (self.bell, self.sockets) = (None, Vec::new());
        if let Err(error) = self.open(addresses) {
            tracing::warn!("nobody listens for other owners of the addresses: {error}");
        }
    }

    fn open(&mut self, addresses: impl Iterator<Item = IpAddr>) -> io::Result<()> {
        let (mut four, mut six) = (Vec::<Ipv4Addr>::new(), false);
        for address in addresses {
            match address {
                IpAddr::V4(address) => four.push(address),
                IpAddr::V6(_) => six = true,
            }
        }
        if !four.is_empty() {
            self.sockets.push(ClaimSocket::arp(&four)?);
        }
        if six {
            self.sockets.push(ClaimSocket::ndisc()?);
        }
        if !self.sockets.is_empty() {
            let all: Vec<_> = self.sockets.iter().map(|socket| socket.as_fd()).collect();
            self.bell = Some(watch(&all)?);
        }
        Ok(())
    }

    /// Waits until others claim something.
    pub(crate) async fn wait(&self) {
        let Some(bell) = &self.bell else {
            return pending().await;
        };
        let rest = self.rests.since(now());
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
        bell.readable().await;
    }

    /// What they claim.
    pub(crate) fn read(&mut self) -> Vec<Claim> {
        self.rests = now() + REST;
        self.sockets.iter().flat_map(ClaimSocket::read).collect()
    }
}
