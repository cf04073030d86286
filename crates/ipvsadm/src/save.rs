//! `-S`: the table as `-R` reads it.

use crate::list::{Entry, destinations, server_name, services};
use crate::names::{Names, SCTP, TCP, UDP, place};
use core::net::Ipv4Addr;
use holdfast_ipvs::{
    Destination, Family, ForwardMethod, Netmask, Service, ServiceId, flag, tunnel,
};

/// Every service and every real server, a line each. Thresholds are not in it: ipvsadm saves none.
pub fn save(mut entries: Vec<Entry>, numeric: bool, names: &dyn Names) -> String {
    let mut text = String::new();
    services(&mut entries);
    for mut entry in entries {
        let name = service_name(&entry.service, numeric, names);
        text.push_str(&format!("-A {name} {}\n", settings(&entry.service)));
        destinations(&mut entry.destinations);
        for (server, _) in &entry.destinations {
            let place = server_name(&entry.service, server, numeric, names);
            let method = match server.forward {
                ForwardMethod::Masquerade => "-m",
                ForwardMethod::Tunnel => "-i",
                ForwardMethod::Local | ForwardMethod::Route => "-g",
                ForwardMethod::Bypass | ForwardMethod::Other(_) => "(null)",
            };
            let (weight, tunnel) = (server.weight.cast_signed(), tunnel(server));
            text.push_str(&format!(
                "-a {name} -r {place} {method} -w {weight}{tunnel}\n"
            ));
        }
    }
    text
}

fn service_name(service: &Service, numeric: bool, names: &dyn Names) -> String {
    match service.id {
        ServiceId::Fwmark { mark, family } => {
            let tail = if family == Family::Inet6 { " -6" } else { "" };
            format!("-f {}{tail}", mark.cast_signed())
        }
        ServiceId::Address {
            protocol,
            address,
            port,
        } => {
            let option = match protocol {
                TCP => "-t",
                UDP => "-u",
                SCTP => "--sctp-service",
                _ => "--xxx-service",
            };
            format!(
                "{option} {}",
                place(names, numeric, address, port, protocol)
            )
        }
    }
}

fn settings(service: &Service) -> String {
    let mut text = format!("-s {}", service.scheduler);
    if service.flags & flag::PERSISTENT != 0 {
        text.push_str(&format!(" -p {}", service.timeout));
        if let Some(mask) = mask(service) {
            text.push_str(&format!(" -M {mask}"));
        }
    }
    if let Some(engine) = &service.persistence_engine {
        text.push_str(&format!(" --pe {engine}"));
    }
    if service.flags & flag::ONE_PACKET != 0 {
        text.push_str(" -o");
    }
    if let Some(flags) = scheduler_flags(service) {
        text.push_str(&format!(" -b {flags}"));
    }
    text
}

/// The mask of a service, where it is not a single client's.
pub(crate) fn mask(service: &Service) -> Option<String> {
    let family = service.id.family();
    if service.netmask == Netmask::host(family) {
        return None;
    }
    Some(match family {
        Family::Inet => Ipv4Addr::from(service.netmask.0).to_string(),
        Family::Inet6 => i32::from_ne_bytes(service.netmask.0).to_string(),
    })
}

/// Scheduler flags by their names; `None` without one. A flag that the scheduler has no name for
/// is left out, as ipvsadm leaves it out.
pub(crate) fn scheduler_flags(service: &Service) -> Option<String> {
    let names: &[(u32, &str)] = match service.scheduler.as_str() {
        "sh" => &[
            (flag::SCHEDULER_1, "sh-fallback"),
            (flag::SCHEDULER_2, "sh-port"),
        ],
        "mh" => &[
            (flag::SCHEDULER_1, "mh-fallback"),
            (flag::SCHEDULER_2, "mh-port"),
        ],
        _ => &[
            (flag::SCHEDULER_1, "flag-1"),
            (flag::SCHEDULER_2, "flag-2"),
            (flag::SCHEDULER_3, "flag-3"),
        ],
    };
    let any = flag::SCHEDULER_1 | flag::SCHEDULER_2 | flag::SCHEDULER_3;
    if service.flags & any == 0 {
        return None;
    }
    let set = names.iter().filter(|(bit, _)| service.flags & bit != 0);
    let set: Vec<&str> = set.map(|(_, name)| *name).collect();
    Some(set.join(","))
}

fn tunnel(server: &Destination) -> String {
    if server.forward != ForwardMethod::Tunnel {
        return String::new();
    }
    let checksum = match server.tunnel_flags {
        tunnel::FLAG_NO_CHECKSUM => "--tun-nocsum",
        tunnel::FLAG_CHECKSUM => "--tun-csum",
        _ => "--tun-remcsum",
    };
    match server.tunnel_type {
        tunnel::IPIP => " --tun-type ipip".to_owned(),
        tunnel::GUE => format!(
            " --tun-type gue --tun-port {} {checksum}",
            server.tunnel_port
        ),
        tunnel::GRE => format!(" --tun-type gre {checksum}"),
        _ => String::new(),
    }
}
