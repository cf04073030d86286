//! A megabyte of the worst is read in a second of computing, and in bounded memory.
//!
//! One test in a program of its own: what it measures is the process.
#![allow(clippy::expect_used, reason = "tests")]

use holdfast_config::{FindingKeys, compile, reload};
use holdfast_model::HostFacts;
use holdfast_syntax::{
    EXPANDED_LINES_LIMIT, Environment, Found, SourceMap, Surroundings, format, parse, render,
};
use std::fs;
use std::sync::Arc;
use std::time::Duration;

/// A debug build takes ten times as long: it reads a part.
const SHARE: usize = if cfg!(debug_assertions) { 32 } else { 1 };
const MEGABYTE: usize = (1 << 20) / SHARE;

/// Of computing, whatever else the machine does.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 1 });

/// Bytes of memory beyond what the process had before, at the most.
const MEMORY: usize = 256 << 20;

/// Every name is the file itself.
struct Itself(Arc<Vec<u8>>);

impl Surroundings for Itself {
    fn include(&mut self, _directory: &str, pattern: &[u8]) -> Vec<Found> {
        vec![Found {
            name: String::from_utf8_lossy(pattern).into_owned(),
            directory: String::new(),
            content: Ok(Arc::clone(&self.0)),
        }]
    }

    fn variable(&mut self, name: &str) -> Option<String> {
        Some(name.repeat(50))
    }
}

/// A megabyte of `unit` after `head`, `#` in it a number of its own.
fn filled(head: &str, unit: &str) -> Vec<u8> {
    let mut text = head.to_owned();
    let mut number = 0;
    while text.len() + unit.len() <= MEGABYTE {
        number += 1;
        text += &unit.replace('#', &number.to_string());
    }
    text.into_bytes()
}

fn random() -> Vec<u8> {
    let mut state = 1u64;
    let mut byte = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes().first().copied().unwrap_or(0)
    };
    (0..MEGABYTE).map(|_| byte()).collect()
}

/// `$A1=$A0 $A0` and so on: the last says `x` two thousand times, as far as a line goes.
fn doubling() -> String {
    let levels = (1..12).map(|n| format!("$A{n}=$A{} $A{}\n", n - 1, n - 1));
    format!("$A0=x\n{}", levels.collect::<String>())
}

/// Each is 30 definitions that lead to the next, and the last of them to a line of blocks.
fn chained() -> String {
    let steps: String = (1..60).map(|n| format!("$A{n}=$A{}\n", n - 1)).collect();
    format!("$A0=a {{ b }}\n{steps}")
}

fn many_lines(unit: &str) -> String {
    format!("$A=\\\n{}x\n", format!("{unit}\\\n").repeat(2000))
}

