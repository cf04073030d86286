//! NAT, and a real server in the virtual address' own /24: it answers its neighbours directly, past
//! the director, and they drop the answer of a stranger.

use super::{Advice, Whole};
use crate::code;
use core::net::IpAddr;
use holdfast_model::{Forwarding, RealServer, ServiceKey, VirtualServer, VirtualServerKey};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let VirtualServerKey::Service(ServiceKey::Address {
        address: IpAddr::V4(vip),
        ..
    }) = server.key
    else {
        return;
    };
    let near = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets()[..3] == vip.octets()[..3],
        IpAddr::V6(_) => false,
    };
    // FULLNAT: it answers the director, wherever the client is
    let lent = |real: &RealServer| {
        let mut lent = server.options.lent.iter();
        lent.any(|one| one.address == real.key.address && one.port == real.key.port)
    };
    let mut servers = server.real_servers.iter();
    let found = servers
        .find(|real| real.forwarding == Forwarding::Nat && near(real.key.address) && !lent(real));
    if let Some(real) = found {
        let text = || {
            let (key, address) = (&server.key, real.key.address);
            format!(
                "{key}: with NAT, {address} answers clients of its own subnet past the director"
            )
        };
        let help = "use DR, or put the real servers into a network behind the director";
        advice.say(code::NAT_IN_ONE_SUBNET, span, text, help);
    }
}
