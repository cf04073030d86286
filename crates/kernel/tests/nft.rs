//! The table of what may not be reached, on a real kernel. Needs root; says so where it is not.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that stops says what was wrong"
)]

mod support;

use holdfast_kernel::nft::{self, NftClient, lend, remove, silence};
use holdfast_nft::{Family, Guard, Lent, Place, Table, replace};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};
use std::time::Duration;
use support::*;

const PLACE: Place<'_> = Place {
    name: "holdfast",
    mark: "holdfast /run/test",
    priority: -1,
    counts: true,
};

fn ours(client: &mut NftClient) -> Vec<Table> {
    client.tables_by(PLACE.mark).expect("tables").0
}

fn set(client: &mut NftClient, guard: &Guard) {
    let before = ours(client);
    client
        .transact(&replace(&before, &PLACE, guard))
        .expect("transaction");
}

/// What a connection to a port that nobody listens on meets: a refusal, or silence.
fn answer(address: &str) -> Option<ErrorKind> {
    let target = format!("{address}:81").parse().expect("address");
    let met = TcpStream::connect_timeout(&target, Duration::from_millis(200));
    met.err().map(|error| error.kind())
}

fn guard(addresses: &[&str]) -> Guard {
    let parse = |text: &&str| text.parse::<IpAddr>().expect("address");
    Guard {
        addresses: addresses.iter().map(parse).collect(),
        ..Guard::default()
    }
}

// conforms: C62+ C62-
#[test]
fn what_stands_in_it_is_not_reached_and_nothing_else_suffers() {
    in_namespace(|| {
        let mut client = NftClient::open().expect("client");
        ip("addr add 10.9.0.9/32 dev a0");
        ip("addr add fd00::9/128 dev lo");
        assert_eq!(answer("10.9.0.9"), Some(ErrorKind::ConnectionRefused));
        set(&mut client, &guard(&["10.9.0.9", "fd00::9"]));
        let families: Vec<_> = ours(&mut client).iter().map(|table| table.family).collect();
        assert_eq!(families, [Family::Ipv4, Family::Ipv6]);
        assert_eq!(answer("10.9.0.1"), Some(ErrorKind::ConnectionRefused));
        for address in ["10.9.0.9", "[fd00::9]"] {
            let met = answer(address);
            assert_ne!(met, Some(ErrorKind::ConnectionRefused), "{address}");
            assert_ne!(met, None, "{address}");
        }
        // one more, one less: never without
        set(&mut client, &guard(&["10.9.0.9"]));
        assert_eq!(answer("[fd00::9]"), Some(ErrorKind::ConnectionRefused));
        assert_ne!(answer("10.9.0.9"), Some(ErrorKind::ConnectionRefused));
        set(&mut client, &Guard::default());
        assert_eq!(ours(&mut client), []);
        assert_eq!(answer("10.9.0.9"), Some(ErrorKind::ConnectionRefused));
    });
}

#[test]
fn a_thousand_addresses_and_every_kind_of_rule() {
    in_namespace(|| {
        let mut client = NftClient::open().expect("client");
        let number = |n: u32| IpAddr::from((u128::from(n) | 0xfd << 120).to_be_bytes());
        let link = index("a0");
        let guard = Guard {
            addresses: (1..=1500).map(number).collect(),
            link_local: [("fe80::1".parse().expect("address"), link)].into(),
            below_ipv4: [(link, index("b0"))].into(),
            below_ipv6: [(link, index("b0"))].into(),
            ..Guard::default()
        };
        set(&mut client, &guard);
        set(&mut client, &guard);
        assert_eq!(ours(&mut client).len(), 2);
        let socket = UdpSocket::bind("[::]:0").expect("socket");
        socket
            .send_to(b"x", "[fd00::1]:9")
            .expect_err("no route, and no panic");
    });
}

#[test]
fn a_table_of_somebody_else_stays() {
    in_namespace(|| {
        let mut client = NftClient::open().expect("client");
        let theirs = Place {
            mark: "somebody else",
            ..PLACE
        };
        let table = replace(&[], &theirs, &guard(&["10.9.0.7"]));
        client.transact(&table).expect("theirs");
        remove(PLACE.mark).expect("nothing of ours");
        let tables = client.tables().expect("tables");
        let theirs = Table {
            family: Family::Ipv4,
            name: "holdfast".to_owned(),
            comment: Some("somebody else".to_owned()),
        };
        assert_eq!(tables, [theirs]);
        // what is gone cannot be replaced: all of it fails
        let gone = Table {
            family: Family::Ipv6,
            name: "gone".to_owned(),
            comment: None,
        };
        let refused = client.transact(&replace(&[gone], &PLACE, &guard(&["fd00::1"])));
        assert_eq!(refused.expect_err("ENOENT").errno(), 2);
        assert_eq!(client.tables().expect("tables").len(), 1);
    });
}

/// What nft makes of our rules.
fn listed() -> String {
    let output = Command::new("nft").args(["list", "ruleset"]).output();
    String::from_utf8_lossy(&output.expect("nft").stdout).into_owned()
}

