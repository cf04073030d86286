//! Between the plan's rows and the family's messages.

use core::time::Duration;
use holdfast_ipvs::{
    Destination, DestinationId, Family, ForwardMethod, IpvsMessage, Netmask, Service, ServiceId,
    flag,
};
use holdfast_model::{
    AddressFamily, Forwarding, Name, Persistence, Protocol, Scheduler, ServiceKey, Tunnel,
    TunnelChecksum,
};
use holdfast_plan::Op;
use holdfast_plan::service::{DestinationKey, Row, RowId, Settings, Target};

/// The message of an operation; `None` when row and identity are not of one kind, or the row says
/// something that is only ever seen.
pub(super) fn message(op: &Op<RowId, Row>) -> Option<IpvsMessage> {
    let id = op.id();
    let service = service_id(&id.service);
    match (op, id.destination) {
        (Op::Create(_, Row::Service(settings)), None) => Some(IpvsMessage::new_service(
            &settings_to_service(service, settings)?,
        )),
        (Op::Edit(_, Row::Service(settings)), None) => Some(IpvsMessage::set_service(
            &settings_to_service(service, settings)?,
        )),
        (Op::Create(_, Row::Destination(target)), Some(key)) => Some(IpvsMessage::new_destination(
            &service,
            &target_to_destination(key, *target)?,
        )),
        (Op::Edit(_, Row::Destination(target)), Some(key)) => Some(IpvsMessage::set_destination(
            &service,
            &target_to_destination(key, *target)?,
        )),
        (Op::Delete(_), None) => Some(IpvsMessage::del_service(&service)),
        (Op::Delete(_), Some(key)) => {
            Some(IpvsMessage::del_destination(&service, &destination_id(key)))
        }
        (Op::Create(..) | Op::Edit(..), None | Some(_)) => None,
    }
}

/// The message's name of a service.
pub(super) fn service_id(key: &ServiceKey) -> ServiceId {
    match *key {
        ServiceKey::Address {
            protocol,
            address,
            port,
        } => ServiceId::Address {
            protocol: protocol.number().into(),
            address,
            port,
        },
        ServiceKey::Fwmark { mark, family } => ServiceId::Fwmark {
            mark,
            family: match family {
                AddressFamily::V4 => Family::Inet,
                AddressFamily::V6 => Family::Inet6,
            },
        },
    }
}

/// The reverse; `None` for a protocol that is never wanted.
fn service_key(id: &ServiceId) -> Option<ServiceKey> {
    Some(match *id {
        ServiceId::Address {
            protocol,
            address,
            port,
        } => ServiceKey::Address {
            protocol: [Protocol::Tcp, Protocol::Udp, Protocol::Sctp]
                .into_iter()
                .find(|known| u16::from(known.number()) == protocol)?,
            address,
            port,
        },
        ServiceId::Fwmark { mark, family } => ServiceKey::Fwmark {
            mark,
            family: match family {
                Family::Inet => AddressFamily::V4,
                Family::Inet6 => AddressFamily::V6,
            },
        },
    })
}

fn destination_id(key: DestinationKey) -> DestinationId {
    DestinationId {
        address: key.address,
        port: key.port,
    }
}

fn settings_to_service(id: ServiceId, settings: &Settings) -> Option<Service> {
    let family = id.family();
    let persistence = settings.persistence;
    let persistent = if persistence.is_some() {
        flag::PERSISTENT
    } else {
        0
    };
    Some(Service {
        id,
        scheduler: settings.scheduler?.word().to_owned(),
        flags: settings.flags | persistent,
        timeout: persistence.map_or(0, |p| {
            u32::try_from(p.timeout.as_secs()).unwrap_or(u32::MAX)
        }),
        netmask: persistence.map_or_else(
            || Netmask::host(family),
            |p| Netmask::from_prefix(family, p.prefix),
        ),
        persistence_engine: settings
            .persistence_engine
            .as_ref()
            .map(|name| name.as_str().to_owned()),
    })
}

fn target_to_destination(key: DestinationKey, target: Target) -> Option<Destination> {
    let (forward, tunnel) = match target.forwarding? {
        Forwarding::Nat => (ForwardMethod::Masquerade, Tunnel::Ipip),
        Forwarding::Dr => (ForwardMethod::Route, Tunnel::Ipip),
        Forwarding::Tun(tunnel) => (ForwardMethod::Tunnel, tunnel),
    };
    let (tunnel_type, tunnel_port, checksum) = match tunnel {
        Tunnel::Ipip => (0, 0, TunnelChecksum::None),
        Tunnel::Gue(port, checksum) => (1, port, checksum),
        Tunnel::Gre(checksum) => (2, 0, checksum),
    };
    Some(Destination {
        id: destination_id(key),
        forward,
        weight: target.weight,
        upper_threshold: target.upper_threshold,
        lower_threshold: target.lower_threshold,
        tunnel_type,
        tunnel_port,
        // IP_VS_TUNNEL_ENCAP_FLAG_*
        tunnel_flags: match checksum {
            TunnelChecksum::None => 0,
            TunnelChecksum::Whole => 1,
            TunnelChecksum::Remote => 2,
        },
    })
}

/// A dumped service as the plan's row; `None` for a protocol that is never wanted.
pub fn observed_service(service: &Service) -> Option<(RowId, Row)> {
    let key = service_key(&service.id)?;
    let persistent = service.flags & flag::PERSISTENT != 0;
    let settings = Settings {
        scheduler: Scheduler::from_word(&service.scheduler),
        persistence: persistent.then(|| Persistence {
            timeout: Duration::from_secs(service.timeout.into()),
            // A mask with holes equals no prefix that anybody wants.
            prefix: service
                .netmask
                .prefix(service.id.family())
                .unwrap_or(u8::MAX),
        }),
        flags: service.flags & !(flag::PERSISTENT | flag::HASHED),
        persistence_engine: service.persistence_engine.as_deref().map(Name::from),
    };
    Some((RowId::service(key), Row::Service(settings)))
}

/// The tunnel of a dumped destination; `None`: one that is never wanted.
fn tunnel(destination: &Destination) -> Option<Tunnel> {
    let checksum = match destination.tunnel_flags {
        0 => TunnelChecksum::None,
        1 => TunnelChecksum::Whole,
        2 => TunnelChecksum::Remote,
        _ => return None,
    };
    match destination.tunnel_type {
        0 => Some(Tunnel::Ipip),
        1 => Some(Tunnel::Gue(destination.tunnel_port, checksum)),
        2 => Some(Tunnel::Gre(checksum)),
        _ => None,
    }
}

/// A dumped destination of `service` as the plan's row.
pub fn observed_destination(service: ServiceKey, destination: &Destination) -> (RowId, Row) {
    let forwarding = match destination.forward {
        ForwardMethod::Masquerade => Some(Forwarding::Nat),
        ForwardMethod::Route => Some(Forwarding::Dr),
        ForwardMethod::Tunnel => tunnel(destination).map(Forwarding::Tun),
        ForwardMethod::Local | ForwardMethod::Bypass | ForwardMethod::Other(_) => None,
    };
    let target = Target {
        forwarding,
        weight: destination.weight,
        upper_threshold: destination.upper_threshold,
        lower_threshold: destination.lower_threshold,
    };
    let id = RowId::destination(service, destination.id.address, destination.id.port);
    (id, Row::Destination(target))
}