type Cases = Vec<(&'static str, Vec<u8>)>;

fn long(unit: &str) -> Vec<u8> {
    filled("", unit)
}

/// Bytes, words and braces of no meaning.
fn shapes() -> Cases {
    vec![
        ("random bytes", random()),
        ("NUL", vec![0; MEGABYTE]),
        ("no line end", vec![b'x'; MEGABYTE]),
        ("line ends", vec![b'\n'; MEGABYTE]),
        ("one long line", long("a ")),
        ("words a line", long(&format!("{}\n", "a ".repeat(500)))),
        ("different words", long("w# x\n")),
        (
            "longest unknown words",
            long(&format!("#{}\n", "vrrp_garp_".repeat(4))),
        ),
        ("braces", long("{")),
        ("braces, a line each", long("{\n")),
        ("blocks in blocks", long("a {\n")),
        ("blocks in a line", long("a{")),
        ("ends of blocks", long("}\n")),
        ("quotes", long("\"")),
        ("quotes, a line each", long("\"\n")),
        ("backslashes", long("\\")),
        ("joined lines", long("a \\\n")),
        ("comments", long("a!\n")),
    ]
}

/// Keywords, in and out of place.
fn blocks() -> Cases {
    vec![
        ("known blocks, never closed", long("vrrp_instance V# {\n")),
        ("instances", long("vrrp_instance V# {\n}\n")),
        (
            "whole instances",
            long("vrrp_instance V# {\ninterface e#\nvirtual_router_id 1\n}\n"),
        ),
        ("servers", long("virtual_server 10.0.0.1 # {\n}\n")),
        (
            "real servers",
            filled(
                "virtual_server 10.0.0.1 80 {\n",
                "real_server 10.0.0.1 # {\n}\n",
            ),
        ),
        (
            "addresses",
            filled("vrrp_instance V {\nvirtual_ipaddress {\n", "10.0.0.#\n"),
        ),
        (
            "tracked",
            filled("vrrp_instance V {\ntrack_script {\n", "s#\n"),
        ),
        ("misplaced", long("connect_port\n")),
        ("misplaced, by turns", long("connect_port\nauth_type\n")),
        (
            "misplaced, in blocks",
            long("vrrp_instance V# {\nconnect_port 1\nauth_type\n}\n"),
        ),
        ("no brace", long("vrrp_instance V#\nstate\n}\n")),
    ]
}

/// Definitions and what refers to them.
fn references() -> Cases {
    vec![
        ("dollars", long("$")),
        (
            "dollars, a line each",
            long(&format!("{}\n", "$".repeat(1000))),
        ),
        ("open references", long(&format!("{}\n", "${A".repeat(300)))),
        ("undefined", long(&format!("{}\n", "$A ".repeat(300)))),
        ("definitions", long("$A#=x\n")),
        ("a definition, never ended", filled("$A=\\\n", "x\\\n")),
        (
            "references",
            filled("$A=b\n", &format!("{}\n", "$A ".repeat(300))),
        ),
        (
            "references that grow",
            filled(&format!("$A={}\n", "x".repeat(900)), "$A\n"),
        ),
        (
            "references that are empty",
            filled("$A=\n", &format!("{}\n", "$A ".repeat(300))),
        ),
        ("doubling", filled(&doubling(), "$A11\n")),
        ("doubling, short of the limit", filled(&doubling(), "$A8\n")),
        ("chains", filled(&chained(), "$A59\n")),
        ("bodies", filled(&many_lines("x {\n}"), "$A\n")),
        (
            "bodies of references",
            filled(&format!("$B=x\n{}", many_lines("$B $B $B")), "$A\n"),
        ),
        ("itself", long("$A=$A $A\n$A\n")),
        (
            "environment",
            long(&format!("{}\n", "${_ENV ABCDEFGH} ".repeat(2))),
        ),
    ]
}

/// Repetitions, conditions, further files.
fn repetitions() -> Cases {
    vec![
        ("repetitions", long("~SEQ(x,9) y $x\n")),
        (
            "endless repetitions",
            long("~SEQ(x,9223372036854775807) y $x\n"),
        ),
        (
            "repetitions of repetitions",
            long("~SEQ(x,999) ~SEQ(y,999) z $x $y\n"),
        ),
        (
            "repetitions of blocks",
            long("~SEQ(x,999) vrrp_instance $x { priority $x }\n"),
        ),
        (
            "repetitions of much",
            long(&format!("~SEQ(x,999999) {}\n", "a ".repeat(450))),
        ),
        ("wrong repetitions", long("~SEQ(x\n")),
        (
            "lists",
            long(&format!("~LST(x{}) y $x\n", ",1".repeat(400))),
        ),
        ("conditions", long("@a x\n")),
        (
            "conditions upon conditions",
            long("@holdfast @holdfast x\n"),
        ),
        ("includes", long("include #\n")),
        ("includes of itself", filled("include x\n", "a b\n")),
        (
            "includes of alternatives",
            long(&format!("include {}\n", "{a,b}".repeat(100))),
        ),
        (
            "includes of nothing",
            long(&format!("include {}\n", "{".repeat(1000))),
        ),
        ("rings in braces", long("a { include b\n}\n")),
    ]
}

/// The most memory that the process had since [`forget_peak`].
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("a kernel with /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    kilobytes
        .and_then(|n| n.trim().parse::<usize>().ok())
        .expect("a number")
        << 10
}

fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("a kernel with /proc");
}

/// As a start or a reload reads it.
fn read(bytes: &Arc<Vec<u8>>) {
    let mut sources = SourceMap::single("f", bytes.to_vec());
    let mut world = Itself(Arc::clone(bytes));
    let environment = Environment {
        lines: EXPANDED_LINES_LIMIT / u32::try_from(SHARE).expect("a small number"),
        ..Environment::default()
    };
    let (tree, read) = parse(&mut sources, &mut world, &environment);
    let compiled = compile(&tree, read, &HostFacts::default());
    for finding in &compiled.findings {
        let _line = render::concise(finding, &sources);
    }
    let known = FindingKeys::new(&compiled.findings, &sources);
    let verdict = reload::judge(&compiled.model, &known, &compiled, &sources);
    assert!(verdict.is_ok(), "{verdict:?}");
}

/// What this thread has computed so far: a busy machine changes nothing of it.
fn worked() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("a kernel with /proc");
    let nanoseconds = text.split_whitespace().next().map(str::parse);
    Duration::from_nanos(nanoseconds.expect("a number").expect("a number"))
}

/// `SHOW=name` prints what the cases of that name took, `SHOW=` what all did.
#[test]
fn a_megabyte_of_the_worst() {
    let show = std::env::var("SHOW").ok();
    let is_shown = |name: &str| show.as_ref().is_none_or(|wanted| name.contains(wanted));
    let mut slow = Vec::new();
    let cases = [shapes(), blocks(), references(), repetitions()].concat();
    for (name, bytes) in cases.into_iter().filter(|(name, _)| is_shown(name)) {
        assert!(bytes.len() > MEGABYTE * 9 / 10, "{name}: {}", bytes.len());
        let bytes = Arc::new(bytes);
        forget_peak();
        let before = peak();
        let start = worked();
        read(&bytes);
        let read = worked() - start;
        let memory = peak().saturating_sub(before);
        let start = worked();
        let _tidy = format(&bytes);
        let tidied = worked() - start;
        let line = format!(
            "{name}: read in {read:.2?} and {} MB, put into good order in {tidied:.2?}",
            memory >> 20
        );
        if show.is_some() {
            eprintln!("{line}");
        }
        if read.max(tidied) > LIMIT || memory > MEMORY {
            slow.push(line);
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}
