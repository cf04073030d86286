//! A virtual server whose address no instance of this file owns. It may be an address of the host
//! itself; often it is a typing mistake.

use super::{Advice, Whole};
use crate::code;
use core::net::IpAddr;
use holdfast_model::{ServiceKey, VirtualServerKey};
use std::collections::BTreeSet;

pub(super) fn judge(whole: &Whole<'_>, advice: &mut Advice<'_>) {
    let instances = whole.instances.iter();
    let mut owned: BTreeSet<IpAddr> = instances
        .flat_map(|(instance, _)| instance.addresses.iter().map(|vip| vip.address))
        .collect();
    // a director without VRRP has its addresses from elsewhere
    if owned.is_empty() {
        return;
    }
    let interfaces = whole.facts.interfaces.iter().flatten();
    owned.extend(interfaces.flat_map(|interface| &interface.addresses));
    for (server, span) in whole.servers {
        if let VirtualServerKey::Service(ServiceKey::Address { address, .. }) = server.key
            && !owned.contains(&address)
        {
            let text = || format!("no instance owns {address}, and this machine does not have it");
            let help = "add it to a virtual_ipaddress block, or correct the address";
            advice.say(code::NOBODY_OWNS, *span, text, help);
        }
    }
}
