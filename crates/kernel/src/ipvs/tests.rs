//! What the plan writes reads back as the same row: otherwise it would be edited for ever.

use super::convert::{message, observed_destination, observed_service};
use core::time::Duration;
use holdfast_ipvs::{Destination, IpvsCommand, IpvsMessage, Service};
use holdfast_model::{
    AddressFamily, Forwarding, Persistence, Protocol, Scheduler, ServiceKey, Tunnel, TunnelChecksum,
};
use holdfast_plan::Op;
use holdfast_plan::service::{Row, RowId, Settings, Target};

fn keys() -> Vec<ServiceKey> {
    let mut keys = Vec::new();
    for address in ["192.0.2.1", "2001:db8::1"] {
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
            keys.push(ServiceKey::Address {
                protocol,
                address: address.parse().unwrap(),
                port: 80,
            });
        }
    }
    for family in [AddressFamily::V4, AddressFamily::V6] {
        keys.push(ServiceKey::Fwmark { mark: 7, family });
    }
    keys
}

/// As the kernel would send it back, flag HASHED set.
fn read_service(message: &IpvsMessage) -> (RowId, Row) {
    let (mut service, _) = Service::from_attributes(message.service().unwrap()).unwrap();
    service.flags |= holdfast_ipvs::flag::HASHED;
    observed_service(&service).unwrap()
}

#[test]
fn services_read_back_as_written() {
    for key in keys() {
        let widest = match key.family() {
            AddressFamily::V4 => 32,
            AddressFamily::V6 => 128,
        };
        let persistence = |prefix| Persistence {
            timeout: Duration::from_secs(50),
            prefix,
        };
        for persistence in [None, Some(persistence(24)), Some(persistence(widest))] {
            for scheduler in Scheduler::ALL {
                let row = Row::Service(Settings {
                    scheduler: Some(scheduler),
                    persistence,
                    flags: 0,
                    persistence_engine: None,
                });
                let id = RowId::service(key);
                let new = message(&Op::Create(id, row.clone())).unwrap();
                assert_eq!(new.command, IpvsCommand::NewService);
                assert_eq!(read_service(&new), (id, row));
            }
        }
    }
}

#[test]
fn destinations_read_back_as_written() {
    for key in keys() {
        for forwarding in [
            Forwarding::Nat,
            Forwarding::Dr,
            Forwarding::Tun(Tunnel::Ipip),
            Forwarding::Tun(Tunnel::Gue(6000, TunnelChecksum::None)),
            Forwarding::Tun(Tunnel::Gue(6000, TunnelChecksum::Remote)),
            Forwarding::Tun(Tunnel::Gre(TunnelChecksum::Whole)),
        ] {
            let id = RowId::destination(key, "198.51.100.7".parse().unwrap(), 8080);
            let row = Row::Destination(Target {
                forwarding: Some(forwarding),
                weight: 3,
                upper_threshold: 100,
                lower_threshold: 50,
            });
            let set = message(&Op::Edit(id, row.clone())).unwrap();
            assert_eq!(set.command, IpvsCommand::SetDestination);
            let family = holdfast_ipvs::Family::Inet6;
            let (destination, _) =
                Destination::from_attributes(family, set.destination().unwrap()).unwrap();
            assert_eq!(observed_destination(key, &destination), (id, row));
        }
    }
}

#[test]
fn what_is_only_ever_seen_has_no_message() {
    let key = keys()[0];
    let id = RowId::service(key);
    let unknown = Row::Service(Settings {
        scheduler: None,
        persistence: None,
        flags: 0,
        persistence_engine: None,
    });
    assert!(message(&Op::Create(id, unknown.clone())).is_none());
    let destination = RowId::destination(key, "198.51.100.7".parse().unwrap(), 1);
    assert!(message(&Op::Create(destination, unknown)).is_none());
    assert!(message(&Op::Delete(destination)).is_some());
}
