//! What a firewall does with adverts.

use super::{instance, said};
use crate::doctor::filter::{Packet, Way, chains, dropped};
use serde_json::{Value, json};

/// What nft says of one input chain with these rules.
fn ruleset(policy: &str, rules: &[Value]) -> Value {
    let of = |chain: &str, expr: &Value| json!({"rule": {"family": "inet", "table": "filter", "chain": chain, "expr": expr}});
    let mut all = vec![
        json!({"metainfo": {"version": "1.0.6"}}),
        json!({"chain": {"family": "inet", "table": "filter", "name": "in", "hook": "input", "policy": policy}}),
        json!({"chain": {"family": "inet", "table": "filter", "name": "sub"}}),
    ];
    all.extend(rules.iter().map(|rule| of("in", rule)));
    all.push(of("sub", &json!([{"match": {"op": "==", "left": {"meta": {"key": "l4proto"}}, "right": 112}}, {"drop": null}])));
    json!({"nftables": all})
}

fn is(left: Value, right: Value) -> Value {
    json!({"match": {"op": "==", "left": left, "right": right}})
}

fn l4() -> Value {
    json!({"meta": {"key": "l4proto"}})
}

fn accept() -> Value {
    json!({"accept": null})
}

fn drop() -> Value {
    json!({"drop": null})
}

fn port() -> Value {
    is(
        json!({"payload": {"protocol": "tcp", "field": "dport"}}),
        json!(22),
    )
}

fn name(name: &str) -> Value {
    is(json!({"meta": {"key": "iifname"}}), json!(name))
}

fn payload(protocol: &str, field: &str) -> Value {
    json!({"payload": {"protocol": protocol, "field": field}})
}

/// The policy of the chain, its rules, whether an advert is surely dropped.
type Case = (&'static str, Vec<Value>, bool);

/// A chain that drops what nobody accepts.
fn closed() -> Vec<Case> {
    let state = is(
        json!({"ct": {"key": "state"}}),
        json!(["established", "related"]),
    );
    vec![
        ("accept", vec![], false),
        ("drop", vec![], true),
        (
            "drop",
            vec![json!([is(payload("ip", "protocol"), json!(112)), accept()])],
            false,
        ),
        (
            "drop",
            vec![json!([is(l4(), json!("vrrp")), {"counter": {}}, accept()])],
            false,
        ),
        (
            "drop",
            vec![json!([is(l4(), json!({"set": ["tcp", 112]})), accept()])],
            false,
        ),
        (
            "drop",
            vec![json!([is(l4(), json!("tcp")), accept()])],
            true,
        ),
        (
            "drop",
            vec![json!([port(), accept()]), json!([state, accept()])],
            true,
        ),
        ("drop", vec![json!([name("eth1"), accept()])], true),
        ("drop", vec![json!([name("eth*"), accept()])], false),
        ("drop", vec![json!([accept()])], false),
    ]
}

/// The others.
fn others() -> Vec<Case> {
    vec![
        // not understood: it may accept
        ("drop", vec![json!([{"xt": null}, accept()])], false),
        ("drop", vec![json!([{"xt": null}, drop()])], true),
        ("accept", vec![json!([{"xt": null}, drop()])], false),
        ("accept", vec![json!([is(l4(), json!(112)), drop()])], true),
        (
            "accept",
            vec![json!([{"match": {"op": "!=", "left": l4(), "right": "tcp"}}, {"reject": null}])],
            true,
        ),
        ("accept", vec![json!([{"jump": {"target": "sub"}}])], true),
        (
            "accept",
            vec![json!([port(), {"jump": {"target": "sub"}}])],
            false,
        ),
        (
            "drop",
            vec![json!([
                is(payload("ip", "daddr"), json!("224.0.0.18")),
                accept()
            ])],
            false,
        ),
        (
            "drop",
            vec![json!([
                is(
                    payload("ip", "daddr"),
                    json!({"prefix": {"addr": "224.0.0.0", "len": 8}})
                ),
                accept()
            ])],
            false,
        ),
        (
            "drop",
            vec![json!([
                is(
                    payload("ip", "daddr"),
                    json!({"prefix": {"addr": "225.0.0.0", "len": 8}})
                ),
                accept()
            ])],
            true,
        ),
        (
            "drop",
            vec![json!([
                is(payload("ip6", "daddr"), json!("ff02::12")),
                accept()
            ])],
            true,
        ),
    ]
}

#[test]
fn what_is_surely_dropped() {
    for (at, (policy, rules, expected)) in closed().iter().chain(&others()).enumerate() {
        let packet = Packet {
            way: Way::In,
            interface: "eth0".into(),
            to: Some("224.0.0.18".parse().unwrap()),
            six: false,
        };
        let chains = chains(&ruleset(policy, rules));
        let verdict = dropped(&chains, &packet).is_some();
        assert_eq!(verdict, *expected, "case {at}: {policy} {rules:?}");
        let out = Packet {
            way: Way::Out,
            ..packet
        };
        assert!(
            dropped(&chains, &out).is_none(),
            "case {at}: not asked on the way out"
        );
    }
    let shut = chains(&ruleset("drop", &[]));
    let pass = "nft insert rule inet filter in iifname eth0 meta l4proto 112 accept";
    assert_eq!(shut[0].pass("eth0"), pass);
    assert_eq!(said(&instance(""), |facts| facts.chains = shut), "firewall");
}
