//! Classic BPF programs: what a raw socket is woken for.

use holdfast_model::AddressFamily;
use socket2::SockFilter;
use std::net::Ipv4Addr;

/// Start of the network header, wherever the program's own byte 0 is (linux/filter.h).
const SKF_NET_OFF: i32 = -0x10_0000;

fn op(code: u32, jump: (u8, u8), k: u32) -> SockFilter {
    SockFilter::new(u16::try_from(code).unwrap_or_default(), jump.0, jump.1, k)
}

/// So many bytes of the packet are let in.
fn verdict(bytes: u32) -> SockFilter {
    op(libc::BPF_RET | libc::BPF_K, (0, 0), bytes)
}

/// Lets nothing in.
pub(super) fn nothing() -> Vec<SockFilter> {
    vec![verdict(0)]
}

/// Adverts of these VRIDs that were sent to a group, or of those that were not: with a socket for
/// each, nobody hears a packet twice.
///
/// A raw IPv4 socket's byte 0 is that of the IP header, a raw IPv6 socket's that of the message.
pub(super) fn adverts(family: AddressFamily, group: bool, vrids: &[u8]) -> Vec<SockFilter> {
    let load = libc::BPF_LD | libc::BPF_B;
    let network = |offset: i32| (SKF_NET_OFF + offset).cast_unsigned();
    let equals = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let refuse = || verdict(0);
    let mut program = match family {
        // RFC 791 s3.1, RFC 1112 s4: 1110 in front
        AddressFamily::V4 => vec![
            op(load | libc::BPF_ABS, (0, 0), network(16)),
            op(libc::BPF_ALU | libc::BPF_AND | libc::BPF_K, (0, 0), 0xf0),
            op(equals, if group { (1, 0) } else { (0, 1) }, 0xe0),
        ],
        // RFC 8200 s3, RFC 4291 s2.7: ff in front
        AddressFamily::V6 => vec![
            op(load | libc::BPF_ABS, (0, 0), network(24)),
            op(equals, if group { (1, 0) } else { (0, 1) }, 0xff),
        ],
    };
    program.push(refuse());
    // the byte behind type and version is the VRID
    match family {
        AddressFamily::V4 => program.extend([
            op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, (0, 0), 0),
            op(load | libc::BPF_IND, (0, 0), 1),
        ]),
        AddressFamily::V6 => program.push(op(load | libc::BPF_ABS, (0, 0), 1)),
    }
    // each comparison falls through to the next unless it meets: then over one instruction
    for vrid in vrids {
        program.push(op(equals, (0, 1), u32::from(*vrid)));
        program.push(verdict(0xffff));
    }
    program.push(refuse());
    program
}

/// ARP packets whose sender has one of these addresses (RFC 826); byte 0 is the frame's.
pub(super) fn claims_by_arp(addresses: impl Iterator<Item = Ipv4Addr>) -> Vec<SockFilter> {
    const SENDER: u32 = 14 + 14;
    let equals = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let mut program = vec![op(load, (0, 0), SENDER)];
    for address in addresses {
        program.push(op(equals, (0, 1), u32::from(address)));
        program.push(verdict(0xffff));
    }
    program.push(verdict(0));
    program
}

/// Neighbour adverts (RFC 4861 s4.4), without extension headers before them; byte 0 is the frame's.
pub(super) fn claims_by_ndisc() -> Vec<SockFilter> {
    const NEXT_HEADER: u32 = 14 + 6;
    const TYPE: u32 = 14 + 40;
    const ICMPV6: u32 = 58;
    const NEIGHBOUR_ADVERT: u32 = 136;
    let equals = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let load = libc::BPF_LD | libc::BPF_B | libc::BPF_ABS;
    vec![
        op(load, (0, 0), NEXT_HEADER),
        op(equals, (1, 0), ICMPV6),
        verdict(0),
        op(load, (0, 0), TYPE),
        op(equals, (1, 0), NEIGHBOUR_ADVERT),
        verdict(0),
        verdict(0xffff),
    ]
}
