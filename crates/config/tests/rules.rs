//! Every rule of advice: a file that it speaks of, and one that it is silent about.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use holdfast_config::{compile, explain};
use holdfast_model::{HostFacts, IfName, Interface};
use holdfast_syntax::{Environment, Nothing, Severity, SourceMap, parse};

/// The codes of advice on a configuration.
fn advice(text: &str) -> Vec<&'static str> {
    advice_of(text, &HostFacts::default())
}

fn advice_of(text: &str, facts: &HostFacts) -> Vec<&'static str> {
    let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    let compiled = compile(&tree, read, facts);
    let findings = compiled.findings.iter();
    let advice = findings.filter(|finding| finding.severity == Severity::Advice);
    advice.map(|finding| finding.code).collect()
}

fn instance(name: &str, vrid: u8, lines: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n virtual_ipaddress {{\n \
         10.0.0.1\n }}\n{lines}\n}}\n"
    )
}

/// A virtual server of 10.0.0.1 with one healthy real server and these further lines.
fn server(lines: &str) -> String {
    format!(
        "virtual_server 10.0.0.1 80 {{\n delay_loop 6\n lb_kind DR\n lb_algo wrr\n protocol TCP\n \
         real_server 192.0.2.1 80 {{\n TCP_CHECK {{\n connect_timeout 2\n }}\n }}\n{lines}\n}}\n"
    )
}

/// A code, a file that it is said of, one that it is not.
type Case = (&'static str, String, String);

#[test]
fn instances() {
    let cases = [
        (
            "HF0701",
            instance("A", 1, "") + &instance("B", 2, ""),
            instance("A", 1, ""),
        ),
        (
            "HF0702",
            instance("A", 1, "") + &server("").replace("10.0.0.1", "10.0.0.2"),
            instance("A", 1, "") + &server(""),
        ),
        (
            "HF0703",
            instance("A", 1, "state BACKUP\npriority 255"),
            instance("A", 1, "state MASTER\npriority 255"),
        ),
        (
            "HF0704",
            instance(
                "A",
                1,
                "authentication {\nauth_type PASS\nauth_pass 1111\n}",
            ),
            instance(
                "A",
                1,
                "authentication {\nauth_type PASS\nauth_pass 11111\n}",
            ),
        ),
    ];
    judge(&cases);
}

#[test]
fn virtual_servers() {
    let another = |check: &str| format!(" real_server 192.0.2.2 80 {{\n{check}\n }}");
    let checked = another("TCP_CHECK {\n connect_timeout 2\n }");
    let cases = [
        (
            "HF0711",
            server("lb_algo mh\npersistence_timeout 60"),
            server("lb_algo mh"),
        ),
        (
            "HF0712",
            server("delay_loop 0.05"),
            server("delay_loop 0.1"),
        ),
        ("HF0713", server("weight 0"), server("weight 1")),
        (
            "HF0714",
            server("lb_kind NAT").replace("192.0.2.1", "10.0.0.9"),
            server("lb_kind NAT"),
        ),
        (
            "HF0715",
            server("").replace("192.0.2.1", "10.0.0.1"),
            server(""),
        ),
        (
            "HF0716",
            server("persistence_timeout 5"),
            server("persistence_timeout 6"),
        ),
        (
            "HF0717",
            server(&another(
                "HTTP_GET {\nconnect_port 443\nurl {\npath /\n}\n}",
            )),
            server(&another("HTTP_GET {\nconnect_port 80\nurl {\npath /\n}\n}")),
        ),
        ("HF0718", server("delay_loop 1"), server("delay_loop 2")),
        (
            "HF0719",
            server("sorry_server 192.0.2.1 80"),
            server("sorry_server 192.0.2.9 80"),
        ),
        (
            "HF0720",
            server(&format!("lb_algo sh\n{checked}")),
            server(&format!("lb_algo mh\n{checked}")),
        ),
        ("HF0721", server("protocol UDP"), server("protocol TCP")),
        ("HF0722", server(&another("weight 1")), server(&checked)),
        (
            "HF0723",
            server(&format!(
                "lb_algo rr\n{}",
                another("weight 2\nTCP_CHECK {\n }")
            )),
            server(&format!(
                "lb_algo wrr\n{}",
                another("weight 2\nTCP_CHECK {\n }")
            )),
        ),
    ];
    judge(&cases);
}

fn judge(cases: &[Case]) {
    for (code, odd, fine) in cases {
        let (spoken, silent) = (advice(odd), advice(fine));
        assert!(spoken.contains(code), "{code}: {spoken:?} on\n{odd}");
        assert!(!silent.contains(code), "{code}: {silent:?} on\n{fine}");
        assert!(explain::page(code).is_some(), "{code}");
    }
}

#[test]
fn a_sound_pair_gets_no_advice() {
    let text = instance("A", 1, "state BACKUP\npriority 100\nnopreempt") + &server("");
    assert_eq!(advice(&text), [""; 0]);
}

#[test]
fn adverts_fit_into_a_frame() {
    let interface = |mtu| Interface {
        name: IfName::new("eth0").expect("a name"),
        index: 2,
        loopback: false,
        multicast: true,
        virtual_mac: false,
        mtu,
        table: None,
        addresses: Vec::new(),
    };
    let said = |mtu| {
        let facts = HostFacts {
            interfaces: Some(vec![interface(mtu)]),
            ..HostFacts::default()
        };
        advice_of(&instance("A", 1, ""), &facts)
    };
    assert!(said(39).contains(&"HF0705"));
    assert!(!said(40).contains(&"HF0705"));
}
