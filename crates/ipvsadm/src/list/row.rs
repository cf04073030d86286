//! A service and its real servers, in the form that was asked for.

use super::counters::counter;
use super::{Entry, destinations};
use crate::command::Format;
use crate::names::{Names, SCTP, TCP, UDP, cut, place};
use crate::save::{mask, scheduler_flags};
use core::net::IpAddr;
use holdfast_ipvs::{
    Destination, Family, ForwardMethod, Load, Service, ServiceId, Stats, flag, tunnel,
};

/// Widths that IPv4 names are cut to.
const SERVICE: usize = 33;
const SERVER: usize = 28;

/// One service with everything below it.
pub(super) fn entry(text: &mut String, entry: Entry, format: &Format, names: &dyn Names) {
    let Entry {
        service,
        stats,
        destinations: mut servers,
    } = entry;
    let name = service_name(&service, format, names);
    if format.stats {
        text.push_str(&format!("{name:<33}{}", counts(&stats, format)));
    } else if format.rate {
        text.push_str(&format!("{name:<33}{}", rates(&stats, format)));
    } else {
        text.push_str(&format!("{name} {}{}", service.scheduler, flags(&service)));
    }
    text.push('\n');
    if !format.unsorted {
        destinations(&mut servers);
    }
    for (server, load) in &servers {
        destination(text, &service, (server, load), format, names);
    }
}

fn service_name(service: &Service, format: &Format, names: &dyn Names) -> String {
    match service.id {
        // ipvsadm prints a mark as a signed number
        ServiceId::Fwmark { mark, family } => {
            let tail = if family == Family::Inet6 { " IPv6" } else { "" };
            format!("FWM  {}{tail}", mark.cast_signed())
        }
        ServiceId::Address {
            protocol,
            address,
            port,
        } => {
            let label = match protocol {
                TCP => "TCP",
                UDP => "UDP",
                SCTP => "SCTP",
                _ => "?",
            };
            let place = place(names, format.numeric, address, port, protocol);
            let mut name = format!("{label:<4} {place}");
            if address.is_ipv4() {
                cut(&mut name, SERVICE);
            }
            name
        }
    }
}

fn flags(service: &Service) -> String {
    let mut text = String::new();
    if let Some(flags) = scheduler_flags(service) {
        text.push_str(&format!(" ({flags})"));
    }
    if service.flags & flag::PERSISTENT != 0 {
        text.push_str(&format!(" persistent {}", service.timeout));
        if let Some(mask) = mask(service) {
            text.push_str(&format!(" mask {mask}"));
        }
        if let Some(engine) = &service.persistence_engine {
            text.push_str(&format!(" pe {engine}"));
        }
    }
    if service.flags & flag::ONE_PACKET != 0 {
        text.push_str(" ops");
    }
    text
}

/// A real server's ports are named as its service's are; those of a mark have no protocol.
pub(crate) fn server_name(
    service: &Service,
    server: &Destination,
    numeric: bool,
    names: &dyn Names,
) -> String {
    let protocol = match service.id {
        ServiceId::Address { protocol, .. } => protocol,
        ServiceId::Fwmark { .. } => 0,
    };
    place(names, numeric, server.id.address, server.id.port, protocol)
}

fn destination(
    text: &mut String,
    service: &Service,
    (server, load): (&Destination, &Load),
    format: &Format,
    names: &dyn Names,
) {
    let mut name = server_name(service, server, format.numeric, names);
    if matches!(server.id.address, IpAddr::V4(_)) {
        cut(&mut name, SERVER);
    }
    text.push_str(&format!("  -> {name:<28}"));
    let (weight, active, inactive) = (server.weight.cast_signed(), load.active, load.inactive);
    let method = method(server.forward);
    text.push_str(&if format.stats {
        counts(&load.stats, format)
    } else if format.rate {
        server_rates(&load.stats, format)
    } else if format.thresholds {
        let (upper, lower) = (server.upper_threshold, server.lower_threshold);
        format!(" {upper:<10} {lower:<10} {active:<10} {inactive:<10}")
    } else if format.persistent {
        let (weight, persistent) = (server.weight, load.persistent);
        format!(" {weight:<9} {persistent:<11} {active:<10} {inactive:<10}")
    } else if format.tunnel {
        let tunnel = tunnel_name(server);
        format!(" {method:<7} {tunnel:<13} {weight:<6} {active:<10} {inactive:<10}")
    } else {
        format!(" {method:<7} {weight:<6} {active:<10} {inactive:<10}")
    });
    text.push('\n');
}

fn counts(stats: &Stats, format: &Format) -> String {
    [
        stats.connections,
        stats.packets_in,
        stats.packets_out,
        stats.bytes_in,
        stats.bytes_out,
    ]
    .map(|number| counter(number, format.exact))
    .concat()
}

fn rates(stats: &Stats, format: &Format) -> String {
    [
        stats.connection_rate,
        stats.packet_rate_in,
        stats.packet_rate_out,
        stats.byte_rate_in,
        stats.byte_rate_out,
    ]
    .map(|number| counter(number, format.exact))
    .concat()
}

/// Those of real servers are never rounded but for bytes.
fn server_rates(stats: &Stats, format: &Format) -> String {
    let whole = [
        stats.connection_rate,
        stats.packet_rate_in,
        stats.packet_rate_out,
    ];
    let rounded = [stats.byte_rate_in, stats.byte_rate_out];
    let whole = whole.map(|number| format!(" {number:>8}")).concat();
    let rounded = rounded.map(|number| counter(number, format.exact));
    whole + &rounded.concat()
}

fn method(forward: ForwardMethod) -> &'static str {
    match forward {
        ForwardMethod::Masquerade => "Masq",
        ForwardMethod::Local => "Local",
        ForwardMethod::Tunnel => "Tunnel",
        ForwardMethod::Route => "Route",
        // what glibc prints where ipvsadm has no word
        ForwardMethod::Bypass | ForwardMethod::Other(_) => "(null)",
    }
}

fn tunnel_name(server: &Destination) -> String {
    if server.forward != ForwardMethod::Tunnel {
        return "n/a".to_owned();
    }
    let checksum = match server.tunnel_flags {
        tunnel::FLAG_NO_CHECKSUM => "-c",
        tunnel::FLAG_CHECKSUM => "+c",
        _ => "r+c",
    };
    match server.tunnel_type {
        tunnel::IPIP => "ipip".to_owned(),
        tunnel::GUE => format!("gue:{}:{checksum}", server.tunnel_port),
        tunnel::GRE => format!("gre:{checksum}"),
        _ => "n/a".to_owned(),
    }
}
