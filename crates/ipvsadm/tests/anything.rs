//! Whatever is said, nothing panics; whatever is saved is read back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use holdfast_ipvsadm::{Format, all, connections, lines, parse, refusal, save};
use proptest::prelude::*;
use support::{Book, table};

/// Words that mean something, and others.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "-A",
        "-E",
        "-D",
        "-a",
        "-e",
        "-d",
        "-L",
        "-Ln",
        "-S",
        "-Z",
        "-C",
        "-R",
        "--set",
        "-t",
        "-u",
        "-f",
        "-6",
        "-s",
        "-b",
        "-p",
        "-M",
        "--pe",
        "-o",
        "-r",
        "-g",
        "-i",
        "-m",
        "-w",
        "-x",
        "-y",
        "-n",
        "-c",
        "-X",
        "--tun-type",
        "--tun-port",
        "--tun-csum",
        "--start-daemon",
        "--syncid",
        "--mcast-group",
        "10.0.0.1:80",
        "[fd00::1]:80",
        "www:http",
        "[",
        "[]",
        "[]:",
        "]:",
        ":",
        "::",
        "rr",
        "sh",
        "sh-port,flag-1",
        ",",
        "0",
        "1",
        "255.255.0.0",
        "gue",
        "gre",
        "master",
        "-",
        "--",
        "=",
        "-t=",
        "--pe=",
        "4294967295",
        "0x",
        "1.2.3.4.5",
        "\u{e9}:\u{e9}",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => ".{0,20}"]
}

/// A table in commands that make sense.
fn commands() -> impl Strategy<Value = String> {
    let service = (
        1..60_u32,
        any::<bool>(),
        0..13_usize,
        any::<[bool; 3]>(),
        1..2_678_400_u32,
    );
    let server = (1..250_u32, 0..3_usize, 0..=0x7FFF_FFFF_u32);
    let all = proptest::collection::vec((service, proptest::collection::vec(server, 0..5)), 1..8);
    all.prop_map(|all| {
        let mut text = String::new();
        for (number, ((mark, six, scheduler, [ops, persistent, mask], seconds), servers)) in
            all.into_iter().enumerate()
        {
            let schedulers = [
                "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf",
                "mh",
            ];
            let mark = mark * 100 + number as u32;
            let name = format!("-f {mark}{}", if six { " -6" } else { "" });
            text.push_str(&format!("-A {name} -s {}", schedulers[scheduler]));
            if ops {
                text.push_str(" -o");
            }
            if persistent {
                text.push_str(&format!(" -p {seconds}"));
            }
            if mask {
                text.push_str(if six { " -M 64" } else { " -M 255.255.255.0" });
            }
            text.push('\n');
            for (last, way, weight) in servers {
                let way = ["-g", "-m", "-i --tun-type gre"][way];
                let host = if six {
                    format!("[fd00::{last:x}]")
                } else {
                    format!("10.0.0.{last}")
                };
                text.push_str(&format!("-a {name} -r {host}:80 {way} -w {weight}\n"));
            }
        }
        text
    })
}

proptest! {
    #[test]
    fn any_words(words in proptest::collection::vec(word(), 0..10)) {
        match parse(&words, &Book) {
            Ok(command) => {
                let _ = command.message();
                let _ = refusal(&command, 22);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty() && error.status() >= 2),
        }
    }

    #[test]
    fn any_text(text in ".{0,300}") {
        for line in lines(&text) {
            let _ = parse(&line.words, &Book);
        }
        let _ = connections(&format!("head\n{text}\n"), &Format::default(), &Book);
    }

    #[test]
    fn a_save_is_read_back(text in commands()) {
        let saved = save(table(&text), true, &Book);
        let again = save(table(&saved), true, &Book);
        let sorted = |text: &str| {
            let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
            rows.sort();
            rows
        };
        // a mask without persistence is not saved, as ipvsadm saves none
        prop_assert_eq!(sorted(&saved), sorted(&again));
        prop_assert_eq!(saved.lines().count(), text.lines().count());
        let info = holdfast_ipvs::Info { version: (1, 2, 1), connection_table_size: 4096 };
        let listed = all(&info, table(&text), &Format::default(), &Book);
        prop_assert_eq!(listed.lines().count(), text.lines().count() + 3);
    }
}
