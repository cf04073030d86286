//! Sockets, addresses and the monitor on a real kernel: two network namespaces joined by a veth
//! pair, made and left by the test's own thread. Needs root; says so where it is not.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that stops says what was wrong"
)]

mod support;

use holdfast_kernel::rt::{
    Change, Monitor, MonitorEvent, NewAddress, Rtnetlink, Writer, host_facts, path,
};
use holdfast_kernel::socket::arp::ArpSocket;
use holdfast_model::encap::{Encap, IpEncap};
use holdfast_model::{AddressFamily, Hop, IfName, Route, Rule, RuleAction, Scope};
use holdfast_plan::Outcome;
use holdfast_plan::path::{PathAttr, PathId};
use std::os::fd::AsFd as _;
use std::process::Command;
use support::*;

#[test]
fn frames_leave_the_interface_they_are_sent_to() {
    use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, recv, socket};
    use std::os::fd::AsRawFd as _;
    in_namespace(|| {
        let flags = SockFlag::SOCK_CLOEXEC;
        let all = SockProtocol::EthAll;
        let listener = socket(AddressFamily::Packet, SockType::Raw, flags, all).expect("socket");
        let mut frame = vec![0xff; 6];
        frame.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend([0x5a; 20]);
        ArpSocket::open()
            .expect("open")
            .send(index("a0"), &frame)
            .expect("send");
        let mut buffer = [0; 2048];
        for _ in 0..50 {
            assert!(wait_for(listener.as_fd()), "the frame was not seen");
            let flags = nix::sys::socket::MsgFlags::empty();
            let length = recv(listener.as_raw_fd(), &mut buffer, flags).expect("recv");
            if buffer.get(..length) == Some(frame.as_slice()) {
                return;
            }
        }
        panic!("other frames only");
    });
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("runtime").block_on(future)
}

/// Makes one change; its error number, or 0.
fn change(writer: &mut Writer, change: Change<'_>) -> i32 {
    match writer.run(&[change]) {
        Outcome::Known(failed) => failed.first().map_or(0, |(_, errno)| *errno),
        Outcome::Unknown(errno) => panic!("no answer: {errno}"),
    }
}

#[test]
fn addresses_are_as_asked_for_and_found_ones_are_told_apart() {
    in_namespace(|| {
        let mut writer = Writer::open().expect("open");
        let new = NewAddress {
            scope: Scope::Link,
            label: Some("a0:v"),
            ..NewAddress::plain(index("a0"), "10.9.0.9".parse().expect("address"), 32)
        };
        assert_eq!(change(&mut writer, Change::AddAddress(new)), 0);
        let again = change(&mut writer, Change::AddAddress(new));
        assert_eq!(again, libc::EEXIST);
        let seen = run(async {
            let mut rtnetlink = Rtnetlink::open().expect("open");
            rtnetlink.addresses().await.expect("read")
        });
        let seen = seen
            .iter()
            .find(|seen| seen.address == new.address)
            .expect("there");
        assert_eq!(
            (seen.prefix, seen.scope, seen.broadcast),
            (32, Scope::Link, None)
        );
        assert_eq!(seen.label.as_deref(), Some("a0:v"));
        let delete = || Change::DeleteAddress {
            index: new.index,
            address: new.address,
            prefix: 32,
        };
        let two = [delete(), Change::Impossible(libc::ENODEV), delete()];
        let outcome = writer.run(&two);
        let expected = vec![(1, libc::ENODEV), (2, libc::EADDRNOTAVAIL)];
        assert_eq!(outcome, Outcome::Known(expected), "each its own");
        let facts = host_facts().expect("facts");
        let a0 = facts.interface(&name("a0")).expect("a0");
        assert!(a0.multicast && !a0.loopback && a0.mtu == 1500);
        assert!(a0.addresses.contains(&"10.9.0.1".parse().expect("address")));
    });
}

#[test]
fn the_monitor_sees_what_others_do() {
    in_namespace(|| {
        run(async {
            let mut monitor = Monitor::open().expect("monitor");
            ip("addr add 10.9.0.9/32 dev a0");
            ip("addr del 10.9.0.9/32 dev a0");
            ip("link set b0 down");
            ip("link del a0");
            let (mut added, mut removed, mut down, mut gone) = (false, false, false, false);
            while !(added && removed && down && gone) {
                let next = tokio::time::timeout(std::time::Duration::from_secs(5), monitor.next());
                match next.await.expect("in time").expect("event") {
                    MonitorEvent::Address(a) => added |= a.address.to_string() == "10.9.0.9",
                    MonitorEvent::AddressGone(a) => removed |= a.address.to_string() == "10.9.0.9",
                    MonitorEvent::Link(link) => down |= link.name == name("a0") && !link.running,
                    MonitorEvent::LinkGone(_) => gone = true,
                    other => panic!("{other:?}"),
                }
            }
        });
    });
}

