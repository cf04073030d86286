//! May a new file replace what runs? The table of refusals, and the pair's own file, cut anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use holdfast_config::{Compiled, FindingKeys, compile, reload};
use holdfast_model::{HostFacts, Model};
use holdfast_syntax::{Environment, Finding, Found, Nothing, SourceMap, Surroundings, parse};
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn built(text: &[u8]) -> (SourceMap, Compiled) {
    let mut sources = SourceMap::single("keepalived.conf", text);
    let compiled = {
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        compile(&tree, read, &HostFacts::default())
    };
    (sources, compiled)
}

fn judge(running: &str, new: &[u8]) -> (Model, Compiled, Result<(), Vec<Finding>>) {
    let (old_sources, old) = built(running.as_bytes());
    let known = FindingKeys::new(&old.findings, &old_sources);
    let (sources, compiled) = built(new);
    let verdict = reload::judge(&old.model, &known, &compiled, &sources);
    assert!(verdict.is_ok() || !reload::is_beyond_doubt(&compiled));
    (old.model, compiled, verdict)
}

fn pair() -> String {
    let path = "../../tests/config/ok/seeds_pair_master/keepalived.conf";
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn only_a_file_without_a_fault_is_beyond_doubt() {
    let pair = pair();
    let beyond = |text: &str| reload::is_beyond_doubt(&built(text.as_bytes()).1);
    assert!(beyond(&pair));
    let left_out = pair.replacen("virtual_router_id", "virtual_router_ids", 1);
    for text in ["", "! nothing", &pair[..pair.len() - 3], &left_out] {
        assert!(!beyond(text), "{text}");
    }
}

#[test]
fn the_file_cut_at_every_byte() {
    let whole = pair();
    let (mut accepted, mut refused) = (0, 0);
    for end in 0..=whole.len() {
        let (running, new, verdict) = judge(&whole, &whole.as_bytes()[..end]);
        match verdict {
            Err(reasons) => {
                refused += 1;
                assert!(!reasons.is_empty(), "at {end}: no reason");
                assert!(reasons.iter().all(|r| !r.help.is_empty()), "at {end}");
            }
            Ok(()) => {
                accepted += 1;
                assert_eq!(running.vrrp.instances.len(), 1);
                let (old, new_one) = (&running.vrrp.instances[0], &new.model.vrrp.instances[0]);
                assert_eq!(old.addresses, new_one.addresses, "at {end}");
                assert_eq!(
                    (old.vrid, old.priority, old.authentication, &old.interface),
                    (
                        new_one.vrid,
                        new_one.priority,
                        new_one.authentication,
                        &new_one.interface
                    ),
                    "at {end}"
                );
                let servers = &new.model.lvs.virtual_servers;
                assert!(
                    servers.is_empty() || *servers == running.lvs.virtual_servers,
                    "at {end}"
                );
            }
        }
    }
    assert!(
        accepted > 1 && refused > 700,
        "{accepted} accepted, {refused} refused"
    );
}

/// One edit of the pair's file: what is replaced by what, and does it pass?
#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn edits_of_the_pair() {
    let whole = pair();
    let second = &whole[whole.find("real_server 172.168.2.17").unwrap()..];
    let second = &second[..second.find("\n    }\n").unwrap() + 7];
    let commented: String = second.lines().map(|line| format!("#{line}\n")).collect();
    let copied = second.replace("2.17", "2.18");
    for (what, from, to, passes) in [
        ("nothing", "rr", "rr", true),
        (
            "a real server commented out",
            second,
            commented.as_str(),
            true,
        ),
        (
            "a real server added",
            "lb_kind DR",
            &format!("lb_kind DR\n{copied}"),
            true,
        ),
        ("another weight", "weight 1", "weight 5", true),
        ("another scheduler", "lb_algo rr", "lb_algo wrr", true),
        (
            "a second address",
            "172.168.2.20\n",
            "172.168.2.20\n172.168.2.21\n",
            true,
        ),
        (
            "an unknown keyword beside a new real server",
            "lb_kind DR",
            &format!("lb_kind DR\nnat_mask x\n{copied}"),
            true,
        ),
        (
            "a comment too many",
            "real_server 172.168.2.17 80 {",
            "#real_server 172.168.2.17 80 {",
            false,
        ),
        (
            "a misspelt real_server",
            "real_server 172.168.2.17",
            "real_sever 172.168.2.17",
            false,
        ),
        (
            "a bad address of one",
            "172.168.2.17 80",
            "172.168.2.277 80",
            false,
        ),
        ("a bad weight, harmless", "weight 1\n", "weight one\n", true),
        (
            "a bad priority, harmless by chance",
            "priority 100",
            "priority 300",
            true,
        ),
        ("a bad scheduler", "lb_algo rr", "lb_algo RR", false),
        ("a lower case method", "lb_kind DR", "lb_kind dr", false),
        (
            "a bad timeout",
            "persistence_timeout 5",
            "persistence_timeout 0",
            false,
        ),
        ("a bad sorry server", "127.0.0.1 80", "127.0.0.1:80", false),
        (
            "a bad authentication",
            "auth_type PASS",
            "auth_type pass",
            false,
        ),
        (
            "a block without its opening brace, which is put in",
            "authentication {",
            "authentication",
            true,
        ),
        ("a misspelt checker", "TCP_CHECK", "TCP_CHEK", false),
        (
            "a bad VIP",
            "        172.168.2.20",
            "        172.168.2.256",
            false,
        ),
        ("no VRID", "    virtual_router_id 100\n", "", false),
        ("no value", "priority 100", "priority", false),
        ("no interface", "    interface eth0\n", "", false),
        (
            "a misspelt instance",
            "vrrp_instance",
            "vrrp_instnce",
            false,
        ),
        ("NUL bytes", "router_id LVS01", "router_id\0 LVS01", false),
        (
            "an extra brace in front",
            "vrrp_instance",
            "}\nvrrp_instance",
            true,
        ),
        (
            "an extra brace inside",
            "    priority 100",
            "    }\n    priority 100",
            false,
        ),
        (
            "a block not closed",
            "}\n\nvirtual_server",
            "\n\nvirtual_server",
            false,
        ),
        (
            "a new faulty server, nothing lost",
            "virtual_server",
            "virtual_server 10.0.0.300 80 {\n}\nvirtual_server",
            true,
        ),
        (
            "an include",
            "virtual_server 172.168.2.20 80 {",
            "include x\nvirtual_server 172.168.2.20 81 {",
            false,
        ),
    ] {
        assert!(whole.contains(from), "{what}: {from:?} is not in the file");
        let edited = whole.replacen(from, to, 1);
        let (_, _, verdict) = judge(&whole, edited.as_bytes());
        assert_eq!(verdict.is_ok(), passes, "{what}: {verdict:#?}");
    }
}

