//! A virtual address that two instances have: whichever becomes backup takes it away from the
//! other. Each address belongs to one instance.

use super::{Advice, Whole};
use crate::code;
use std::collections::BTreeMap;

pub(super) fn judge(whole: &Whole<'_>, advice: &mut Advice<'_>) {
    let mut owners = BTreeMap::new();
    for (instance, span) in whole.instances {
        for vip in &instance.addresses {
            let place = (vip.address, vip.interface.clone());
            let Some(other) = owners
                .insert(place, &instance.key)
                .filter(|o| **o != instance.key)
            else {
                continue;
            };
            let text = || format!("{} belongs to instance `{other}` too", vip.address);
            advice.say(
                code::TWO_OWNERS,
                *span,
                text,
                "name each address in one instance",
            );
        }
    }
}
