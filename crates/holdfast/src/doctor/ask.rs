//! Asks who has the addresses that are elsewhere, and wants an answer now: what the kernel remembers of a
//! neighbour may be of a host that is gone.
//!
//! ```text
//!   a datagram each ──▶ the kernel looks for it on a link ──▶ asked there, three times ──▶ heard or not
//! ```
//! An address that is reached by a gateway is looked for on no link: nothing is known of it.

use super::facts::{Answer, Facts};
use super::servers::{owned, vips};
use holdfast_kernel::rt::{self, Neighbour};
use holdfast_kernel::socket::asker::Asker;
use holdfast_kernel::socket::claims::MOST;
use holdfast_model::{IfName, Model};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// From one question to the next.
const EVERY: Duration = Duration::from_millis(500);
/// So often, so that a lost packet is not a host that is gone; the time after the last question counts too.
const TIMES: u32 = 3;
/// The discard port: nobody is disturbed.
const DISCARD: u16 = 9;

/// Addresses, and who has answered.
#[derive(Debug, Default)]
pub(super) struct Asking {
    open: Option<(Asker, Instant)>,
    asked: BTreeSet<IpAddr>,
    on: Vec<Neighbour>,
    answered: BTreeSet<IpAddr>,
    times: u32,
}

impl Asking {
    /// Asks for the first time.
    ///
    /// # Errors
    /// Why nobody can be asked, in words.
    pub(super) fn begin(&mut self, model: &Model, facts: &Facts) -> Result<(), String> {
        self.asked = look_for(model, facts);
        if self.asked.is_empty() {
            return Ok(());
        }
        let addresses: Vec<IpAddr> = self.asked.iter().copied().collect();
        let asker = Asker::open(&addresses);
        let asker = asker.map_err(|error| format!("who has which address: {error}"))?;
        let all = rt::neighbours().map_err(|error| format!("neighbours: {error}"))?;
        let ours = all.into_iter();
        self.on = ours
            .filter(|one| self.asked.contains(&one.address))
            .collect();
        self.open = Some((asker, Instant::now()));
        self.ask();
        Ok(())
    }

    /// How long it takes from now on.
    pub(super) fn window(&self) -> Duration {
        self.open.as_ref().map_or(Duration::ZERO, |_| EVERY * TIMES)
    }

    pub(super) fn ears(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.open.iter().flat_map(|(asker, _)| asker.ears())
    }

    /// When it is to be asked again.
    pub(super) fn due(&self) -> Option<Instant> {
        let (_, next) = self.open.as_ref()?;
        (self.times < TIMES).then_some(*next)
    }

    /// Hears, and asks again when it is time.
    pub(super) fn turn(&mut self) {
        if let Some((asker, _)) = &self.open {
            let heard = asker.heard().into_iter();
            let heard = heard.map(|claim| (claim.address, claim.link));
            self.answered.extend(answers(&self.on, heard));
        }
        if self.due().is_some_and(|due| due <= Instant::now()) {
            self.ask();
        }
    }

    fn ask(&mut self) {
        let Some((asker, next)) = &mut self.open else {
            return;
        };
        for one in &self.on {
            if !self.answered.contains(&one.address) {
                // a link that is down has nobody who answers
                let _sent = asker.ask(one);
            }
        }
        self.times += 1;
        *next = Instant::now() + EVERY;
    }

    /// What is known when the window is over.
    pub(super) fn end(self) -> BTreeMap<IpAddr, Answer> {
        let on: BTreeSet<IpAddr> = self.on.iter().map(|one| one.address).collect();
        let answers = self.asked.into_iter().map(|address| {
            let answer = match (self.answered.contains(&address), on.contains(&address)) {
                (true, _) => Answer::Somebody,
                (false, true) => Answer::Nobody,
                (false, false) => Answer::Unknown,
            };
            (address, answer)
        });
        answers.collect()
    }
}

/// Whoever says on a link that he has an address is its answer where it was asked for there.
fn answers(
    on: &[Neighbour],
    heard: impl Iterator<Item = (IpAddr, u32)>,
) -> impl Iterator<Item = IpAddr> {
    heard.filter_map(|(address, link)| {
        let mut own = on.iter();
        own.any(|one| one.address == address && one.link == link)
            .then_some(address)
    })
}

/// Has the kernel look for the addresses that are elsewhere: it knows by which link they are reached.
fn look_for(model: &Model, facts: &Facts) -> BTreeSet<IpAddr> {
    let mut all: BTreeMap<IpAddr, Option<&IfName>> =
        vips(model).into_iter().map(|vip| (vip, None)).collect();
    for (instance, vip) in owned(model) {
        all.insert(vip, Some(instance.place()));
    }
    all.retain(|address, _| !facts.is_here(*address));
    for (address, interface) in all.iter().take(MOST) {
        let any = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let Ok(socket) = UdpSocket::bind((any, 0)) else {
            continue;
        };
        if let Some(interface) = interface {
            let name = std::ffi::OsString::from(interface.as_str());
            let bound = nix::sys::socket::setsockopt(
                &socket,
                nix::sys::socket::sockopt::BindToDevice,
                &name,
            );
            if bound.is_err() {
                continue;
            }
        }
        // no way there is an answer as well: none is known
        let _sent = socket.send_to(&[], (*address, DISCARD));
    }
    all.into_keys().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_speaks_on_the_link_has_it() {
        let of = |address: &str, link| Neighbour {
            address: address.parse().unwrap(),
            link,
            own_hardware: [2, 0, 0, 0, 0, 1],
        };
        let on = vec![
            of("10.1.0.2", 2),
            of("10.1.0.3", 2),
            of("10.1.0.4", 2),
            of("10.1.0.4", 3),
            of("10.1.0.6", 2),
            of("fd00::2", 2),
        ];
        let heard = [
            ("10.1.0.2", 2),
            ("10.1.0.4", 3),
            ("10.1.0.5", 2),
            ("10.1.0.6", 3),
            ("fd00::2", 2),
        ];
        let heard = heard.map(|(address, link)| (address.parse().unwrap(), link));
        let asked = [
            "10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6", "fd00::2",
        ];
        let asking = Asking {
            asked: asked.map(|one| one.parse().unwrap()).into(),
            answered: answers(&on, heard.into_iter()).collect(),
            on,
            ..Asking::default()
        };
        let expected = [
            Answer::Somebody,
            // the kernel has it in its table, and nobody says so now
            Answer::Nobody,
            Answer::Somebody,
            Answer::Unknown,
            Answer::Nobody,
            Answer::Somebody,
        ];
        let found = asking.end().into_values();
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
