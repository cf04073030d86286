//! A case is a folder: `keepalived.conf` in, `findings.txt` and `model.txt` out. `BLESS=1` writes
//! what comes out; read it before you commit it. Where a `running.conf` stands beside it, what a
//! reload would say is part of `findings.txt`.
//!
//! `tests/config/ok`: a test of the file says 0 (but for passwords that are too long). `tests/config/err`: it does not, or an instance or
//! a server is left out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod checks;
mod machine;
mod web_text;

use holdfast_config::{Compiled, FindingKeys, Outcome, code, compile, reload};
use holdfast_model::{AddressOptions, Authentication, Listening, Model, Pace, VirtualAddress};
use holdfast_syntax::{
    Environment, Finding, Found, Refusal, Severity, SourceMap, Surroundings, parse, render,
};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Our own settings, in a file of their own.
const BESIDE: &str = "holdfast.conf";

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

fn address_text(vip: &VirtualAddress) -> String {
    let mut text = format!(
        "{vip} dev {} {:?} label {:?} brd {:?}",
        vip.interface, vip.scope, vip.label, vip.broadcast
    );
    if vip.options != AddressOptions::default() {
        let _ = write!(text, " {:?}", vip.options);
    }
    text
}

fn statics_text(model: &Model) -> String {
    let mut out = String::new();
    if model.vrrp.listening != Listening::default() {
        let _ = writeln!(out, "{:?}", model.vrrp.listening);
    }
    for vip in &model.vrrp.statics.addresses {
        let _ = writeln!(out, "static {}", address_text(vip));
    }
    for route in &model.vrrp.statics.routes {
        let _ = writeln!(out, "static {route:?}");
    }
    for rule in &model.vrrp.statics.rules {
        let _ = writeln!(out, "static {rule:?}");
    }
    for (name, delay) in &model.vrrp.statics.delays {
        let _ = writeln!(out, "{name} {delay:?}");
    }
    let (pace, paces) = (model.vrrp.statics.pace, &model.vrrp.statics.paces);
    if pace != Pace::default() || !paces.is_empty() {
        let _ = writeln!(out, "{pace:?} {paces:?}");
    }
    out
}

fn instance_text(i: &holdfast_model::Instance) -> String {
    let mut out = String::new();
    if i.notify != Default::default() {
        let _ = writeln!(out, "{}: {:#?}", i.key, i.notify);
    }
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
    if i.wire != holdfast_model::Wire::default() {
        let _ = writeln!(out, "  {:?}", i.wire);
    }
    for vip in &i.addresses {
        let _ = writeln!(out, "  {}", address_text(vip));
    }
    for vip in &i.objects.excluded {
        let _ = writeln!(out, "  excluded {}", address_text(vip));
    }
    for route in &i.objects.routes {
        let _ = writeln!(out, "  {route:?}");
    }
    for rule in &i.objects.rules {
        let _ = writeln!(out, "  {rule:?}");
    }
    if i.objects.promote_secondaries {
        let _ = writeln!(out, "  promotes secondaries");
    }
    for link in &i.links.list {
        let _ = writeln!(out, "  {link:?}");
    }
    if i.links.from_base {
        let _ = writeln!(out, "  adverts leave by {}", i.place());
    }
    if i.objects.refuses {
        let _ = writeln!(out, "  refuses what is sent to its addresses");
    }
    if i.tracks.not_own_interface {
        let _ = writeln!(out, "  not its own interface");
    }
    for track in &i.tracks.list {
        let (key, weight, reverse) = (&track.key, track.weight, track.reverse);
        let _ = writeln!(out, "  watches {key} weight {weight} reverse {reverse}");
    }
    out
}

fn model_text(model: &Model) -> String {
    let mut out = String::new();
    let global = &model.process.global;
    if *global != Default::default() {
        let _ = writeln!(out, "{global:?}");
    }
    if model.vrrp.notices != Default::default() {
        let _ = writeln!(out, "{:?}", model.vrrp.notices);
    }
    let process = holdfast_model::ProcessModel {
        global: global.clone(),
        ..Default::default()
    };
    if model.process != process {
        let process = &model.process;
        let _ = writeln!(out, "{:?}", (&process.startup, &process.shutdown));
        let _ = writeln!(out, "{:?}\n{:?}", process.vrrp, process.lvs);
        let (name, umask, place) = (&process.name, process.umask, &process.place);
        let _ = writeln!(out, "{name:?} {umask:?} {place:?} {:?}", process.stop_limit);
    }
    for one in &model.lvs.told.services {
        let _ = writeln!(out, "{one:?}");
    }
    for one in &model.lvs.told.servers {
        let _ = writeln!(out, "{one:?}");
    }
    for instance in &model.vrrp.instances {
        out += &instance_text(instance);
    }
    for group in &model.vrrp.groups {
        let members: Vec<String> = group.members.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "sync group {}: {}", group.key, members.join(" "));
        if group.notify != Default::default() {
            let _ = writeln!(out, "{:#?}", group.notify);
        }
    }
    for session in &model.vrrp.bfd {
        let _infallible = writeln!(out, "{session:?}");
    }
    let tracked = &model.vrrp.tracked;
    for file in &tracked.files {
        let _ = writeln!(out, "{file:?}");
    }
    for process in &tracked.processes {
        let _ = writeln!(out, "{process:?}");
    }
    for script in &tracked.scripts {
        let _ = writeln!(out, "{script:?}");
    }
    out += &statics_text(model);
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
            out.push_str(&checks::own_words(vs, rs));
            for check in &rs.checkers {
                let _ = writeln!(out, "    {}", checks::text(check));
            }
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

fn compiled(case: &Path, file: &str) -> (SourceMap, Compiled) {
    let bytes = fs::read(case.join(file)).unwrap();
    let mut sources = SourceMap::single("keepalived.conf", bytes);
    let environment = Environment {
        config_id: "lvs01".to_owned(),
        directory: String::new(),
        seed: 1,
        beside: case.join(BESIDE).exists().then(|| BESIDE.to_owned()),
        ..Environment::default()
    };
    let compiled = {
        let (tree, read) = parse(&mut sources, &mut Folder(case), &environment);
        let mut compiled = compile(&tree, read, &machine::facts());
        compiled.advise(&machine::programs(), tree.sources());
        compiled
    };
    (sources, compiled)
}

/// What a reload would say where `running.conf` runs.
fn reload_text(case: &Path, new: &Compiled, sources: &SourceMap) -> String {
    if !case.join("running.conf").exists() {
        return String::new();
    }
    let (old_sources, old) = compiled(case, "running.conf");
    let known = FindingKeys::new(&old.findings, &old_sources);
    let Err(reasons) = reload::judge(&old.model, &known, new, sources) else {
        return "\nthe reload is taken\n".to_owned();
    };
    let mut out = "\nthe reload is refused\n".to_owned();
    for reason in &reasons {
        let _ = writeln!(out, "\n{}", render::human(reason, sources).trim_end());
    }
    out
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
        let (sources, compiled) = compiled(&case, "keepalived.conf");
        let findings =
            findings_text(&compiled, &sources) + &reload_text(&case, &compiled, &sources);
        for (file, text) in [
            ("findings.txt", findings),
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
