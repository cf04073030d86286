//! Completions as the shells see them.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn script(shell: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    let output = command.args(["completions", shell]).output();
    let output = output.expect("holdfast runs");
    assert!(output.status.success(), "{shell}");
    String::from_utf8(output.stdout).expect("text")
}

/// What bash offers for the last of these words, in a directory.
fn offered(directory: &Path, words: &[&str]) -> Vec<String> {
    let call = r#"
        source ./script
        COMP_WORDS=(holdfast "$@")
        COMP_CWORD=$#
        _holdfast
        ((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
        exit 0
    "#;
    let mut command = Command::new("bash");
    command.args(["--norc", "--noprofile", "-uc", call, "bash"]);
    let output = command.args(words).current_dir(directory).output();
    let output = output.expect("bash runs");
    let (out, error) = (&output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && error.is_empty(),
        "{words:?}: {error}"
    );
    let mut lines: Vec<String> = String::from_utf8_lossy(out)
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

#[test]
fn bash_completes() {
    let folder = TempDir::new().expect("made");
    let path = folder.path();
    fs::write(path.join("script"), script("bash")).expect("written");
    fs::write(path.join("my file.conf"), "").expect("written");
    fs::create_dir(path.join("sites")).expect("made");
    let cases: &[(&[&str], &[&str])] = &[
        (&["c"], &["check", "completions", "config"]),
        (
            &["explain", "quorum_"],
            &["quorum_down", "quorum_max", "quorum_up"],
        ),
        (
            &["explain", "HF073"],
            &["HF0731", "HF0732", "HF0733", "HF0734"],
        ),
        (&["explain", "lvs_sch"], &["lvs_sched"]),
        (&["check", "--f"], &["--format"]),
        (
            &["check", "--format", ""],
            &["concise", "human", "json", "sarif"],
        ),
        (&["check", "--format", "=", "js"], &["json"]),
        (
            &["check", "--format", "="],
            &["concise", "human", "json", "sarif"],
        ),
        (&["check", "--strict", "my"], &["my file.conf"]),
        (&["check", "--run-dir", ""], &["sites"]),
        (&["check", "-i", ""], &[]),
        (&["fmt", "--"], &["--check"]),
        (&["fmt", "--check", "s"], &["script", "sites"]),
        (&["config", "--dump", ""], &["json"]),
        (&["completions", ""], &["bash", "fish", "zsh"]),
        (&["release", ""], &[]),
        (
            &["--dont-"],
            &[
                "--dont-fork",
                "--dont-release-ipvs",
                "--dont-release-vrrp",
                "--dont-respawn",
            ],
        ),
        (&["-n", "-f", "my"], &["my file.conf"]),
        (&["--signum", "=", "STATS"], &["STATS", "STATS_CLEAR"]),
        // only attached words are its value
        (&["-t", "my"], &[]),
        (&["--config-test", "=", "my"], &["my file.conf"]),
        // a command is the first word
        (&["-n", "c"], &[]),
    ];
    for (words, expected) in cases {
        assert_eq!(offered(path, words), *expected, "{words:?}");
    }
}

/// Where these shells are, they find no fault with what is theirs.
#[test]
fn zsh_and_fish_read_it() {
    let folder = TempDir::new().expect("made");
    for shell in ["zsh", "fish", "bash"] {
        let file = folder.path().join(shell);
        fs::write(&file, script(shell)).expect("written");
        let mut command = Command::new(shell);
        command.arg("-n").arg(&file).stdin(Stdio::null());
        if let Ok(output) = command.output() {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                output.status.success() && error.is_empty(),
                "{shell}: {error}"
            );
        }
    }
}
