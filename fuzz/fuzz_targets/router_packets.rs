//! A running router and a wire full of anything: two bytes of time, one of length, then a packet.
#![no_main]

use core::time::Duration;
use holdfast_config::compile;
use holdfast_model::{AddressFamily, HostFacts, IfName, Mono};
use holdfast_packet::MacAddress;
use holdfast_syntax::{Environment, Nothing, SourceMap, parse};
use holdfast_vrrp::{Datagram, Ear, Input, Link, Router};
use libfuzzer_sys::fuzz_target;

const TEXT: &str = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n priority 100\n \
    authentication {\n auth_type PASS\n auth_pass secret\n }\n \
    virtual_ipaddress {\n 10.0.0.9\n }\n}\n";

fuzz_target!(|bytes: &[u8]| {
    let mut sources = SourceMap::single("fuzz", TEXT);
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    let model = compile(&tree, read, &HostFacts::default()).model.vrrp;
    let mut router = Router::new(&model);
    let Some(name) = IfName::new("eth0") else {
        return;
    };
    let link = Link {
        name,
        index: 2,
        up: true,
        mac: MacAddress([2; 6]),
        mtu: 1500,
        source: Some([10, 0, 0, 1].into()),
        link_local: None,
        addresses: [[10, 0, 0, 1].into()].into(),
        in_vrf: false,
    };
    let mut now = Mono::from_secs(1);
    router.handle(now, Input::Link(link));
    router.handle(now, Input::Start);
    let mut rest = bytes;
    while let [a, b, length, tail @ ..] = rest {
        now = now + Duration::from_millis(u64::from(u16::from_be_bytes([*a, *b])));
        let (packet, next) = tail.split_at(usize::from(*length).min(tail.len()));
        router.handle(
            now,
            Input::Datagram(Datagram {
                ear: Ear::Link(2, AddressFamily::V4),
                bytes: packet,
                header: None,
            }),
        );
        router.handle(now, Input::Tick);
        while router.poll_action().is_some() {}
        assert!(router.deadline().is_some());
        rest = next;
    }
});
