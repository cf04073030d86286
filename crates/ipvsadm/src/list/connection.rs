//! `-L -c`: the kernel's list of connections, made readable.

use crate::command::Format;
use crate::names::{Names, SCTP, TCP, UDP, place};
use core::net::{IpAddr, Ipv4Addr};

/// From the text of /proc/net/ip_vs_conn.
pub fn connections(text: &str, format: &Format, names: &dyn Names) -> String {
    let mut out = String::from("IPVS connection entries\n");
    out.push_str(&format!(
        "pro expire {:<11} {:<18} {:<18} ",
        "state", "source", "virtual"
    ));
    out.push_str(&if format.persistent {
        format!("{:<18} {:<16} pe_data\n", "destination", "pe name")
    } else {
        "destination\n".to_owned()
    });
    for line in text.lines().skip(1) {
        // a line that is cut off says nothing
        out.push_str(&connection(line, format, names).unwrap_or_default());
    }
    out
}

fn connection(line: &str, format: &Format, names: &dyn Names) -> Option<String> {
    let mut words = line.split_whitespace();
    let protocol = words.next()?;
    let mut end = || Some((address(words.next()?)?, hex(words.next()?)?));
    let (source, service, server) = (end()?, end()?, end()?);
    let state = words.next()?;
    let seconds: u64 = words.next()?.parse().ok()?;
    let number = match protocol {
        "TCP" => TCP,
        "UDP" => UDP,
        "SCTP" => SCTP,
        _ => 0,
    };
    let shown = |(address, port)| place(names, format.numeric, address, port, number);
    let (source, service, server) = (shown(source), shown(service), shown(server));
    let expires = format!("{:02}:{:02}", seconds / 60, seconds % 60);
    let start = format!("{protocol:<3} {expires:<6} {state:<11} {source:<18} {service:<18}");
    Some(match (words.next(), words.next()) {
        (Some(engine), Some(data)) if format.persistent => {
            format!("{start} {server:<16} {engine:<18} {data}\n")
        }
        _ => format!("{start} {server}\n"),
    })
}

/// IPv6 in full, IPv4 as eight digits.
fn address(word: &str) -> Option<IpAddr> {
    let four = |word| u32::from_str_radix(word, 16).ok().map(Ipv4Addr::from);
    word.parse().ok().or_else(|| four(word).map(IpAddr::V4))
}

fn hex(word: &str) -> Option<u16> {
    u16::from_str_radix(word, 16).ok()
}
