//! `use_vmac` and `use_ipvlan`: what an instance says of an interface of its own.

use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, VmacDraft};
use crate::value::{address as ip, number};
use core::net::IpAddr;
use holdfast_model::{IfName, Reach};
use holdfast_syntax::{Finding, Item};

/// `[[name] IF] [MAC] [netlink_notify_msg] [group G]`.
pub(super) fn vmac(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let mut link = begin(context, item, draft, false);
    let mut index = 1;
    while let Some(word) = item.bytes(index) {
        match word {
            b"netlink_notify_msg" | b"name" => {}
            b"group" => {
                index += 1;
                link.group = group(context, item, index);
            }
            _ if is_mac(word) => link.mac = own_mac(context, item, index),
            _ => link.name = own_name(context, item, index),
        }
        index += 1;
    }
    draft.vmac = Some(link);
}

/// `[[name] IF] [ADDRESS[/LENGTH]] [bridge|private|vepa] [group G]`; of each the first counts.
pub(super) fn ipvlan(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let mut link = begin(context, item, draft, true);
    let (mut named, mut index) = (false, 1);
    while let Some(word) = item.bytes(index) {
        let reach = match word {
            b"bridge" => Some(Reach::Bridge),
            b"private" => Some(Reach::Private),
            b"vepa" => Some(Reach::Vepa),
            _ => None,
        };
        let surplus = match word {
            b"name" => None,
            b"group" => {
                index += 1;
                link.group = group(context, item, index);
                None
            }
            _ if reach.is_some() => {
                let before = link.reach.is_some();
                link.reach = link.reach.or(reach);
                before.then_some("one of `bridge`, `private` and `vepa`")
            }
            _ if ip::address(ip::split_slash(word).0).is_some() => {
                let before = link.address.is_some();
                link.address = link.address.or_else(|| own_address(context, item, index));
                before.then_some("one address")
            }
            _ => {
                let before = core::mem::replace(&mut named, true);
                if !before {
                    link.name = own_name(context, item, index);
                }
                before.then_some("one name")
            }
        };
        if let Some(expected) = surplus {
            context.bad_value(code::VMAC, item, index, expected, "the first counts");
        }
        index += 1;
    }
    draft.vmac = Some(link);
}

/// With nothing said so far.
fn begin(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &InstanceDraft,
    ipvlan: bool,
) -> VmacDraft {
    if let Some(other) = draft.vmac.as_ref().filter(|other| other.ipvlan != ipvlan) {
        let message = "an instance has one interface of its own: of `use_vmac` and `use_ipvlan` the last counts";
        let finding = Finding::advice(code::VMAC, item.head(), message);
        let finding = finding.also(other.span, "given before");
        context.push(finding.help("remove the one that is not meant"));
    }
    VmacDraft {
        span: item.head(),
        name: None,
        ipvlan,
        address: None,
        reach: None,
        group: 0,
        mac: None,
    }
}

fn group(context: &mut Context<'_>, item: Item<'_, '_>, index: usize) -> u32 {
    let group = item.bytes(index);
    let group = group.and_then(|word| number::number(word, 0..=u32::MAX));
    group.unwrap_or_else(|| {
        let at = index.min(item.len() - 1);
        let expected = "a number after `group`";
        context.bad_value(code::NUMBER, item, at, expected, "it is ignored");
        0
    })
}

fn own_name(context: &mut Context<'_>, item: Item<'_, '_>, index: usize) -> Option<IfName> {
    let text = item.text(index).unwrap_or_default();
    if text.len() > 15 {
        let expected = "an interface's name of 1 to 15 characters";
        let consequence = "a name is chosen";
        context.bad_value(code::TOO_LONG, item, index, expected, consequence);
    }
    IfName::new(&text)
}

/// The word begins with an address.
fn own_address(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    index: usize,
) -> Option<(IpAddr, u8)> {
    let (address, length) = ip::split_slash(item.bytes(index)?);
    let address = ip::address(address)?;
    let length = match length {
        None => Some(ip::full_prefix(address)),
        Some(word) => ip::prefix(word, address),
    };
    if length.is_none() {
        let expected = "a prefix length that the address can have";
        context.bad_value(
            code::ADDRESS,
            item,
            index,
            expected,
            "the address is ignored",
        );
    }
    Some((address, length?))
}

fn is_mac(word: &[u8]) -> bool {
    let mut octets = word.split(|byte| *byte == b':');
    octets.clone().count() == 6
        && octets.all(|octet| octet.len() <= 2 && octet.iter().all(u8::is_ascii_hexdigit))
}

/// A hardware address other than the virtual router's own.
fn own_mac(context: &mut Context<'_>, item: Item<'_, '_>, index: usize) -> Option<[u8; 6]> {
    let text = item.text(index)?;
    let mut mac = [0; 6];
    for (octet, digits) in mac.iter_mut().zip(text.split(':')) {
        *octet = u8::from_str_radix(digits, 16).ok()?;
    }
    let virtual_router = matches!(mac, [0, 0, 0x5e, 0, 1 | 2, _]);
    if !virtual_router && mac[0] & 1 == 0 {
        return Some(mac);
    }
    let expected = "a unicast hardware address that is not 00:00:5e:00:01:xx or 00:00:5e:00:02:xx";
    let consequence = "the virtual router's own is used";
    context.bad_value(code::VMAC, item, index, expected, consequence);
    None
}
