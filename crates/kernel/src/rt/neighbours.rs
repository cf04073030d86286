//! What the kernel knows of its neighbours: who has answered ARP or neighbour discovery.

use super::{RtError, Rtnetlink};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use std::net::IpAddr;

/// An address on a link that somebody was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// The address.
    pub address: IpAddr,
    /// A hardware address is known for it.
    pub answers: bool,
}

/// Reads the neighbours of both families, once, without a runtime of the caller's.
///
/// # Errors
/// When the kernel's table cannot be read.
pub fn neighbours() -> Result<Vec<Neighbour>, RtError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { Rtnetlink::open()?.neighbours().await })
}

/// `None` where there is nobody to ask (NUD_NOARP: multicast, a link without addresses), or
/// nobody was asked yet.
pub(super) fn neighbour(message: &NeighbourMessage) -> Option<Neighbour> {
    let answers = match message.header.state {
        NeighbourState::Reachable
        | NeighbourState::Stale
        | NeighbourState::Delay
        | NeighbourState::Probe
        | NeighbourState::Permanent => true,
        NeighbourState::Incomplete | NeighbourState::Failed => false,
        _ => return None,
    };
    let mut attributes = message.attributes.iter();
    attributes.find_map(|attribute| {
        let address = match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(four)) => IpAddr::V4(*four),
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(six)) => IpAddr::V6(*six),
            _ => return None,
        };
        Some(Neighbour { address, answers })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_answered_is_known_by_the_state() {
        let cases = [
            (NeighbourState::Reachable, Some(true)),
            (NeighbourState::Stale, Some(true)),
            (NeighbourState::Delay, Some(true)),
            (NeighbourState::Probe, Some(true)),
            (NeighbourState::Permanent, Some(true)),
            (NeighbourState::Incomplete, Some(false)),
            (NeighbourState::Failed, Some(false)),
            (NeighbourState::Noarp, None),
            (NeighbourState::None, None),
        ];
        let address: IpAddr = "fd00::20".parse().unwrap();
        let IpAddr::V6(six) = address else { return };
        for (state, expected) in cases {
            let mut message = NeighbourMessage::default();
            message.header.state = state;
            assert_eq!(neighbour(&message), None, "no address");
            let to = NeighbourAttribute::Destination(NeighbourAddress::Inet6(six));
            message.attributes.push(to);
            let expected = expected.map(|answers| Neighbour { address, answers });
            assert_eq!(neighbour(&message), expected, "{state:?}");
        }
    }
}
