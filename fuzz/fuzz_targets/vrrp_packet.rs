//! Any bytes from the raw socket.
#![no_main]

use core::net::Ipv6Addr;
use holdfast_packet::vrrp::Ends;
use holdfast_packet::{ipv4, vrrp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((_, message)) = ipv4::parse(bytes) {
        let _version = vrrp::version(message);
        let _vrid = vrrp::vrid(message);
    }
    for (source, destination) in [
        ([10, 0, 0, 1].into(), vrrp::GROUP.into()),
        ([10, 0, 0, 1].into(), [10, 0, 0, 2].into()),
        (Ipv6Addr::LOCALHOST.into(), vrrp::GROUP_V6.into()),
    ] {
        let ends = Ends {
            source,
            destination,
        };
        if let Ok(advert) = vrrp::parse(bytes, &ends) {
            assert!(advert.addresses().count() <= 255);
        }
    }
});
