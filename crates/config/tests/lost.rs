//! What keepalived 2.2.7 would not have run, file by file, as its own dump of the same files has it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use holdfast_config::{Compiled, compile};
use holdfast_model::HostFacts;
use holdfast_syntax::{Environment, Nothing, SourceMap, parse};

fn read(text: &str) -> Compiled {
    let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    compile(&tree, read, &HostFacts::default())
}

fn lost(text: &str) -> Vec<String> {
    read(text).lost.into_iter().map(|lost| lost.what).collect()
}

const INSTANCES: &str = "vrrp_instance A {\n interface eth0\n virtual_router_id 51\n HERE\n \
    virtual_ipaddress {\n 10.0.0.1\n 10.0.0.2 VIP\n 10.0.0.3\n }\n}\n\
    vrrp_instance B {\n interface eth1\n virtual_router_id 52\n virtual_ipaddress {\n 10.0.1.1\n }\n}\n";

const SERVERS: &str = "virtual_server 10.0.0.1 80 {\n protocol TCP\n OUTER\n real_server 192.0.2.1 80 {\n \
    MIDDLE\n TCP_CHECK {\n INNER\n connect_timeout 3\n }\n }\n real_server 192.0.2.2 80 {\n TCP_CHECK {\n }\n }\n}\n\
    virtual_server 10.0.0.2 80 {\n protocol TCP\n real_server 192.0.2.3 80 {\n }\n}\n";

fn instances(place: &str, with: &str) -> Vec<String> {
    let text = INSTANCES.replace(place, with);
    lost(&text.replace("HERE", "").replace("VIP", ""))
}

fn servers(place: &str, with: &str) -> Vec<String> {
    let text = SERVERS.replace(place, with);
    let text = text.replace("OUTER", "").replace("MIDDLE", "");
    lost(&text.replace("INNER", ""))
}

#[test]
fn what_follows_in_an_instance() {
    let vips = ["virtual_ipaddress of vrrp_instance A"];
    for with in [
        "foo {\n bar\n }",
        "priority 100 {\n }",
        "priority 100 {\n advert_int 2\n }",
        "{\n priority 100\n }",
        "authentication\n auth_type PASS\n auth_pass x",
    ] {
        assert_eq!(instances("HERE", with), vips, "{with}");
    }
    assert_eq!(
        instances("VIP", "{\n }"),
        ["virtual_ipaddress 10.0.0.3 of vrrp_instance A"]
    );
}

#[test]
fn what_follows_in_a_virtual_server() {
    let second = "real_server 192.0.2.2 80 of virtual_server 10.0.0.1 80";
    for with in ["foo {\n bar\n }", "delay_loop 5 {\n }"] {
        let first = "real_server 192.0.2.1 80 of virtual_server 10.0.0.1 80";
        assert_eq!(servers("OUTER", with), [first, second], "{with}");
    }
    for with in ["foo {\n bar\n }", "TCPCHECK {\n }", "weight 1 {\n }"] {
        let check = "TCP_CHECK of real_server 192.0.2.1 80";
        assert_eq!(servers("MIDDLE", with), [check, second], "{with}");
    }
    let setting = "connect_timeout of TCP_CHECK";
    assert_eq!(servers("INNER", "foo {\n }"), [setting, second]);
    let crash = servers("MIDDLE", "HTTP_GET {\n }");
    assert!(crash.concat().contains("crashes"), "{crash:?}");
}

#[test]
fn nothing_is_lost_where_keepalived_goes_on() {
    let none: [&str; 0] = [];
    for with in [
        "foo",
        "priority 300",
        "authentication\n auth_type PASS\n }",
        "track_interface {\n eth9\n }",
    ] {
        assert_eq!(instances("HERE", with), none, "{with}");
    }
    // outside of all blocks a brace does no harm
    assert_eq!(
        lost(&format!("foo {{\n bar {{\n }}\n}}\n{INSTANCES}")),
        none
    );
    assert_eq!(lost(&format!("}}\n{{\n{INSTANCES}}}\n")), none);
    // what is wrong itself does not run here either
    let wrong = servers("OUTER", "foo {\n }\n real_server 192.0.2.999 80 {\n }");
    assert!(!wrong.concat().contains("999"), "{wrong:?}");
}

#[test]
fn a_finding_says_what_it_costs() {
    let text = INSTANCES.replace("HERE", "foo {\n }").replace("VIP", "");
    let compiled = read(&text);
    let finding = compiled.findings.iter().find(|f| !f.lost.is_empty());
    assert_eq!(finding.unwrap().code, "HF0201");
    assert_eq!(finding.unwrap().lost.len(), 1);
}

#[test]
fn a_forgotten_brace_is_put_in() {
    for (from, to) in [
        ("vrrp_instance A {", "vrrp_instance A"),
        ("virtual_ipaddress {", "virtual_ipaddress"),
        ("HERE", "authentication\n auth_type PASS\n auth_pass x\n }"),
    ] {
        let whole = INSTANCES.replace("VIP", "");
        let compiled = read(&whole.replacen(from, to, 1).replace("HERE", ""));
        let vips: Vec<usize> = compiled
            .model
            .vrrp
            .instances
            .iter()
            .map(|instance| instance.addresses.len())
            .collect();
        assert_eq!(vips, [3, 1], "{to}");
        let codes: Vec<&str> = compiled.findings.iter().map(|f| f.code).collect();
        assert!(codes.contains(&"HF0203"), "{to}: {codes:?}");
        assert!(!codes.contains(&"HF0105"), "{to}: {codes:?}");
    }
}
