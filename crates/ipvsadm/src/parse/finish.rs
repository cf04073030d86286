//! What only the whole can say.

use super::draft::Draft;
use crate::command::{Command, What};
use crate::error::UsageError;
use crate::legal;
use crate::names::UDP;
use crate::options::Opt;
use holdfast_ipvs::{
    Destination, DestinationId, Family, ForwardMethod, Service, ServiceId, Timeouts, flag, tunnel,
};

/// The command; its options are known to be legal.
pub(super) fn finish(
    command: Opt,
    draft: Draft,
    timeouts: Timeouts,
) -> Result<Command, UsageError> {
    let id = service_id(&draft);
    let needed = || {
        id.ok_or(UsageError::Needs {
            who: command.row().long,
            option: Opt::TcpService.label(),
        })
    };
    Ok(match command {
        Opt::AddService => Command::AddService(service(needed()?, draft)?),
        Opt::EditService => Command::EditService(service(needed()?, draft)?),
        Opt::DeleteService => Command::DeleteService(needed()?),
        Opt::AddServer => Command::AddServer(needed()?, server(command, &draft)?),
        Opt::EditServer => Command::EditServer(needed()?, server(command, &draft)?),
        Opt::DeleteServer => Command::DeleteServer(needed()?, server_id(command, &draft)?),
        Opt::Clear => Command::Clear,
        Opt::Zero => Command::Zero(id),
        Opt::Set => Command::SetTimeouts(timeouts),
        Opt::StartDaemon => {
            let mut daemon = draft.daemon;
            if daemon.interface.is_empty() {
                daemon.interface.push_str("eth0");
            }
            Command::StartDaemon(daemon)
        }
        Opt::StopDaemon => Command::StopDaemon(draft.daemon),
        Opt::Save => Command::Save {
            numeric: draft.format.numeric,
        },
        Opt::Restore => Command::Restore,
        _list => {
            let has = |option| draft.given.contains(&option);
            let what = match id {
                _ if has(Opt::Connection) => What::Connections,
                Some(id) => What::Service(id),
                None if has(Opt::Timeout) => What::Timeouts,
                None if has(Opt::Daemon) => What::Daemons,
                None => What::All,
            };
            Command::List(what, draft.format)
        }
    })
}

fn service_id(draft: &Draft) -> Option<ServiceId> {
    if draft.mark != 0 {
        return Some(ServiceId::Fwmark {
            mark: draft.mark,
            family: draft.family.unwrap_or(Family::Inet),
        });
    }
    Some(ServiceId::Address {
        protocol: draft.protocol,
        address: draft.address?,
        port: draft.port,
    })
}

fn service(id: ServiceId, draft: Draft) -> Result<Service, UsageError> {
    let persistent = draft.flags & flag::PERSISTENT != 0;
    let one_packet = draft.flags & flag::ONE_PACKET != 0;
    if let ServiceId::Address { protocol, port, .. } = id {
        if port == 0 && !persistent {
            return Err(UsageError::Rule(
                "a service without a port (every port) must be persistent: add -p, or a port",
            ));
        }
        if one_packet && protocol != UDP {
            return Err(UsageError::Rule(
                "-o (one-packet scheduling) is for UDP services and firewall marks",
            ));
        }
    }
    let scheduler = match draft.scheduler {
        empty if empty.is_empty() => "wlc".to_owned(),
        named => named,
    };
    Ok(Service {
        id,
        scheduler,
        flags: draft.flags,
        timeout: draft.timeout,
        netmask: draft.netmask,
        persistence_engine: draft.engine,
    })
}

fn server_id(command: Opt, draft: &Draft) -> Result<DestinationId, UsageError> {
    let (address, port) = draft.server.ok_or(UsageError::Needs {
        who: command.row().long,
        option: Opt::RealServer.label(),
    })?;
    Ok(DestinationId { address, port })
}

fn server(command: Opt, draft: &Draft) -> Result<Destination, UsageError> {
    let mut id = server_id(command, draft)?;
    if draft.mark == 0 && draft.forward != ForwardMethod::Masquerade {
        id.port = draft.port;
    }
    let tunneled = draft.forward == ForwardMethod::Tunnel;
    if Some(Family::of(id.address)) != draft.family && !tunneled {
        return Err(UsageError::Rule(
            "a real server of the other address family is reached by a tunnel only: add -i",
        ));
    }
    let of_tunnels = [
        Opt::TunType,
        Opt::TunPort,
        Opt::TunNocsum,
        Opt::TunCsum,
        Opt::TunRemcsum,
    ];
    if !tunneled && draft.given.iter().any(|option| of_tunnels.contains(option)) {
        return Err(UsageError::Rule("--tun-... options go with -i only"));
    }
    let kind = match draft.tunnel_type {
        tunnel::GUE => legal::GUE,
        tunnel::GRE => legal::GRE,
        _ => legal::IPIP,
    };
    legal::check_tunnel(kind, &draft.given)?;
    Ok(Destination {
        id,
        forward: draft.forward,
        weight: draft.weight,
        upper_threshold: draft.upper,
        lower_threshold: draft.lower,
        tunnel_type: draft.tunnel_type,
        tunnel_port: draft.tunnel_port,
        tunnel_flags: draft.tunnel_flags,
    })
}
