//! The wire, seen and spoken to without a line of the daemon's code: the lab is an independent
//! witness.

mod arrivals;
mod asker;
mod capture;
mod flood;
mod inject;
mod listener;
mod netlink;
mod vrrp;
mod witness;

pub use arrivals::{Arrival, Arrivals, What};
/// A hardware address as `ip` shows it.
#[must_use]
pub fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

pub use asker::{Answer, Asker};
pub use capture::{Capture, RawAdvert};
pub use flood::flood;
pub use inject::Injector;
pub use netlink::{Sight, Writes};
pub use vrrp::{Advert, Forged, forge};
pub(crate) use witness::read as frame;
pub use witness::{Frame, Seen, Witness};