#[test]
fn a_refusal_names_what_would_be_lost() {
    let whole = pair();
    let edited = whole.replacen("real_server 172.168.2.17", "real_sever 172.168.2.17", 1);
    let (_, _, verdict) = judge(&whole, edited.as_bytes());
    let reasons = verdict.unwrap_err();
    assert_eq!(reasons.len(), 1);
    assert!(reasons[0].message.contains("`real_sever`"));
    let help = reasons[0].help.last().unwrap();
    assert!(
        help.contains("real_server [172.168.2.17]:tcp:80 of [172.168.2.20]:tcp:80"),
        "{help}"
    );
}

#[test]
fn what_was_wrong_before_refuses_nothing() {
    let whole = pair();
    for (from, to) in [
        ("lb_algo rr", "lb_algo RR"),
        ("lb_kind DR", "lb_kind DR\n nat_mask 255.255.255.0"),
        ("auth_type PASS", "auth_type pass"),
        ("}\n\nvirtual_server", "}\n}\nvirtual_server"),
        ("172.168.2.17 80", "172.168.2.277 80"),
    ] {
        let running = whole.replacen(from, to, 1);
        // The line moves, and something else is taken away on purpose.
        let valid = running.replacen("    sorry_server 127.0.0.1 80\n", "\n\n", 1);
        let (_, _, verdict) = judge(&running, valid.as_bytes());
        assert_eq!(verdict, Ok(()), "{from} -> {to}");
    }
    let unclosed = whole.trim_end().strip_suffix('}').unwrap();
    let (_, _, verdict) = judge(unclosed, unclosed.as_bytes());
    assert_eq!(verdict, Ok(()), "the same torn file");
    let (_, _, verdict) = judge(unclosed, &unclosed.as_bytes()[..unclosed.len() - 120]);
    assert!(verdict.is_err(), "torn further");
}

