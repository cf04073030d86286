//! Who has an address, and since when: told by the kernel's own events.

use crate::background::Background;
use crate::error::{Doing as _, Result, lock};
use crate::net::{Host, host_addresses};
use crate::shell::wait;
use nix::sys::socket::{
    self, AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType,
};
use std::net::IpAddr;
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR` (linux/rtnetlink.h).
const GROUPS: u32 = 0x10 | 0x100;

/// All addresses since each change.
type History = Mutex<Vec<(Instant, Vec<IpAddr>)>>;

/// The addresses of one host over time.
#[derive(Debug)]
pub struct AddressWatch {
    host: String,
    history: Arc<History>,
    _thread: Background<Result<Result<()>>>,
}

impl AddressWatch {
    /// Starts watching.
    ///
    /// # Errors
    /// If the namespace cannot be entered.
    pub fn start(host: &Host) -> Result<Self> {
        let history = Arc::new(Mutex::new(vec![(Instant::now(), host.addresses()?)]));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, flag) = (Arc::clone(&history), Arc::clone(&stop));
        let thread = host.spawn(move || follow(&sink, &flag));
        Ok(Self {
            host: host.name().to_owned(),
            history,
            _thread: Background::new(stop, thread),
        })
    }

    /// True if the host has the address now.
    #[must_use]
    pub fn has(&self, address: impl Into<IpAddr>) -> bool {
        let address = address.into();
        lock(&self.history)
            .last()
            .is_some_and(|(_, all)| all.contains(&address))
    }

    /// Waits until it has the address, or until it has not; when that came to be.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`].
    pub fn wait(
        &self,
        address: impl Into<IpAddr>,
        present: bool,
        bound: Duration,
    ) -> Result<Instant> {
        let address = address.into();
        let word = if present { "has" } else { "has no longer" };
        let what = format!("{} {word} {address}", self.host);
        wait(&what, bound, || self.has(address) == present)?;
        Ok(self.since(address))
    }

    /// How often it got or lost the address since `from`.
    #[must_use]
    pub fn changes(&self, address: impl Into<IpAddr>, from: Instant) -> usize {
        let changes = self.turns(address).into_iter().skip(1);
        changes.filter(|(at, _)| *at >= from).count()
    }

    /// Whether it had the address at first, then each change of it.
    #[must_use]
    pub fn turns(&self, address: impl Into<IpAddr>) -> Vec<(Instant, bool)> {
        let address = address.into();
        let mut turns: Vec<(Instant, bool)> = Vec::new();
        for (at, all) in lock(&self.history).iter() {
            let now = all.contains(&address);
            if turns.last().is_none_or(|(_, before)| *before != now) {
                turns.push((*at, now));
            }
        }
        turns
    }

    fn since(&self, address: IpAddr) -> Instant {
        let history = lock(&self.history);
        let now = history
            .last()
            .is_some_and(|(_, all)| all.contains(&address));
        let mut since = Instant::now();
        for (at, all) in history.iter().rev() {
            if all.contains(&address) != now {
                break;
            }
            since = *at;
        }
        since
    }
}

fn follow(history: &History, stop: &AtomicBool) -> Result<()> {
    let events = socket::socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )
    .doing("netlink socket")?;
    socket::bind(events.as_raw_fd(), &NetlinkAddr::new(0, GROUPS)).doing("bind")?;
    let patience = nix::sys::time::TimeVal::new(0, 50_000);
    socket::setsockopt(&events, socket::sockopt::ReceiveTimeout, &patience).doing("timeout")?;
    let mut buffer = [0_u8; 8192];
    while !stop.load(Ordering::Relaxed) {
        // an event, a timeout or an overrun: in each case what is there now is looked at
        let _event = socket::recv(events.as_raw_fd(), &mut buffer, MsgFlags::empty());
        let at = Instant::now();
        let now = host_addresses()?;
        let mut history = lock(history);
        if history.last().is_none_or(|(_, before)| *before != now) {
            history.push((at, now));
        }
    }
    Ok(())
}

/// The host of several that has the address; none or many is an answer too.
#[must_use]
pub fn holders<'a>(watches: &'a [&'a AddressWatch], address: impl Into<IpAddr>) -> Vec<&'a str> {
    let address = address.into();
    watches
        .iter()
        .filter(|watch| watch.has(address))
        .map(|watch| watch.host.as_str())
        .collect()
}

/// Waits until exactly `host` of `watches` has the address and keeps it alone for `calm`.
///
/// # Errors
/// [`crate::Error::Timeout`].
pub fn settle(
    watches: &[&AddressWatch],
    address: impl Into<IpAddr>,
    host: &str,
    bound: Duration,
    calm: Duration,
) -> Result<()> {
    let (address, mut since) = (address.into(), None);
    wait(&format!("only {host} has {address}"), bound, || {
        if holders(watches, address) == [host] {
            since.get_or_insert_with(Instant::now).elapsed() >= calm
        } else {
            since = None;
            false
        }
    })
    .map(drop)
}