#[test]
fn lost_notifications_are_said() {
    in_namespace(|| {
        run(async {
            let mut monitor = Monitor::open().expect("monitor");
            // more than 4 MB of notifications that nobody reads meanwhile
            let batch: String = (0..16_000)
                .flat_map(|n| {
                    let address =
                        format!("10.{}.{}.{}/32", 100 + n / 62_500, n / 250 % 250, n % 250);
                    [
                        format!("addr add {address} dev a0\n"),
                        format!("addr del {address} dev a0\n"),
                    ]
                })
                .collect();
            let file = std::env::temp_dir().join(format!("overrun-{}", std::process::id()));
            std::fs::write(&file, batch).expect("batch");
            let _some_may_fail = Command::new("ip")
                .arg("-force")
                .arg("-batch")
                .arg(&file)
                .output();
            std::fs::remove_file(&file).expect("batch");
            let soon = std::time::Duration::from_secs(5);
            let next = tokio::time::timeout(soon, monitor.next()).await;
            let next = next.expect("in time").expect("event");
            assert_eq!(next, MonitorEvent::Overrun, "4 MB held everything");
            // everything is read again: nobody has to go through what is older
            ip("addr add 10.9.0.9/32 dev a0");
            let next = tokio::time::timeout(soon, monitor.next()).await;
            let next = next.expect("in time").expect("event");
            let address = "10.9.0.9".parse::<std::net::IpAddr>().expect("address");
            assert!(
                matches!(&next, MonitorEvent::Address(new) if new.address == address),
                "{next:?}"
            );
        });
    });
}

#[test]
fn routes_and_rules_are_read_as_they_were_written() {
    let hop = |via: &str| Hop {
        via: Some(via.parse().expect("address")),
        dev: IfName::new("a0"),
        weight: 2,
        ..Hop::default()
    };
    let routes = [
        a_route(AddressFamily::V4, "10.70.0.0", 16, vec![hop("10.9.0.7")]),
        a_route(
            AddressFamily::V4,
            "0.0.0.0",
            0,
            vec![hop("10.9.0.7"), hop("10.9.0.8")],
        ),
        a_route(AddressFamily::V6, "fd70::", 32, vec![hop("fe80::7")]),
    ];
    let rule = a_rule();
    in_namespace(move || {
        let mut writer = Writer::open().expect("open");
        let mut changes: Vec<Change<'_>> = Vec::new();
        for route in &routes {
            let route = path::route(route, |name| Some(index(name.as_str()))).expect("interface");
            let replace = false;
            changes.push(Change::SetRoute { route, replace });
        }
        changes.push(Change::AddRule(path::rule(&rule, 18)));
        assert_eq!(writer.run(&changes), Outcome::Known(Vec::new()));
        let again = writer.run(&changes);
        let exist = (0..4).map(|place| (place, libc::EEXIST)).collect();
        assert_eq!(again, Outcome::Known(exist), "never twice");

        let (seen, rules) = writer.paths().expect("tables");
        let name = |number: u32| (number == index("a0")).then(|| name("a0"));
        let seen: Vec<_> = seen
            .iter()
            .filter_map(|m| path::seen_route(m, name))
            .collect();
        for wanted in &routes {
            let (id, attr) = holdfast_plan::path::route(wanted);
            let there = seen
                .iter()
                .find(|(seen, _)| PathId::Route(seen.clone()) == id);
            let (_, shape) = there.expect("the route");
            assert_eq!(PathAttr::seen(shape.clone(), Some(&attr)), attr);
        }
        let rules: Vec<_> = rules.iter().filter_map(path::seen_rule).collect();
        let (id, _) = holdfast_plan::path::rule(&rule);
        let there = rules.iter().find(|(seen, _)| *seen == id);
        assert_eq!(
            there.map(|(_, attr)| attr.protocol()),
            Some(18),
            "{rules:?}"
        );

        assert_eq!(
            delete(&mut writer, &routes, &rule),
            Outcome::Known(Vec::new())
        );
        let gone = [libc::ENOENT, libc::ESRCH, libc::ESRCH, libc::ESRCH];
        let gone = gone.into_iter().enumerate().collect();
        assert_eq!(delete(&mut writer, &routes, &rule), Outcome::Known(gone));
    });
}

