//! `lb_kind` and its kin: how packets reach a server.

use crate::code;
use crate::context::Context;
use crate::value::{address, number, words};
use core::net::IpAddr;
use holdfast_model::{Forwarding, Tunnel, TunnelChecksum};
use holdfast_syntax::{Finding, Item};

/// `NAT`, `DR`, or `TUN [type ipip|gue|gre] [port N] [nocsum|csum|remcsum]`; what stands for one
/// that is refused.
pub(super) fn method(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    otherwise: &str,
) -> Option<Forwarding> {
    let method = item.bytes(1).and_then(words::forwarding);
    if method.is_none() {
        let expected = "`NAT`, `DR` or `TUN`, in capitals";
        context.bad_value(code::CHOICE, item, 1, expected, otherwise);
        return None;
    }
    let options = Options::read(context, item);
    let tunnel = options.tunnel(context, item);
    match method {
        Some(Forwarding::Tun(_)) => Some(Forwarding::Tun(tunnel)),
        _ => method,
    }
}

/// The same, and `FULLNAT [ADDRESS]...`, which is ours: NAT, and addresses that connections leave
/// with.
pub(super) fn reach(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    otherwise: &str,
) -> (Option<Forwarding>, Option<Vec<IpAddr>>) {
    if item.bytes(1) != Some(b"FULLNAT") {
        return (method(context, item, otherwise), None);
    }
    let mut sources: Vec<IpAddr> = Vec::new();
    for index in 2..item.len() {
        match item.bytes(index).and_then(address::server_address) {
            Some(address) if sources.contains(&address) => {}
            Some(address) => sources.push(address),
            None => {
                let expected = "addresses of this host after `FULLNAT`, or nothing";
                context.bad_value(code::ADDRESS, item, index, expected, "it is ignored");
            }
        }
    }
    (Some(Forwarding::Nat), Some(sources))
}

/// The words behind the method.
#[derive(Default)]
struct Options<'a> {
    /// `type`: the word's place.
    kind: Option<(&'a [u8], usize)>,
    /// `port`: its place, and the number if it is one.
    port: Option<(usize, Option<u16>)>,
    checksum: Option<(TunnelChecksum, usize)>,
}

impl<'a> Options<'a> {
    fn read(context: &mut Context<'_>, item: Item<'_, 'a>) -> Self {
        let mut options = Self::default();
        let mut index = 2;
        while let Some(word) = item.bytes(index) {
            match word {
                b"type" => {
                    index += 1;
                    match item.bytes(index) {
                        Some(kind @ (b"ipip" | b"gue" | b"gre")) => {
                            options.kind = Some((kind, index));
                        }
                        found => {
                            let at = if found.is_some() { index } else { index - 1 };
                            let expected = "ipip, gue or gre after `type`";
                            context.bad_value(code::CHOICE, item, at, expected, "ipip is used");
                        }
                    }
                }
                b"port" => {
                    index += 1;
                    let port = item.bytes(index).and_then(number::port);
                    if port.is_none() {
                        let at = index.min(item.len() - 1);
                        let expected = "a port from 1 to 65535 after `port`";
                        context.bad_value(code::NUMBER, item, at, expected, "it is ignored");
                    }
                    options.port = Some((index, port));
                }
                b"nocsum" => options.checksum = Some((TunnelChecksum::None, index)),
                b"csum" => options.checksum = Some((TunnelChecksum::Whole, index)),
                b"remcsum" => options.checksum = Some((TunnelChecksum::Remote, index)),
                _ => {
                    let expected = "`type`, `port`, nocsum, csum or remcsum, which are for TUN";
                    context.bad_value(code::CHOICE, item, index, expected, "it is ignored");
                }
            }
            index += 1;
        }
        options
    }

    /// What they come to together.
    fn tunnel(&self, context: &mut Context<'_>, item: Item<'_, '_>) -> Tunnel {
        let kind = self.kind.map_or(b"ipip".as_slice(), |(kind, _)| kind);
        let mut odd = |at: usize, message: &str, help: &str| {
            let finding = Finding::error(code::CHOICE, item.word_span(at), message);
            context.push(finding.help(help));
        };
        let checksum = self.checksum.map_or(TunnelChecksum::None, |(sum, _)| sum);
        match (kind, self.port) {
            (b"gue", Some((_, Some(port)))) => return Tunnel::Gue(port, checksum),
            (b"gue", None) => {
                let at = self.kind.map_or(1, |(_, at)| at);
                let message = "a GUE tunnel needs the port that it goes to: plain IP-in-IP is used";
                odd(at, message, "write `TUN type gue port N`");
                return Tunnel::Ipip;
            }
            (_, Some((at, Some(_)))) => {
                let message = "only GUE tunnels have a port: it is ignored";
                odd(at, message, "remove `port`, or write `type gue`");
            }
            (_, None | Some((_, None))) => {}
        }
        match (kind, self.checksum) {
            (b"gre", Some((TunnelChecksum::Remote, at))) => {
                let message = "GRE has no remote checksum: none is used";
                odd(at, message, "write `csum` or `nocsum`");
                Tunnel::Gre(TunnelChecksum::None)
            }
            (b"gre", _) => Tunnel::Gre(checksum),
            (b"ipip", Some((_, at))) => {
                let message = "IP-in-IP tunnels have no checksum: the word is ignored";
                odd(
                    at,
                    message,
                    "remove it, or write `type gue port N` or `type gre`",
                );
                Tunnel::Ipip
            }
            _ => Tunnel::Ipip,
        }
    }
}
