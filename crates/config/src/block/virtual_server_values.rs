//! Values of `virtual_server` that need more than a line.

use crate::code;
use crate::context::Context;
use crate::draft::{ServiceDraft, Spanned, VirtualServerDraft};
use crate::value::{address as ip, number};
use holdfast_model::{AddressFamily, Forwarding, SorryServer};
use holdfast_syntax::{Finding, Item};

/// A port; 0 means that none is given.
pub(super) fn server_port(word: &[u8]) -> Option<u16> {
    number::number(word, 0..=65535).and_then(|port| u16::try_from(port).ok())
}

pub(super) fn granularity(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &mut VirtualServerDraft,
) {
    let word = item.bytes(1).unwrap_or(&[]);
    let six = match draft.service {
        ServiceDraft::Address { address, .. } => address.is_ipv6(),
        ServiceDraft::Fwmark(_) | ServiceDraft::Group(_) => !word.contains(&b'.'),
    };
    let longest = if six { 128 } else { 32 };
    let mask = ip::address4(word).filter(|_| !six);
    let prefix = match mask {
        Some(mask) => match ip::mask_prefix(mask) {
            Some(prefix) => Some(prefix),
            None => {
                scattered_mask(context, item);
                return;
            }
        },
        None => number::number(word, 0..=longest).and_then(|n| u8::try_from(n).ok()),
    };
    if prefix.is_none() {
        let expected = if six {
            "a prefix length from 0 to 128"
        } else {
            "a mask such as 255.255.255.0"
        };
        context.bad_value(
            code::NUMBER,
            item,
            1,
            expected,
            "each client is one of its own",
        );
        return;
    }
    draft.persistence_prefix = prefix;
    let family = if six {
        AddressFamily::V6
    } else {
        AddressFamily::V4
    };
    draft.options.family.get_or_insert(family);
}

fn scattered_mask(context: &mut Context<'_>, item: Item<'_, '_>) {
    let finding = Finding::error(
        code::MASK,
        item.word_span(1),
        "a mask whose ones are not all in front is not supported yet: each client is one of its own",
    )
    .help("write a mask such as 255.255.255.0");
    context.push(finding);
}

pub(super) fn sorry_server(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &mut VirtualServerDraft,
) {
    let consequence = "there is no sorry server";
    let Some(address) = item.bytes(1).and_then(ip::server_address) else {
        let expected = "an IP address and a port, separated by a blank";
        context.bad_value(code::ADDRESS, item, 1, expected, consequence);
        return;
    };
    let Some(port) = item.bytes(2).map_or(Some(0), server_port) else {
        let expected = "a port from 0 to 65535";
        context.bad_value(code::NUMBER, item, 2, expected, consequence);
        return;
    };
    let value = SorryServer {
        address,
        port,
        forwarding: Forwarding::Nat,
        inhibit: false,
    };
    let span = item.head();
    draft.sorry_server = Some(Spanned { value, span });
}