#[test]
fn connections_are_lent_addresses() {
    let parse = |text: &str| text.parse::<IpAddr>().expect("address");
    let rule =
        |service: Option<(&str, u16)>, protocol, server: (&str, u16), sources: &[&str]| Lent {
            service: service.map(|(vip, port)| (parse(vip), port)),
            protocol,
            server: (parse(server.0), server.1),
            sources: sources.iter().map(|source| parse(source)).collect(),
        };
    let rules = [
        rule(Some(("10.0.0.1", 80)), Some(6), ("10.1.0.2", 8080), &[]),
        rule(
            Some(("10.0.0.1", 53)),
            Some(17),
            ("10.1.0.2", 53),
            &["10.1.0.8", "10.1.0.9"],
        ),
        rule(None, None, ("10.1.0.3", 0), &["10.1.0.8"]),
        rule(Some(("fd00::1", 0)), Some(6), ("fd01::2", 80), &["fd01::8"]),
    ];
    in_namespace(move || {
        lend("t", "m", &rules).expect("two tables");
        lend("t", "m", &rules).expect("the same again");
        assert_eq!(listed(), LENT);
        let left = || nft::lent("m").expect("a count");
        assert_eq!((left(), nft::lent("n").expect("a count")), (5, 0));
        // what others may do to them
        for (line, rest) in [
            ("flush table ip6 t", 4),
            ("delete table ip6 t", 4),
            ("flush chain ip t out", 0),
            ("delete chain ip t out", 0),
        ] {
            let ran = Command::new("nft").args(line.split(' ')).status();
            assert!(ran.expect("nft").success(), "{line}");
            assert_eq!(left(), rest, "{line}");
        }
        lend("t", "m", &rules).expect("what is left is no hindrance");
        assert_eq!((left(), listed().as_str()), (5, LENT));
        remove("m").expect("removed");
        assert_eq!((left(), listed().as_str()), (0, ""));
    });
}

const LENT: &str = "table ip t {
	comment \"m\"
	chain out {
		type nat hook postrouting priority srcnat; policy accept;
		ip daddr 10.1.0.2 tcp dport 8080 ct original ip daddr 10.0.0.1 ct original proto-dst 80 masquerade
		ip daddr 10.1.0.2 udp dport 53 ct original ip daddr 10.0.0.1 ct original proto-dst 53 numgen random mod 2 0 snat to 10.1.0.8
		ip daddr 10.1.0.2 udp dport 53 ct original ip daddr 10.0.0.1 ct original proto-dst 53 snat to 10.1.0.9
		ip daddr 10.1.0.3 ct original ip daddr != 10.1.0.3 snat to 10.1.0.8
	}
}
table ip6 t {
	comment \"m\"
	chain out {
		type nat hook postrouting priority srcnat; policy accept;
		ip6 daddr fd01::2 tcp dport 80 ct original ip6 daddr fd00::1 snat to fd01::8
	}
}
";

#[test]
fn a_real_server_is_silent() {
    in_namespace(|| {
        let own = [("eth0".to_owned(), "10.1.0.2".parse().expect("address"))];
        let vip = "10.0.0.1".parse().expect("address");
        silence("t", "m", vip, &own).expect("a table");
        silence("t", "n", vip, &[]).expect("another");
        remove("n").expect("removed");
        assert_eq!(listed(), SILENT);
    });
}

const SILENT: &str = "table arp t {
	comment \"m\"
	chain in {
		type filter hook input priority filter; policy accept;
		arp daddr ip 10.0.0.1 drop
	}

	chain out {
		type filter hook output priority filter; policy accept;
		oifname \"eth0\" arp saddr ip 10.0.0.1 arp saddr ip set 10.1.0.2
	}
}
";

/// Somebody else's rules send the connection to the real server, as IPVS would.
const BALANCED: &str = "add table ip d
add chain ip d o { type nat hook output priority -100 ; }
add rule ip d o ip daddr 10.0.0.1 tcp dport 80 dnat to 10.9.0.1:8080
add table ip6 d
add chain ip6 d o { type nat hook output priority -100 ; }
add rule ip6 d o ip6 daddr fd00::1 tcp dport 80 dnat to [fd01::1]:8080
";

#[test]
fn a_real_server_sees_the_lent_address() {
    in_namespace(|| {
        for line in ["10.9.0.8/32", "10.9.0.9/32", "fd01::1/128", "fd01::8/128"] {
            ip(&format!("addr add {line} dev lo"));
        }
        for line in ["10.0.0.1/32", "fd00::1/128"] {
            ip(&format!("route add {line} dev lo"));
        }
        let mut nft = Command::new("nft");
        let mut nft = nft
            .args(["-f", "-"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("nft");
        let text = nft
            .stdin
            .take()
            .expect("stdin")
            .write_all(BALANCED.as_bytes());
        assert!(text.is_ok() && nft.wait().expect("nft").success());
        let parse = |text: &str| text.parse::<IpAddr>().expect("address");
        for (vip, server, lent) in [
            ("10.0.0.1", "10.9.0.1", vec!["10.9.0.8"]),
            ("10.0.0.1", "10.9.0.1", vec!["10.9.0.8", "10.9.0.9"]),
            ("fd00::1", "fd01::1", vec!["fd01::8"]),
        ] {
            let rule = Lent {
                service: Some((parse(vip), 80)),
                protocol: Some(6),
                server: (parse(server), 8080),
                sources: lent.iter().map(|source| parse(source)).collect(),
            };
            lend("t", "m", std::slice::from_ref(&rule)).expect("a table");
            let listener = TcpListener::bind((parse(server), 8080)).expect("listener");
            let mut seen = BTreeSet::new();
            // by chance: that one of two is never taken in 64 turns is no chance
            for _ in 0..64 {
                let target = SocketAddr::from((parse(vip), 80));
                let patience = Duration::from_secs(5);
                let _client = TcpStream::connect_timeout(&target, patience).expect("answer");
                seen.insert(listener.accept().expect("client").1.ip());
            }
            assert_eq!(seen, rule.sources.iter().copied().collect(), "{vip}");
        }
    });
}
