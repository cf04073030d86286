//! Any bytes from the raw socket.
#![no_main]

use holdfast_packet::{ipv4, vrrp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((_, message)) = ipv4::parse(bytes) {
        let _version = vrrp::version(message);
        let _vrid = vrrp::vrid(message);
    }
    if let Ok(advert) = vrrp::v2::parse(bytes) {
        assert!(advert.addresses().count() <= 255);
    }
});
