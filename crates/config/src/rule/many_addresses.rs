//! An advert that lists more addresses than fit into one Ethernet frame is cut into fragments, and
//! receivers drop those.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::Instance;
use holdfast_syntax::Span;

/// IP, VRRP and authentication of version 2.
const HEADERS: usize = 20 + 8 + 8;

pub(super) fn judge(instance: &Instance, span: Span, whole: &Whole<'_>, advice: &mut Advice<'_>) {
    let Some(interface) = whole.facts.interface(&instance.interface) else {
        return;
    };
    let length = HEADERS + 4 * instance.addresses.len();
    if length > usize::try_from(interface.mtu).unwrap_or(usize::MAX) {
        let text = || {
            let (key, mtu) = (&instance.key, interface.mtu);
            format!("an advert of instance `{key}` is {length} bytes long, the MTU is {mtu}")
        };
        let help = "put some of its addresses into another instance";
        advice.say(code::MANY_ADDRESSES, span, text, help);
    }
}