#[test]
fn an_empty_file_is_fine_when_nothing_runs() {
    for (running, new, passes) in [
        ("", "", true),
        ("", "global_defs {\n}\n", true),
        (pair().as_str(), "", false),
        (pair().as_str(), "global_defs {\n}\n", false),
        ("", "vrrp_instance V {\n", false),
    ] {
        let (_, _, verdict) = judge(running, new.as_bytes());
        assert_eq!(verdict.is_ok(), passes, "{new:?}");
    }
}

/// Files by name; the first is the main one.
struct Files<'f>(&'f [(&'f str, String)]);

impl Surroundings for Files<'_> {
    fn include(&mut self, _directory: &str, pattern: &[u8]) -> Vec<Found> {
        let files = self.0.iter().filter(|(name, _)| name.as_bytes() == pattern);
        let found = files.map(|(name, text)| Found {
            name: (*name).to_owned(),
            directory: String::new(),
            content: Ok(Arc::new(text.clone().into_bytes())),
        });
        found.collect()
    }

    fn variable(&mut self, _name: &str) -> Option<String> {
        None
    }
}

fn built_of(files: &[(&str, String)]) -> (SourceMap, Compiled) {
    let mut sources = SourceMap::single("main", files[0].1.as_bytes());
    let compiled = {
        let (tree, read) = parse(&mut sources, &mut Files(files), &Environment::default());
        compile(&tree, read, &HostFacts::default())
    };
    (sources, compiled)
}

#[test]
fn a_block_that_ends_in_another_file() {
    let begin = "vrrp_instance A {\n interface eth0\n virtual_router_id 1\n";
    let end = " virtual_ipaddress {\n 10.0.0.1\n }\n}\n";
    let server = "virtual_server 10.0.0.1 80 {\n protocol TCP\n lb_algo wrr\n lb_kind DR\n \
        real_server 192.0.2.1 80 {\n TCP_CHECK {\n }\n }\n}\n";
    let files = |begin: &str, end: &str, server: &str| {
        let whole = [
            ("main", format!("include begin\ninclude end\n{server}")),
            ("begin", begin.to_owned()),
            ("end", end.to_owned()),
        ];
        let first = [
            ("main", format!("{begin}include end\n{server}")),
            ("end", end.to_owned()),
        ];
        let last = [
            ("main", format!("include begin\n{end}{server}")),
            ("begin", begin.to_owned()),
        ];
        [whole.to_vec(), first.to_vec(), last.to_vec()]
    };
    let other = server.replace("192.0.2.1", "192.0.2.2");
    let odd_begin = format!("{begin} foo\n");
    let odd_end = end.replace("10.0.0.1", "10.0.0.1\n 10.0.0.999");
    let worse_end = end.replace("10.0.0.1", "10.0.0.999");
    let odd_server = other.replace("TCP_CHECK", "TCPCHECK");
    let old = files(begin, end, server);
    for (what, new, passes) in [
        ("the same", files(begin, end, server), true),
        ("an edit beside", files(begin, end, &other), true),
        (
            "a fault in its first file",
            files(&odd_begin, end, &other),
            true,
        ),
        (
            "a fault in its last file",
            files(begin, &odd_end, &other),
            true,
        ),
        (
            "a fault that loses its address",
            files(begin, &worse_end, server),
            false,
        ),
        (
            "a fault beside, and a loss",
            files(begin, end, &odd_server),
            false,
        ),
    ] {
        for (old, new) in old.iter().zip(&new) {
            let (old_sources, old) = built_of(old);
            assert_eq!(old.model.vrrp.instances.len(), 1);
            let known = FindingKeys::new(&old.findings, &old_sources);
            let (sources, new) = built_of(new);
            let verdict = reload::judge(&old.model, &known, &new, &sources);
            assert!(verdict.is_ok() || !reload::is_beyond_doubt(&new));
            assert_eq!(verdict.is_ok(), passes, "{what}: {verdict:#?}");
        }
    }
}
