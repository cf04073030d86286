//! What `check` and `-t` say of programs, by what stands on the disk.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn holdfast(directory: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    let output = command.current_dir(directory).args(words).output();
    output.expect("holdfast runs")
}

/// Each line of advice on programs.
fn said(output: &Output) -> Vec<String> {
    let text = [&*output.stdout, &*output.stderr].concat();
    let text = String::from_utf8(text).expect("text");
    let lines = text.lines().filter(|line| line.contains("HF073"));
    lines.map(str::to_owned).collect()
}

fn script(path: &Path, mode: u32) {
    fs::create_dir_all(path.parent().expect("inside")).expect("made");
    fs::write(path, "#!/bin/sh\n").expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}

/// A virtual server that runs these at its quorum, and further lines.
fn server(programs: &[String], further: &str) -> String {
    let one = |(index, program): (usize, &String)| {
        format!(
            "virtual_server 10.0.0.{index} 80 {{\n lb_algo wrr\n lb_kind NAT\n protocol TCP\n \
             quorum_up \"{program} -x\"\n real_server 192.0.2.1 80 {{\n TCP_CHECK {{\n }}\n }}\n}}\n"
        )
    };
    let servers: String = programs.iter().enumerate().map(one).collect();
    format!("{servers}{further}")
}

#[test]
fn what_stands_on_the_disk_is_said() {
    let folder = TempDir::new().expect("made");
    let base = folder.path().canonicalize().expect("there");
    let named = |path: &str| base.join(path).display().to_string();
    script(&base.join("plain.sh"), 0o644);
    script(&base.join("open.sh"), 0o777);
    fs::create_dir(base.join("folder")).expect("made");
    let programs = [
        named("plain.sh"),
        named("open.sh"),
        named("folder"),
        named("none/a.sh"),
        named("none/b/c.sh"),
        "holdfast-nonesuch".to_owned(),
    ];
    fs::write(base.join("a.conf"), server(&programs, "")).expect("written");
    let expected = [
        ("HF0732", "plain.sh` is not executable"),
        ("HF0734", "open.sh` can be replaced by others than root"),
        ("HF0733", "folder` is no plain file"),
        ("HF0731", "none/a.sh` and 1 more never run: there is no"),
        ("HF0731", "no program `holdfast-nonesuch` is found"),
    ];
    for words in [
        &["check", "--strict", "--format", "concise", "a.conf"][..],
        &["-t", "-f", "a.conf"],
    ] {
        let output = holdfast(&base, words);
        let lines = said(&output);
        for (code, text) in expected {
            let with = |line: &&String| line.contains(code) && line.contains(text);
            assert_eq!(lines.iter().filter(with).count(), 1, "{text}: {lines:#?}");
        }
        // advice: no exit code knows of it
        assert_eq!(output.status.code(), Some(0), "{words:?}: {lines:#?}");
    }
}

#[test]
fn advice_may_be_silenced() {
    let folder = TempDir::new().expect("made");
    let own = "holdfast {\n silence HF0731\n}\n";
    let programs = ["/nonesuch/x.sh".to_owned()];
    fs::write(folder.path().join("a.conf"), server(&programs, "")).expect("written");
    fs::write(folder.path().join("b.conf"), server(&programs, own)).expect("written");
    assert_eq!(
        said(&holdfast(folder.path(), &["check", "a.conf"])).len(),
        1
    );
    assert_eq!(
        said(&holdfast(folder.path(), &["check", "b.conf"])),
        [""; 0]
    );
}
