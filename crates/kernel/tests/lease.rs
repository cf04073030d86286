//! Addresses on lease, on a real kernel. Needs root; says so where it is not.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that stops says what was wrong"
)]

mod support;

use holdfast_kernel::nft::NftClient;
use holdfast_nft::{Alive, Family, Place, Table, lease, renew};
use std::io::ErrorKind;
use std::net::{IpAddr, TcpStream};
use std::time::{Duration, Instant};
use support::*;

const PLACE: Place<'_> = Place {
    name: "holdfast_lease",
    mark: "holdfast /run/test lease",
    priority: -300,
    counts: false,
};
const ALL: [&str; 2] = ["10.9.0.9", "fd00::9"];
const LONG: Duration = Duration::from_secs(60);

fn ours(client: &mut NftClient) -> Vec<Table> {
    client.tables_by(PLACE.mark).expect("tables").0
}

/// A port that nobody listens on refuses, if it is reached.
fn reached(address: IpAddr) -> bool {
    let target = (address, 81).into();
    let met = TcpStream::connect_timeout(&target, Duration::from_millis(50));
    met.err().map(|error| error.kind()) == Some(ErrorKind::ConnectionRefused)
}

fn alive(time: Duration) -> Alive {
    let all = ALL.iter().map(|text| text.parse().expect("address"));
    all.map(|address| (address, time)).collect()
}

fn all(is: bool) -> bool {
    let mut all = ALL.iter().map(|text| text.parse().expect("address"));
    all.all(|address| reached(address) == is)
}

#[test]
fn an_address_is_reached_while_its_lease_runs() {
    in_namespace(|| {
        let mut client = NftClient::open().expect("client");
        ip("addr add 10.9.0.9/32 dev a0");
        ip("addr add fd00::9/128 dev lo");
        let guarded = ALL.iter().map(|text| text.parse().expect("address"));
        let guarded = guarded.collect();
        let made = lease(&[], &PLACE, &guarded, &Alive::new());
        client.transact(&made).expect("table");
        let families: Vec<_> = ours(&mut client).iter().map(|table| table.family).collect();
        assert_eq!(families, [Family::Ipv4, Family::Ipv6, Family::Arp]);
        assert!(all(false), "nobody said that they live");
        assert!(reached("10.9.0.1".parse().expect("address")));
        // whether they were alive or not, with more time or less
        for time in [LONG, LONG * 2, Duration::from_millis(300)] {
            client
                .transact(&renew(&PLACE, &alive(time)))
                .expect("renew");
            assert!(all(true), "{time:?}");
        }
        let from = Instant::now();
        while !all(false) {
            assert!(from.elapsed() < Duration::from_secs(2), "it never ends");
        }
        assert!(from.elapsed() > Duration::from_millis(200), "too early");
        // the whole table anew, with what is alive
        let before = ours(&mut client);
        let made = lease(&before, &PLACE, &guarded, &alive(LONG));
        client.transact(&made).expect("table");
        assert!(all(true));
        let before = ours(&mut client);
        let none = lease(&before, &PLACE, &<_>::default(), &Alive::new());
        client.transact(&none).expect("nothing");
        assert_eq!(ours(&mut client), []);
        assert!(client.transact(&renew(&PLACE, &alive(LONG))).is_err());
        assert!(all(true), "without a table all are reached");
    });
}
