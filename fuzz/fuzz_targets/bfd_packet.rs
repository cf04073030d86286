//! Any bytes from a BFD socket: refused, or the same after building them anew.
#![no_main]

use holdfast_packet::bfd;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(packet) = bfd::parse(bytes) {
        assert_eq!(bfd::parse(&bfd::build(&packet)), Ok(packet));
    }
});
