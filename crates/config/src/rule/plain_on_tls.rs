//! HTTP_GET on port 443 speaks plain HTTP to a TLS server: it never succeeds, or sees the error
//! page only.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Probe, VirtualServer};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let mut checkers = server.real_servers.iter().flat_map(|real| &real.checkers);
    let found = checkers.any(|checker| match &checker.probe {
        Probe::Http(http) => http.tls.is_none() && http.connect.target.port() == 443,
        _ => false,
    });
    if found {
        let text = || format!("{}: HTTP_GET asks port 443 without TLS", server.key);
        advice.say(
            code::PLAIN_ON_TLS,
            span,
            text,
            "use SSL_GET, TCP_CHECK or another port",
        );
    }
}
