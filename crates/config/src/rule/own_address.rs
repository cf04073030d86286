//! A real server with the virtual server's own address: requests go round in circles.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{ServiceKey, VirtualServer, VirtualServerKey};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let VirtualServerKey::Service(ServiceKey::Address { address, port, .. }) = server.key else {
        return;
    };
    let mut servers = server.real_servers.iter();
    let circle = servers.any(|real| {
        let same = real.key.address == address;
        same && (real.key.port == port || !real.forwarding.rewrites())
    });
    if circle {
        let text = || {
            format!(
                "{}: a real server has the virtual server's own address",
                server.key
            )
        };
        advice.say(
            code::OWN_ADDRESS,
            span,
            text,
            "write the real server's own address",
        );
    }
}
