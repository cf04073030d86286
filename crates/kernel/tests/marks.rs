//! Packets to a group's addresses get marks, on a real kernel. Needs root; says so where it is not.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that stops says what was wrong"
)]

mod support;

use holdfast_kernel::nft::{self, remove};
use holdfast_nft::{Marked, Place};
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::Duration;
use support::*;

/// What nft makes of our rules.
fn listed() -> String {
    let output = Command::new("nft").args(["list", "ruleset"]).output();
    String::from_utf8_lossy(&output.expect("nft").stdout).into_owned()
}

#[test]
fn packets_to_groups_get_marks() {
    let parse = |text: &str| text.parse::<IpAddr>().expect("address");
    let rule = |protocol, first: &str, last: &str, port, mark| Marked {
        protocol,
        addresses: (parse(first), parse(last)),
        port,
        mark,
    };
    let rules = [
        rule(6, "10.9.0.20", "10.9.0.22", 80, 1000),
        rule(6, "10.9.0.20", "10.9.0.20", 81, 1001),
        rule(17, "10.9.0.20", "10.9.0.20", 0, 1002),
        rule(17, "10.9.0.20", "10.9.0.20", 53, 1003),
        rule(6, "fd00::20", "fd00::2f", 80, 1000),
    ];
    let place = Place {
        name: "t",
        mark: "m",
        priority: -1,
        counts: true,
    };
    in_namespace(move || {
        nft::give_marks(&place, &rules).expect("two tables");
        nft::give_marks(&place, &rules).expect("the same again");
        assert_eq!(listed(), MARKS);
        let left = || nft::marked("m").expect("a count");
        assert_eq!((left(), holdfast_nft::rules_for_marks(&rules)), (4, 4));
        for line in ["10.9.0.20/30", "fd00::20/128"] {
            ip(&format!("addr add {line} dev lo"));
        }
        for line in SEEN.lines() {
            let made = Command::new("nft").arg(line).status();
            assert!(made.expect("nft").success(), "{line}");
        }
        // a refusal shows that the packet has come in
        for target in [
            "10.9.0.20:80",
            "10.9.0.20:81",
            "10.9.0.20:82",
            "[fd00::20]:80",
        ] {
            let target: SocketAddr = target.parse().expect("target");
            let met = TcpStream::connect_timeout(&target, Duration::from_secs(5));
            let met = met.err().map(|error| error.kind());
            assert_eq!(met, Some(ErrorKind::ConnectionRefused), "{target}");
        }
        let udp = UdpSocket::bind("10.9.0.1:0").expect("socket");
        for target in ["10.9.0.20:5353", "10.9.0.20:53"] {
            udp.send_to(b"x", target).expect("sent");
        }
        let counted = listed();
        for line in [
            "ip daddr 10.9.0.20 tcp dport 80 meta mark 0x000003e8 counter packets 1 ",
            "ip daddr 10.9.0.20 tcp dport 81 meta mark 0x000003e9 counter packets 1 ",
            "ip daddr 10.9.0.20 tcp dport 82 meta mark 0x00000000 counter packets 1 ",
            "ip daddr 10.9.0.20 udp dport 5353 meta mark 0x000003ea counter packets 1 ",
            "ip daddr 10.9.0.20 udp dport 53 meta mark 0x000003eb counter packets 1 ",
            "ip6 daddr fd00::20 tcp dport 80 meta mark 0x000003e8 counter packets 1 ",
        ] {
            assert!(counted.contains(line), "{line}: {counted}");
        }
        let flushed = Command::new("nft")
            .args(["flush", "table", "ip", "t"])
            .status();
        assert!(flushed.expect("nft").success());
        assert_eq!(left(), 1);
        nft::give_marks(&place, &rules).expect("again");
        assert_eq!(left(), 4);
        remove("m").expect("removed");
        assert_eq!(left(), 0);
    });
}

/// As keepalived 2.2.7 has them for the same groups, but for the names of the maps, the counters, the verdict
/// behind, and port 0, which is one port there.
const MARKS: &str = "table ip t {
	comment \"m\"
	map tcp {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.9.0.20-10.9.0.22 . 80 : 0x000003e8,
			     10.9.0.20 . 81 : 0x000003e9 }
	}

	map udp_any {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.9.0.20 . 0-65535 : 0x000003ea }
	}

	map udp {
		type ipv4_addr . inet_service : mark
		flags interval
		elements = { 10.9.0.20 . 53 : 0x000003eb }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		meta mark set ip daddr . tcp dport map @tcp counter packets 0 bytes 0
		meta mark set ip daddr . udp dport map @udp_any counter packets 0 bytes 0
		meta mark set ip daddr . udp dport map @udp counter packets 0 bytes 0
	}
}
table ip6 t {
	comment \"m\"
	map tcp {
		type ipv6_addr . inet_service : mark
		flags interval
		elements = { fd00::20/124 . 80 : 0x000003e8 }
	}

	chain in {
		type filter hook input priority filter - 1; policy accept;
		meta mark set ip6 daddr . tcp dport map @tcp counter packets 0 bytes 0
	}
}
";

/// What comes by with which mark, where IPVS would see it.
const SEEN: &str = "add table inet seen
add chain inet seen in { type filter hook input priority 98 ; }
add rule inet seen in ip daddr 10.9.0.20 tcp dport 80 meta mark 1000 counter
add rule inet seen in ip daddr 10.9.0.20 tcp dport 81 meta mark 1001 counter
add rule inet seen in ip daddr 10.9.0.20 tcp dport 82 meta mark 0 counter
add rule inet seen in ip daddr 10.9.0.20 udp dport 5353 meta mark 1002 counter
add rule inet seen in ip daddr 10.9.0.20 udp dport 53 meta mark 1003 counter
add rule inet seen in ip6 daddr fd00::20 tcp dport 80 meta mark 1000 counter
";
