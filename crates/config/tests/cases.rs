//! A case is a folder: `keepalived.conf` in, `findings.txt` and `model.txt` out. `BLESS=1` writes
//! what comes out; read it before you commit it.
//!
//! `tests/config/ok`: a test of the file says 0 (but for passwords that are too long). `tests/config/err`: it does not, or an instance or
//! a server is left out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use holdfast_config::{Compiled, Outcome, code, compile};
use holdfast_model::{Authentication, Checker, HostFacts, IfName, Interface, Model, Name, Probe};
use holdfast_syntax::{
    Environment, Finding, Found, Refusal, Severity, SourceMap, Surroundings, parse, render,
};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The machine that all cases are for.
fn facts() -> HostFacts {
    let interface = |name: &str, index, loopback| {
        IfName::new(name).map(|name| Interface {
            name,
            index,
            loopback,
            multicast: !loopback,
            virtual_mac: false,
            mtu: 1500,
            addresses: Vec::new(),
        })
    };
    let list = [
        interface("lo", 1, true),
        interface("eth0", 2, false),
        interface("eth1", 3, false),
    ];
    HostFacts {
        hostname: Name::from("lvs01"),
        interfaces: Some(list.into_iter().flatten().collect()),
        namespaces: None,
    }
}

fn findings_text(compiled: &Compiled, sources: &SourceMap) -> String {
    let mut out = format!("exit {}\n", compiled.outcome.exit_code());
    for finding in &compiled.fatal {
        let _ = writeln!(out, "fatal [{}]", finding.code);
    }
    for finding in &compiled.findings {
        let _ = writeln!(out, "\n{}", render::concise(finding, sources));
        for line in render::human(finding, sources).lines().skip(1) {
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

fn model_text(model: &Model) -> String {
    let mut out = String::new();
    let global = &model.process.global;
    if *global != Default::default() {
        let _ = writeln!(out, "{global:?}");
    }
    for i in &model.vrrp.instances {
        let auth = match i.authentication {
            Authentication::None => "none".to_owned(),
            Authentication::Password(bytes) => format!("{}", bytes.escape_ascii()),
        };
        let _ = writeln!(
            out,
            "instance {} on {}: vrid {} priority {} master {} every {} cs, auth {auth}, nopreempt {}, delay {:?}, ipvs {}",
            i.key,
            i.interface,
            i.vrid,
            i.priority,
            i.wants_master,
            i.advert_interval.get(),
            i.nopreempt,
            i.preempt_delay,
            i.serves_ipvs
        );
        let _ = writeln!(out, "  {:?}", i.garp);
        for vip in &i.addresses {
            let _ = writeln!(
                out,
                "  {vip} dev {} {:?} label {:?} brd {:?}",
                vip.interface, vip.scope, vip.label, vip.broadcast
            );
        }
    }
    for session in &model.vrrp.bfd {
        let _infallible = writeln!(out, "{session:?}");
    }
    for vs in &model.lvs.virtual_servers {
        let _ = writeln!(
            out,
            "virtual server {} {} {:?} {:?} quorum {} hysteresis {}",
            vs.key, vs.scheduler, vs.forwarding, vs.persistence, vs.quorum, vs.hysteresis
        );
        if let Some(sorry) = &vs.sorry_server {
            let _ = writeln!(
                out,
                "  sorry {}:{} {:?}",
                sorry.address, sorry.port, sorry.forwarding
            );
        }
        for rs in &vs.real_servers {
            let _ = writeln!(
                out,
                "  real {} weight {} {:?} inhibit {}",
                rs.key,
                rs.weight.get(),
                rs.forwarding,
                rs.inhibit_on_failure
            );
            for check in &rs.checkers {
                let _ = writeln!(out, "    {}", check_text(check));
            }
        }
    }
    out
}

fn check_text(check: &Checker) -> String {
    let timing = check.timing;
    let mut out = format!(
        "{} {} every {:?} warmup {:?} retry {} after {:?} timeout {:?}",
        check.probe.keyword(),
        check.probe.target(),
        timing.delay_loop,
        timing.warmup,
        timing.retry,
        timing.delay_before_retry,
        timing.connect_timeout
    );
    if let Probe::Http(http) = &check.probe {
        for url in &http.urls {
            let _ = write!(out, "\n      {url:?}");
        }
    }
    out
}

/// The files beside a case's `keepalived.conf`; the only wildcard is one `*`.
struct Folder<'c>(&'c Path);

impl Surroundings for Folder<'_> {
    fn include(&mut self, directory: &str, pattern: &[u8]) -> Vec<Found> {
        let pattern = String::from_utf8_lossy(pattern);
        let name = |file: &str| match directory {
            "" => file.to_owned(),
            directory => format!("{directory}/{file}"),
        };
        let (parent, last) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
        let parent = match parent {
            "" => directory.to_owned(),
            parent => name(parent),
        };
        let (head, tail) = last.split_once('*').unwrap_or((last, ""));
        let entries = fs::read_dir(self.0.join(&parent)).into_iter().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|file| match last.contains('*') {
                true => file.starts_with(head) && file.ends_with(tail),
                false => file == last,
            })
            .collect();
        names.sort();
        let shown = |file: &str| match parent.as_str() {
            "" => file.to_owned(),
            parent => format!("{parent}/{file}"),
        };
        names
            .iter()
            .map(|file| Found {
                name: shown(file),
                directory: parent.clone(),
                content: fs::read(self.0.join(shown(file)))
                    .map(Arc::new)
                    .map_err(|_| Refusal::Directory),
            })
            .collect()
    }

    fn variable(&mut self, name: &str) -> Option<String> {
        (name == "PRIORITY").then(|| "150".to_owned())
    }
}

fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/config")
        .join(kind)
}

fn run(kind: &str) -> Vec<(String, Compiled)> {
    let bless = std::env::var_os("BLESS").is_some();
    let mut folders: Vec<PathBuf> = fs::read_dir(folder(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let mut differing = Vec::new();
    let mut results = Vec::new();
    for case in folders {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(case.join("keepalived.conf")).unwrap();
        let mut sources = SourceMap::single("keepalived.conf", bytes);
        let environment = Environment {
            config_id: "lvs01".to_owned(),
            directory: String::new(),
            seed: 1,
            ..Environment::default()
        };
        let (tree, read) = parse(&mut sources, &mut Folder(&case), &environment);
        let compiled = compile(&tree, read, &facts());
        for (file, text) in [
            ("findings.txt", findings_text(&compiled, &sources)),
            ("model.txt", model_text(&compiled.model)),
        ] {
            let path = case.join(file);
            if bless {
                fs::write(&path, &text).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != text {
                differing.push(format!("{name}/{file}:\n{text}"));
            }
        }
        results.push((name, compiled));
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    results
}

#[test]
fn good_files() {
    for (name, compiled) in run("ok") {
        // Passwords of more than 8 bytes are in many files that work.
        let harmless = |f: &Finding| f.code == code::TOO_LONG || f.severity == Severity::Advice;
        let clean = compiled.findings.iter().all(harmless);
        assert!(clean || compiled.outcome == Outcome::Clean, "{name}");
        assert!(compiled.fatal.is_empty(), "{name}");
        assert!(!compiled.model.is_empty(), "{name}");
    }
}

#[test]
fn broken_files() {
    let results = run("err");
    assert!(results.len() >= 30);
    for (name, compiled) in results {
        let errors = compiled
            .findings
            .iter()
            .filter(|f| !f.help.is_empty())
            .count();
        assert!(errors > 0, "{name}: nothing says what to do");
        let dumb = compiled.findings.iter().find(|f| f.help.is_empty());
        assert!(dumb.is_none(), "{name}: {dumb:?}");
    }
}
