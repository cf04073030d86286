//! /proc/net/ip_vs: the table at a tenth of a dump's cost.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use holdfast_model::{Protocol, Scheduler, ServiceKey};
use holdfast_plan::service::RowId;
use holdfast_plan::sweep::{Sketch, Way};
use std::collections::BTreeMap;
use std::io;

/// The rows of services by address, in this thread's network namespace. Firewall marks are left
/// out: their family is not told here.
///
/// # Errors
/// When the kernel has no such file.
pub fn sketch() -> io::Result<BTreeMap<RowId, Sketch>> {
    std::fs::read("/proc/thread-self/net/ip_vs").map(|text| parse(&text))
}

fn parse(text: &[u8]) -> BTreeMap<RowId, Sketch> {
    let mut rows = BTreeMap::new();
    let mut service = None;
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = core::str::from_utf8(line) else {
            continue;
        };
        let mut words = line.split_ascii_whitespace();
        let (Some(first), Some(second), third) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let protocol = match first {
            "->" => {
                let way = match third {
                    Some("Masq") => Way::Masquerade,
                    Some("Route") => Way::Route,
                    Some("Tunnel") => Way::Tunnel,
                    _ => Way::Other,
                };
                let weight = words.next().and_then(|word| word.parse().ok());
                if let (Some(service), Some((address, port)), Some(weight)) =
                    (service, place(second), weight)
                {
                    let id = RowId::destination(service, address, port);
                    rows.insert(id, Sketch::Destination { way, weight });
                }
                continue;
            }
            "TCP" => Protocol::Tcp,
            "UDP" => Protocol::Udp,
            "SCTP" => Protocol::Sctp,
            // FWM, and the headings
            _ => {
                service = None;
                continue;
            }
        };
        service = place(second).map(|(address, port)| ServiceKey::Address {
            protocol,
            address,
            port,
        });
        if let Some(service) = service {
            let scheduler = third.and_then(Scheduler::from_word);
            rows.insert(RowId::service(service), Sketch::Service(scheduler));
        }
    }
    rows
}

/// `0A000001:0050`, `[fd00:0000:...]:0050`.
fn place(word: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = word.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let six = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = match six {
        Some(six) => six.parse::<Ipv6Addr>().ok()?.into(),
        None => Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?).into(),
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let text = b"IP Virtual Server version 1.2.1 (size=4096)\n\
            Prot LocalAddress:Port Scheduler Flags\n  \
              -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
            UDP  0A000001:0050 sh ops persistent 10 FFFFFFFF\n  \
              -> 0A000002:0050      Tunnel  3      0          0         \n\
            TCP  [fd00:0000:0000:0000:0000:0000:0000:0010]:0050 rr \n  \
              -> [fd00:0000:0000:0000:0000:0000:0000:0002]:0050      Route   1      0          0\n\
            FWM  00000007 IPv6 rr\n  \
              -> 0A000002:0000      Masq    1      0          0\n";
        let rows = parse(text);
        let key = |protocol, address: &str| ServiceKey::Address {
            protocol,
            address: address.parse().unwrap(),
            port: 80,
        };
        let (four, six) = (
            key(Protocol::Udp, "10.0.0.1"),
            key(Protocol::Tcp, "fd00::10"),
        );
        let way = |way, weight| Sketch::Destination { way, weight };
        let expected = BTreeMap::from([
            (RowId::service(four), Sketch::Service(Some(Scheduler::Sh))),
            (
                RowId::destination(four, "10.0.0.2".parse().unwrap(), 80),
                way(Way::Tunnel, 3),
            ),
            (RowId::service(six), Sketch::Service(Some(Scheduler::Rr))),
            (
                RowId::destination(six, "fd00::2".parse().unwrap(), 80),
                way(Way::Route, 1),
            ),
        ]);
        assert_eq!(rows, expected);
    }
}
