//! A real server's silence about a VIP, as arptables would keep it: who asks for the address hears
//! nothing, and nobody is asked in its name.

use crate::expression::Step;
use crate::guard::{Builder, Place, begin, end};
use crate::list::Table;
use crate::wire::{Family, Message};
use core::net::Ipv4Addr;

/// linux/netfilter_arp.h: NF_ARP_IN, NF_ARP_OUT.
const IN: u32 = 0;
const OUT: u32 = 1;
/// RFC 826 over Ethernet: where the sender's and the target's IPv4 address stand.
const SENDER: u32 = 14;
const TARGET: u32 = 24;

/// One transaction: what was ours goes, and a table comes. `own`: what this host says instead, by the
/// name of the interface.
pub fn silence(
    ours: &[Table],
    place: &Place<'_>,
    vip: Ipv4Addr,
    own: &[(String, Ipv4Addr)],
) -> Vec<Message> {
    let mut all = begin(ours);
    let mut builder = Builder {
        family: Family::Arp,
        place,
        all: &mut all,
    };
    let vip = vip.octets();
    let load = |offset| Step::Network { offset, length: 4 };
    builder.open();
    builder.chain_of("filter", "in", IN);
    builder.rule("in", &[load(TARGET), Step::Equal(&vip), Step::Drop]);
    builder.chain_of("filter", "out", OUT);
    for (interface, address) in own {
        // linux/if.h: IFNAMSIZ
        let mut name = interface.as_bytes().to_vec();
        name.resize(16, 0);
        let address = address.octets();
        builder.rule(
            "out",
            &[
                Step::OutName,
                Step::Equal(&name),
                load(SENDER),
                Step::Equal(&vip),
                Step::Value(&address),
                Step::Write {
                    offset: SENDER,
                    length: 4,
                },
            ],
        );
    }
    end(all)
}
