//! What the kernel knows of its neighbours: on which link it looks for an address.

use super::{RtError, Rtnetlink};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use std::net::IpAddr;

/// An address on a link that somebody was asked for. Whether it was ever answered says little of now: the kernel
/// believes an answer for as long as it has nothing to send, and asks only then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// The address.
    pub address: IpAddr,
    /// The link's index.
    pub link: u32,
    /// The link's own hardware address, from which it can be asked again.
    pub own_hardware: [u8; 6],
}

/// Reads the neighbours of both families, once, without a runtime of the caller's.
///
/// # Errors
/// When the kernel's tables cannot be read.
pub fn neighbours() -> Result<Vec<Neighbour>, RtError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (all, links) = runtime.block_on(async {
        let mut rtnetlink = Rtnetlink::open()?;
        Ok::<_, RtError>((rtnetlink.neighbours().await?, rtnetlink.links().await?))
    })?;
    let neighbours = all.into_iter().filter_map(|(address, index)| {
        let link = links.iter().find(|link| link.index == index)?;
        Some(Neighbour {
            address,
            link: index,
            own_hardware: link.mac,
        })
    });
    Ok(neighbours.collect())
}

/// `None` where there is nobody to ask (NUD_NOARP: multicast, a link without addresses), or
/// nobody was asked yet.
pub(super) fn neighbour(message: &NeighbourMessage) -> Option<(IpAddr, u32)> {
    match message.header.state {
        NeighbourState::Reachable
        | NeighbourState::Stale
        | NeighbourState::Delay
        | NeighbourState::Probe
        | NeighbourState::Permanent
        | NeighbourState::Incomplete
        | NeighbourState::Failed => {}
        _ => return None,
    }
    let mut attributes = message.attributes.iter();
    attributes.find_map(|attribute| {
        let address = match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(four)) => IpAddr::V4(*four),
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(six)) => IpAddr::V6(*six),
            _ => return None,
        };
        Some((address, message.header.ifindex))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_for_is_known_by_the_state() {
        let cases = [
            (NeighbourState::Reachable, true),
            (NeighbourState::Stale, true),
            (NeighbourState::Delay, true),
            (NeighbourState::Probe, true),
            (NeighbourState::Permanent, true),
            (NeighbourState::Incomplete, true),
            (NeighbourState::Failed, true),
            (NeighbourState::Noarp, false),
            (NeighbourState::None, false),
        ];
        let address: IpAddr = "fd00::20".parse().unwrap();
        let IpAddr::V6(six) = address else { return };
        for (state, expected) in cases {
            let mut message = NeighbourMessage::default();
            (message.header.state, message.header.ifindex) = (state, 7);
            assert_eq!(neighbour(&message), None, "no address");
            let to = NeighbourAttribute::Destination(NeighbourAddress::Inet6(six));
            message.attributes.push(to);
            let expected = expected.then_some((address, 7));
            assert_eq!(neighbour(&message), expected, "{state:?}");
        }
    }
}
