//! Facts in, findings out.

mod firewall;
mod legacy;
mod sync;

use super::facts::{Answer, Facts, Heard, Table, Way};
use super::finding::Severity;
use super::{code, judge, words};
use holdfast_config::compile;
use holdfast_model::{HostFacts, IfName, Interface, Model, Scheduler};
use holdfast_syntax::{Environment, Nothing, SourceMap, parse};
use std::net::IpAddr;

fn model(text: &str) -> Model {
    let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    compile(&tree, read, &HostFacts::default()).model
}

fn service(kind: &str) -> Model {
    model(&format!(
        "virtual_server 10.0.0.10 80 {{\n delay_loop 6\n lb_kind {kind}\n lb_algo wrr\n protocol TCP\n \
         real_server 10.1.0.1 80 {{\n TCP_CHECK {{\n }}\n }}\n}}\n"
    ))
}

fn instance(lines: &str) -> Model {
    model(&format!(
        "vrrp_instance VI {{\n interface eth0\n virtual_router_id 51\n virtual_ipaddress {{\n \
         10.0.0.10\n }}\n{lines}\n}}\n"
    ))
}

fn interface(name: &str, addresses: &[&str]) -> Interface {
    Interface {
        name: IfName::new(name).unwrap(),
        index: 2,
        loopback: name == "lo",
        multicast: true,
        virtual_mac: false,
        mtu: 1500,
        table: None,
        addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

/// A director that is as it should be: IPVS, two links, the VIP.
fn good() -> Facts {
    let mut facts = Facts {
        interfaces: vec![
            interface("lo", &["127.0.0.1"]),
            interface("eth0", &["10.0.0.2", "10.0.0.10"]),
            interface("eth1", &["10.1.0.254"]),
        ],
        table: Some(Table::Loaded {
            buckets: 4096,
            connections: 4096,
        }),
        schedulers: Scheduler::ALL.into_iter().collect(),
        tracked: Some((1000, 65536)),
        ..Facts::default()
    };
    facts.settings.insert("ipv4/ip_forward".into(), 1);
    let way = Way {
        interface: "eth1".into(),
        mtu: 1500,
    };
    facts.ways.insert(IpAddr::from([10, 1, 0, 1]), way);
    facts
}

fn said(model: &Model, change: impl FnOnce(&mut Facts)) -> String {
    let mut facts = good();
    change(&mut facts);
    let findings = judge(model, &facts);
    for finding in &findings {
        let whole = ![&finding.found, &finding.expected, &finding.todo]
            .iter()
            .any(|text| text.is_empty());
        assert!(whole, "{finding:?}");
    }
    let about: Vec<&str> = findings.iter().map(|finding| finding.about).collect();
    about.join(" ")
}

fn set(facts: &mut Facts, path: &str, value: i32) {
    facts.settings.insert(path.to_owned(), value);
}

/// The way of real servers, a change, what is found.
type HostCase = (&'static str, fn(&mut Facts), &'static str);

#[test]
fn settings_of_a_director() {
    let cases: [HostCase; 16] = [
        ("NAT", |_| {}, ""),
        ("NAT", |f| set(f, "ipv4/ip_forward", 0), "forwarding"),
        ("DR", |f| set(f, "ipv4/ip_forward", 0), ""),
        (
            "NAT",
            |f| set(f, "ipv4/conf/all/send_redirects", 1),
            "redirects",
        ),
        (
            "NAT",
            |f| set(f, "ipv4/conf/eth1/send_redirects", 1),
            "redirects",
        ),
        ("NAT", |f| set(f, "ipv4/conf/eth0/send_redirects", 1), ""),
        ("DR", |f| set(f, "ipv4/conf/all/send_redirects", 1), ""),
        (
            "DR",
            |f| set(f, "ipv4/conf/eth0/rp_filter", 1),
            "path_filter",
        ),
        (
            "DR",
            |f| set(f, "ipv4/conf/all/rp_filter", 1),
            "path_filter",
        ),
        // of 1 and 2 the larger counts
        (
            "DR",
            |f| {
                set(f, "ipv4/conf/eth0/rp_filter", 1);
                set(f, "ipv4/conf/all/rp_filter", 2);
            },
            "",
        ),
        // with one link there is no other way
        (
            "DR",
            |f| {
                set(f, "ipv4/conf/all/rp_filter", 1);
                f.interfaces.pop();
            },
            "",
        ),
        ("DR", |f| f.table = None, "ipvs"),
        ("DR", |f| f.table = Some(Table::NotLoaded), ""),
        ("DR", |f| f.schedulers.clear(), "scheduler"),
        (
            "DR",
            |f| {
                f.table = Some(Table::Loaded {
                    buckets: 4096,
                    connections: 4097,
                })
            },
            "conn_tab_bits",
        ),
        ("DR", |f| f.tracked = Some((53_000, 65_536)), "conntrack"),
    ];
    for (at, (kind, change, expected)) in cases.into_iter().enumerate() {
        assert_eq!(said(&service(kind), change), expected, "case {at}, {kind}");
    }
}

#[test]
fn a_real_server_is_silent_about_its_vips() {
    let none = Model::default();
    let vip = |facts: &mut Facts| facts.interfaces[0] = interface("lo", &["127.0.0.1", "10.0.0.9"]);
    assert_eq!(said(&none, vip), "arp arp");
    let quiet = |facts: &mut Facts| {
        vip(facts);
        set(facts, "ipv4/conf/all/arp_ignore", 1);
        set(facts, "ipv4/conf/eth0/arp_announce", 2);
        set(facts, "ipv4/conf/eth1/arp_announce", 2);
    };
    assert_eq!(said(&none, quiet), "");
    let by_rules = |facts: &mut Facts| {
        vip(facts);
        facts.silent.insert(IpAddr::from([10, 0, 0, 9]));
    };
    assert_eq!(said(&none, by_rules), "");
    assert_eq!(said(&none, |_| {}), "");
}

#[test]
fn what_is_lent_is_here() {
    assert_eq!(said(&service("FULLNAT"), |_| {}), "");
    assert_eq!(said(&service("FULLNAT 10.1.0.254"), |_| {}), "");
    assert_eq!(said(&service("FULLNAT 10.1.0.9"), |_| {}), "full_nat");
}

#[test]
fn tunnels_need_room() {
    let tunnel = service("TUN");
    assert_eq!(said(&tunnel, |_| {}), "mtu");
    let mtu = |mtu: u32| {
        move |facts: &mut Facts| {
            for way in facts.ways.values_mut() {
                way.mtu = mtu;
            }
        }
    };
    assert_eq!(said(&tunnel, mtu(1519)), "mtu");
    assert_eq!(said(&tunnel, mtu(1520)), "");
    let small = |facts: &mut Facts| facts.interfaces.iter_mut().for_each(|one| one.mtu = 1400);
    assert_eq!(said(&tunnel, small), "");
}

#[test]
fn every_vip_is_somebodys() {
    let vi = instance("");
    let vip = IpAddr::from([10, 0, 0, 10]);
    let gone = |answer: Answer| {
        move |facts: &mut Facts| {
            facts.interfaces[1] = interface("eth0", &["10.0.0.2"]);
            facts.answers.insert(vip, answer);
        }
    };
    assert_eq!(said(&vi, |_| {}), "");
    assert_eq!(said(&vi, gone(Answer::Somebody)), "");
    assert_eq!(said(&vi, gone(Answer::Unknown)), "");
    assert_eq!(said(&vi, gone(Answer::Nobody)), "vip");
    // a virtual server without an instance
    assert_eq!(said(&service("DR"), gone(Answer::Nobody)), "vip");
    assert_eq!(said(&service("DR"), gone(Answer::Somebody)), "");
}

#[test]
fn one_master_at_a_time() {
    let heard = |last: u8, priority: u8, vrid: u8| Heard {
        interface: Some("eth0".into()),
        vrid,
        priority,
        source: IpAddr::from([10, 0, 0, last]),
    };
    let vi = instance("");
    let away = |facts: &mut Facts| facts.interfaces[1] = interface("eth0", &["10.0.0.2"]);
    // adverts that came in while this host is a backup
    let cases: [(&[Heard], &str); 5] = [
        (&[heard(3, 100, 51), heard(3, 100, 51)], ""),
        (
            &[
                heard(3, 100, 51),
                heard(4, 90, 51),
                heard(3, 100, 51),
                heard(4, 90, 51),
            ],
            "two_masters",
        ),
        // one who takes over
        (
            &[heard(3, 100, 51), heard(3, 100, 51), heard(4, 90, 51)],
            "",
        ),
        (
            &[
                heard(3, 0, 51),
                heard(3, 0, 51),
                heard(4, 90, 51),
                heard(4, 90, 51),
            ],
            "",
        ),
        (
            &[
                heard(3, 100, 51),
                heard(3, 100, 51),
                heard(4, 90, 52),
                heard(4, 90, 52),
            ],
            "",
        ),
    ];
    for (adverts, expected) in cases {
        let change = |facts: &mut Facts| {
            away(facts);
            facts.heard = adverts.to_vec();
        };
        assert_eq!(said(&vi, change), expected, "{adverts:?}");
    }
    let beside_us = |facts: &mut Facts| facts.heard = vec![heard(3, 100, 51), heard(3, 100, 51)];
    assert_eq!(said(&vi, beside_us), "two_masters", "this host has the VIP");
}

#[test]
fn the_worst_comes_first_and_is_the_exit_code() {
    let mut facts = good();
    assert_eq!(
        words(&judge(&service("NAT"), &facts), &[]),
        "nothing found\n"
    );
    assert_eq!(code(&judge(&service("NAT"), &facts)), 0);
    facts.tracked = Some((65_536, 65_536));
    let risks = judge(&service("NAT"), &facts);
    assert_eq!((risks[0].severity, code(&risks)), (Severity::Risk, 1));
    set(&mut facts, "ipv4/ip_forward", 0);
    let all = judge(&service("NAT"), &facts);
    assert_eq!(
        (all[0].about, all[1].about, code(&all)),
        ("forwarding", "conntrack", 2)
    );
    let text = words(&all[..1], &["x: y".to_owned()]);
    let expected = "broken forwarding: net/ipv4/ip_forward = 0\n  expected: 1: 10.1.0.1 is reached by NAT\n  \
                    do: sysctl -w net.ipv4.ip_forward=1, or `holdfast director start --nat NET`\nnot looked at: x: y\n";
    assert_eq!(text, expected);
}
