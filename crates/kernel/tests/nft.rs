//! The table of what may not be reached, on a real kernel. Needs root; says so where it is not.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that stops says what was wrong"
)]

mod support;

use holdfast_kernel::nft::{NftClient, remove};
use holdfast_nft::{Family, Guard, Place, Table, replace};
use std::io::ErrorKind;
use std::net::{IpAddr, TcpStream, UdpSocket};
use std::time::Duration;
use support::*;

const PLACE: Place<'_> = Place {
    name: "holdfast",
    mark: "holdfast /run/test",
    priority: -1,
    counts: true,
};

fn ours(client: &mut NftClient) -> Vec<Table> {
    let mut tables = client.tables().expect("tables");
    tables.retain(|table| table.comment.as_deref() == Some(PLACE.mark));
    tables
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
