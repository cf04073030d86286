//! Whatever arrives, nothing panics; whatever is written is read back.
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use holdfast_ipvs::{
    Destination, DestinationId, Family, ForwardMethod, IpvsCommand, IpvsMessage, Netmask, Service,
    ServiceId, SyncDaemon,
};
use netlink_packet_core::{Emitable, ParseableParametrized};
use netlink_packet_generic::{GenlFamily, GenlHeader};
use proptest::prelude::*;
use std::net::IpAddr;

fn emit(message: &IpvsMessage) -> Vec<u8> {
    let mut bytes = vec![0xEE; message.buffer_len()];
    message.emit(&mut bytes);
    bytes
}

fn parse(cmd: u8, bytes: &[u8]) -> Option<IpvsMessage> {
    IpvsMessage::parse_with_param(bytes, GenlHeader { cmd, version: 1 }).ok()
}

/// Everything a reader does with a message.
fn read(message: &IpvsMessage) {
    let _ = message.info();
    let _ = message.timeouts();
    let _ = Service::from_attributes(message.service().unwrap_or_default());
    let _ = SyncDaemon::from_attributes(message.daemon().unwrap_or_default());
    for family in [Family::Inet, Family::Inet6] {
        let _ = Destination::from_attributes(family, message.destination().unwrap_or_default());
    }
}

fn service_id() -> impl Strategy<Value = ServiceId> {
    let family = prop_oneof![Just(Family::Inet), Just(Family::Inet6)];
    prop_oneof![
        (any::<u16>(), any::<IpAddr>(), any::<u16>()).prop_map(|(protocol, address, port)| {
            ServiceId::Address {
                protocol,
                address,
                port,
            }
        }),
        (any::<u32>(), family).prop_map(|(mark, family)| ServiceId::Fwmark { mark, family }),
    ]
}

fn service() -> impl Strategy<Value = Service> {
    (
        service_id(),
        "[a-z]{0,15}",
        any::<[u32; 2]>(),
        any::<[u8; 4]>(),
        proptest::option::of("[a-z]{0,15}"),
    )
        .prop_map(|(id, scheduler, [flags, timeout], mask, engine)| Service {
            id,
            scheduler,
            flags,
            timeout,
            netmask: Netmask(mask),
            persistence_engine: engine,
        })
}

fn destination() -> impl Strategy<Value = Destination> {
    (
        any::<IpAddr>(),
        any::<[u16; 3]>(),
        0..8_u32,
        any::<[u32; 3]>(),
        0..3_u8,
    )
        .prop_map(
            |(address, [port, tunnel_port, tunnel_flags], method, [weight, upper, lower], kind)| {
                Destination {
                    id: DestinationId { address, port },
                    forward: ForwardMethod::from_number(method),
                    weight,
                    upper_threshold: upper,
                    lower_threshold: lower,
                    tunnel_type: kind,
                    tunnel_port: if kind == 0 { 0 } else { tunnel_port },
                    tunnel_flags: if kind == 0 { 0 } else { tunnel_flags },
                }
            },
        )
}

proptest! {
    #[test]
    fn bytes_never_panic(cmd in 0..20_u8, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Some(message) = parse(cmd, &bytes) {
            read(&message);
            // What was understood can be said again, and means the same.
            let again = parse(cmd, &emit(&message));
            prop_assert_eq!(again, Some(message));
        }
    }

    #[test]
    fn spoilt_messages_never_panic(
        service in service(),
        destination in destination(),
        spoils in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let messages = [
            IpvsMessage::new_service(&service),
            IpvsMessage::new_destination(&service.id, &destination),
        ];
        for message in messages {
            let mut bytes = emit(&message);
            for (at, value) in &spoils {
                let at = at.index(bytes.len());
                bytes[at] = *value;
            }
            bytes.truncate(cut.index(bytes.len() + 1));
            if let Some(message) = parse(message.command(), &bytes) {
                read(&message);
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(service in service(), destination in destination()) {
        let bytes = emit(&IpvsMessage::new_service(&service));
        let message = parse(IpvsCommand::NewService.number(), &bytes).unwrap();
        let (read, _) = Service::from_attributes(message.service().unwrap()).unwrap();
        prop_assert_eq!(&read, &service);
        let bytes = emit(&IpvsMessage::set_destination(&service.id, &destination));
        let message = parse(IpvsCommand::SetDestination.number(), &bytes).unwrap();
        let attributes = message.destination().unwrap();
        let (read, _) = Destination::from_attributes(service.id.family(), attributes).unwrap();
        prop_assert_eq!(read, destination);
    }
}
