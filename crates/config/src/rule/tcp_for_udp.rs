//! A UDP service whose real servers are checked by TCP: the check may succeed while the service is
//! dead, and fail while it lives.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Checker, Probe, Protocol, VirtualServer};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    if server.key.protocol() != Some(Protocol::Udp) {
        return;
    }
    if server
        .real_servers
        .iter()
        .any(|real| !real.checkers.is_empty() && real.checkers.iter().all(by_tcp))
    {
        let text = || format!("{}: a UDP service is checked by TCP", server.key);
        let help = "use UDP_CHECK, DNS_CHECK or MISC_CHECK, unless its TCP port tells the truth";
        advice.say(code::TCP_FOR_UDP, span, text, help);
    }
}

const fn by_tcp(checker: &Checker) -> bool {
    match checker.probe {
        Probe::Tcp(_) | Probe::Talk(_) | Probe::Http(_) | Probe::Smtp(_) => true,
        Probe::Dns(_)
        | Probe::Udp(_)
        | Probe::Ping(_)
        | Probe::Misc(_)
        | Probe::File(_)
        | Probe::Bfd(_) => false,
    }
}
