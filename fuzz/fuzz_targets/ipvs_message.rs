//! Any bytes from the kernel's IPVS family, the first one as the command.
#![no_main]

use holdfast_ipvs::IpvsMessage;
use libfuzzer_sys::fuzz_target;
use netlink_packet_core::{Emitable, ParseableParametrized};
use netlink_packet_generic::GenlHeader;

fuzz_target!(|bytes: &[u8]| {
    let Some((cmd, rest)) = bytes.split_first() else {
        return;
    };
    let header = GenlHeader {
        cmd: *cmd,
        version: 1,
    };
    if let Ok(message) = IpvsMessage::parse_with_param(rest, header) {
        let mut out = vec![0; message.buffer_len()];
        message.emit(&mut out);
    }
});