#[test]
fn routes_that_wrap_their_packets_are_as_iproute2_makes_them() {
    let header = |family, destination: &str| IpEncap {
        id: Some(7),
        destination: Some(destination.parse().expect("address")),
        ..IpEncap::new(family)
    };
    let four = IpEncap {
        source: Some("10.1.1.2".parse().expect("address")),
        class: Some(0x10),
        hops: Some(9),
        flags: Some(4),
        ..header(AddressFamily::V4, "10.1.1.1")
    };
    let six = IpEncap {
        class: Some(3),
        hops: Some(11),
        ..header(AddressFamily::V6, "fd00::1")
    };
    let hop = |encap| Hop {
        dev: IfName::new("a0"),
        encap,
        ..Hop::default()
    };
    let [four, six] = [four, six].map(|header| hop(Some(Encap::Ip(header))));
    let plain = hop(None);
    in_namespace(move || {
        let mut writer = Writer::open().expect("open");
        let routes = [
            vec![four.clone()],
            vec![six.clone()],
            vec![four, plain, six],
        ];
        let to = |number: usize| format!("10.7{number}.0.0");
        let routes = routes.into_iter().enumerate().map(|(number, hops)| {
            let route = Route {
                congestion: None,
                metrics: Vec::new(),
                locks: 0,
                ..a_route(AddressFamily::V4, &to(number), 16, hops)
            };
            path::route(&route, |name| Some(index(name.as_str()))).expect("interface")
        });
        let replace = false;
        let changes: Vec<Change<'_>> = routes
            .map(|route| Change::SetRoute { route, replace })
            .collect();
        assert_eq!(writer.run(&changes), Outcome::Known(Vec::new()));
        let four = "encap ip id 7 dst 10.1.1.1 src 10.1.1.2 tos 10 ttl 9 key dev a0";
        let six = "encap ip6 id 7 dst fd00::1 tc 3 hoplimit 11 dev a0";
        let theirs = [
            four.to_owned(),
            six.to_owned(),
            format!("nexthop {four} weight 1 nexthop dev a0 weight 1 nexthop {six} weight 1"),
        ];
        for (number, words) in theirs.iter().enumerate() {
            let to = to(number);
            ip(&format!(
                "route add {to}/16 table 1001 proto 18 scope global metric 7 {words}"
            ));
        }
        let shown = |table: u32| said(&format!("route show table {table}"));
        assert_eq!(shown(1000), shown(1001));
    });
}

fn delete(writer: &mut Writer, routes: &[Route], rule: &Rule) -> Outcome {
    let mut changes: Vec<Change<'_>> = vec![Change::DeleteRule(path::rule(rule, 18))];
    for wanted in routes {
        if let (PathId::Route(id), _) = holdfast_plan::path::route(wanted) {
            changes.push(Change::DeleteRoute(path::bare(&id)));
        }
    }
    writer.run(&changes)
}

fn a_route(family: AddressFamily, to: &str, length: u8, hops: Vec<Hop>) -> Route {
    let destination = (to.parse().expect("address"), length);
    Route {
        family,
        table: 1000,
        metric: 7,
        hops,
        metrics: vec![(2, 1400)],
        locks: 1 << 2,
        congestion: Some("cubic".into()),
        ..Route::to(destination)
    }
}

fn a_rule() -> Rule {
    Rule {
        family: AddressFamily::V4,
        priority: 77,
        invert: true,
        from: Some(("10.1.0.0".parse().expect("address"), 16)),
        to: Some(("10.2.0.0".parse().expect("address"), 15)),
        tos: 8,
        mark: Some((7, 0xff)),
        realms: Some(0x0005_0006),
        iif: IfName::new("a0"),
        oif: IfName::new("not.there"),
        suppress_prefix: Some(0),
        suppress_group: Some(3),
        tunnel: Some(9),
        uids: Some((5, 6)),
        l3mdev: false,
        ip_protocol: Some(6),
        source_ports: Some((1, 2)),
        destination_ports: Some((80, 90)),
        action: RuleAction::Table(1000),
        protocol: 0,
        untracked: false,
    }
}
