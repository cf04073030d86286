//! No file breaks it, and none takes longer than its length allows. `PROPTEST_CASES=100000` makes
//! that many files instead of 256.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use holdfast_config::{FindingKeys, compile, reload};
use holdfast_model::{HostFacts, Model};
use holdfast_syntax::{Environment, Nothing, SourceMap, format, parse, render};
use proptest::prelude::*;

fn run(bytes: &[u8]) -> Model {
    let mut sources = SourceMap::single("f", bytes);
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    let compiled = compile(&tree, read, &HostFacts::default());
    for finding in compiled.findings.iter().take(20) {
        let _ = render::human(finding, &sources);
    }
    let known = FindingKeys::new(&compiled.findings, &sources);
    let again = reload::judge(&compiled.model, &known, &compiled, &sources);
    // What runs may always be read again - but not a file on which keepalived would exit at once.
    assert!(again.is_ok(), "{again:?}");
    compiled.model
}

/// Lines that mean something, in any order and any state of repair.
fn line() -> impl Strategy<Value = String> {
    let keyword = prop::sample::select(
        holdfast_config::manual()
            .iter()
            .map(|keyword| keyword.name)
            .collect::<Vec<_>>(),
    );
    // A pattern as it stands would be read anew for every word.
    let words = |pattern| prop::string::string_regex(pattern).unwrap();
    let value = prop_oneof![
        Just(String::new()),
        words("[0-9]{1,12}"),
        words("[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(/[0-9]{1,3})?"),
        words("(fwmark|dev|label|PASS|MASTER|DR|rr|TCP|fe80::1|\"|#|!|\\$X|@a)"),
        words("[ -~]{0,12}"),
    ];
    let end = prop::sample::select(vec!["", " {", " }", "{", "}", " { }"]);
    (keyword, prop::collection::vec(value, 0..4), end)
        .prop_map(|(keyword, values, end)| format!("{keyword} {}{end}\n", values.join(" ")))
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        run(&bytes);
    }

    #[test]
    fn any_lines(lines in prop::collection::vec(line(), 0..60)) {
        run(lines.concat().as_bytes());
    }
}

#[test]
fn length_is_what_it_costs() {
    // Each would take minutes if anything were quadratic.
    for (head, unit, tail) in [
        ("", "vrrp_instance V {\n}\n", ""),
        (
            "vrrp_instance V {\nvirtual_ipaddress {\n",
            "10.0.0.1\n",
            "}\n}\n",
        ),
        (
            "virtual_server 10.0.0.1 80 {\n",
            "real_server 10.0.0.2 80 {\n}\n",
            "}\n",
        ),
        ("virtual_server 10.0.0.1 80 {\n", "x\nquorum 1\n", "}\n"),
        (
            "",
            "virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 {\n}\n}\n",
            "",
        ),
        ("", "$A=b\nc $A\n", ""),
        ("a {\n", "b {\n", ""),
        ("", "}", ""),
    ] {
        let text = format!("{head}{}{tail}", unit.repeat(60_000));
        run(text.as_bytes());
    }
    let distinct: String = (0..60_000u32)
        .map(|n| format!("vrrp_instance V{n} {{\nvirtual_router_id 1\ninterface e{n}\n}}\n"))
        .collect();
    assert_eq!(run(distinct.as_bytes()).vrrp.instances.len(), 60_000);
    let vips: String = (0..60_000u32)
        .map(|n| format!("10.1.{}.{}\n", n >> 8, n & 255))
        .collect();
    run(format!("vrrp_instance V {{\nvirtual_ipaddress {{\n{vips}}}\n}}\n").as_bytes());
}

proptest! {
    #[test]
    fn good_order_says_the_same(lines in prop::collection::vec(line(), 0..60)) {
        same_in_good_order(lines.concat().as_bytes());
    }

    #[test]
    fn good_order_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        same_in_good_order(&bytes);
    }
}

/// Formatting is done after one time, and changes nothing of what a file says.
fn same_in_good_order(bytes: &[u8]) {
    let tidy = format(bytes);
    assert_eq!(format(&tidy), tidy);
    assert_eq!(model(bytes), model(&tidy));
}

fn model(bytes: &[u8]) -> Model {
    let mut sources = SourceMap::single("f", bytes);
    let environment = Environment {
        seed: 1,
        ..Environment::default()
    };
    let (tree, read) = parse(&mut sources, &mut Nothing, &environment);
    compile(&tree, read, &HostFacts::default()).model
}

/// A name is looked up, not searched for: a megabyte of names takes a moment. Squares of these
/// numbers took seconds, and ten times that in a debug build.
#[test]
fn many_names_cost_no_squares() {
    let groups = |n: usize| -> String {
        let one = |i| format!("vrrp_sync_group a{i:x} {{\n}}\n");
        (0..n).map(one).collect()
    };
    let members = |n: usize| -> String {
        let instances: String = (0..n)
            .map(|i| format!("vrrp_instance i{i:x} {{\n}}\n"))
            .collect();
        let names: String = (0..n).map(|i| format!("i{i:x}\n")).collect();
        format!("{instances}vrrp_sync_group g {{\ngroup {{\n{names}}}\n}}\n")
    };
    let watched = |n: usize| -> String {
        let one = |i| format!("vrrp_script i{i:x} {{\nscript x\n}}\n");
        let scripts: String = (0..n).map(one).collect();
        let names: String = (0..n).map(|i| format!("i{i:x}\n")).collect();
        format!("{scripts}vrrp_instance A {{\ntrack_script {{\n{names}}}\n}}\n")
    };
    let followers = |n: usize| -> String {
        let names: String = (0..n).map(|i| format!("i{i:x}\n")).collect();
        let instances: String = (0..n)
            .map(|i| format!("vrrp_instance i{i:x} {{\n}}\n"))
            .collect();
        let lines: String = (0..n).map(|_| "10/8 dev e track_group g\n").collect();
        format!(
            "track_group g {{\ngroup {{\n{names}}}\n}}\nstatic_routes {{\n{lines}}}\n{instances}"
        )
    };
    for text in [
        groups(38_000),
        members(18_000),
        watched(27_000),
        followers(12_000),
    ] {
        let start = std::time::Instant::now();
        let _model = model(text.as_bytes());
        let took = start.elapsed();
        assert!(took < std::time::Duration::from_secs(5), "{took:?}");
    }
}
