//! Masquerading of one net: its packets to elsewhere leave with an address of this host.

use crate::expression::Step;
use crate::guard::{Builder, Place, begin, end};
use crate::list::Table;
use crate::wire::{Family, Message};
use core::net::IpAddr;

/// linux/netfilter.h: NF_INET_POST_ROUTING.
const POSTROUTING: u32 = 4;

/// One transaction: what was ours goes, and the net's table comes. The priority of `place` is to be
/// that of source NAT, 100.
pub fn masquerade(ours: &[Table], place: &Place<'_>, (net, prefix): (IpAddr, u8)) -> Vec<Message> {
    let mut all = begin(ours);
    let (family, net, source, destination) = match net {
        // RFC 791 s3.1, RFC 8200 s3: where the addresses stand
        IpAddr::V4(four) => (Family::Ipv4, four.octets().to_vec(), 12, 16),
        IpAddr::V6(six) => (Family::Ipv6, six.octets().to_vec(), 8, 24),
    };
    let mask = mask(net.len(), prefix);
    let net: Vec<u8> = net
        .iter()
        .zip(&mask)
        .map(|(byte, bits)| byte & bits)
        .collect();
    let length = u32::try_from(net.len()).unwrap_or_default();
    let load = |offset| Step::Network { offset, length };
    let mut builder = Builder {
        family,
        place,
        all: &mut all,
    };
    builder.open();
    builder.chain_of("nat", "out", POSTROUTING);
    builder.rule(
        "out",
        &[
            load(source),
            Step::Masked(&mask),
            Step::Equal(&net),
            load(destination),
            Step::Masked(&mask),
            Step::Unlike(&net),
            Step::Masquerade,
        ],
    );
    end(all)
}

/// `prefix` leading bits of so many bytes.
fn mask(bytes: usize, prefix: u8) -> Vec<u8> {
    let bits = |at: usize| {
        let left = usize::from(prefix).saturating_sub(at * 8).min(8);
        0xff00_u16.checked_shr(left as u32).unwrap_or_default() as u8
    };
    (0..bytes).map(bits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks() {
        assert_eq!(mask(4, 16), [255, 255, 0, 0]);
        assert_eq!(mask(4, 20), [255, 255, 240, 0]);
        assert_eq!(mask(4, 32), [255; 4]);
        assert_eq!(mask(16, 1)[..2], [128, 0]);
    }
}
