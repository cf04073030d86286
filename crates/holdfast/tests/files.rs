//! `-f` with a pattern, and `-e`, through the program; exit codes measured on keepalived 2.2.7.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("made");
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("inside")).expect("made");
        fs::write(file, text).expect("written");
    }
    folder
}

fn holdfast(directory: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    let output = command.current_dir(directory).args(words).output();
    output.expect("holdfast runs")
}

fn code(directory: &Path, words: &[&str]) -> Option<i32> {
    holdfast(directory, words).status.code()
}

fn server(address: &str) -> String {
    format!(
        "virtual_server {address} 80 {{\n lb_algo wrr\n lb_kind NAT\n protocol TCP\n \
         real_server 192.0.2.1 80 {{\n TCP_CHECK {{\n }}\n }}\n}}\n"
    )
}

#[test]
fn a_pattern_names_several_files() {
    let (a, b) = (server("10.0.0.1"), server("10.0.0.2"));
    let files = [
        ("a.conf", a.as_str()),
        ("b.conf", &b),
        ("c.conf.bak", "nonsense"),
        ("{x}.conf", &a),
    ];
    let folder = folder(&files);
    for pattern in ["[ab].conf", "{a,b}.conf", "?.conf", "./[!{]*.conf"] {
        let output = holdfast(folder.path(), &["-t", "-f", pattern]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{pattern}: {text}");
        assert!(text.contains("2 virtual servers"), "{pattern}: {text}");
    }
    // a file of that name comes first
    let output = holdfast(folder.path(), &["check", "{x}.conf"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("1 virtual servers"), "{text}");
    assert_eq!(code(folder.path(), &["-t", "-f", "none*.conf"]), Some(4));
    // one alternative is there
    assert_eq!(code(folder.path(), &["-t", "-f", "{a,zz}.conf"]), Some(0));
    assert_eq!(
        code(folder.path(), &["-t", "-e", "-f", "{a,zz}.conf"]),
        Some(4)
    );
}

#[test]
fn all_files_have_to_be_there() {
    let server = server("10.0.0.1");
    let missing = format!("{server}include none/*.conf\n");
    let present = format!("{server}include d/*.conf\n");
    let files = [
        ("missing.conf", missing.as_str()),
        ("present.conf", &present),
        ("d/a.conf", "global_defs {\n}\n"),
    ];
    let folder = folder(&files);
    for (words, expected) in [
        (&["-t", "-f", "missing.conf"][..], 0),
        (&["-t", "-e", "-f", "missing.conf"], 6),
        (&["-t", "--all-config", "-f", "present.conf"], 0),
        (&["-t", "-e", "-f", "{missing,present}.conf"], 6),
        (&["check", "missing.conf"], 0),
        (&["check", "-e", "missing.conf"], 1),
    ] {
        assert_eq!(code(folder.path(), words), Some(expected), "{words:?}");
    }
    // an executable file is none
    let path = folder.path().join("d/a.conf");
    let mut access = fs::metadata(&path).expect("there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut access, 0o755);
    fs::set_permissions(&path, access).expect("set");
    assert_eq!(
        code(folder.path(), &["-t", "-e", "-f", "present.conf"]),
        Some(6)
    );
}

#[test]
fn our_settings_may_stand_beside_the_main_file() {
    let server = server("10.0.0.1").replace("TCP_CHECK {\n }\n", "");
    let checked = |directory: &Path, words: &[&str]| {
        let output = holdfast(directory, words);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // advice that is given: nobody checks the server
    let plain = folder(&[("keepalived.conf", &server)]);
    let advice = checked(plain.path(), &["check", "keepalived.conf"]);
    assert!(advice.contains("HF0722"), "{advice}");
    let ours = "holdfast {\n    silence HF0722\n}\n";
    let beside = folder(&[("keepalived.conf", &server), ("holdfast.conf", ours)]);
    let text = checked(beside.path(), &["check", "keepalived.conf"]);
    assert!(!text.contains("HF0722"), "{text}");
    // the main file is itself, and a pattern names what it names
    let text = checked(beside.path(), &["check", "./holdfast.conf"]);
    assert!(!text.contains("HF0802"), "{text}");
    let text = checked(beside.path(), &["check", "keep*.conf"]);
    assert!(text.contains("HF0722"), "{text}");
    // a configuration of its own is left alone, its `holdfast { }` apart
    let whole = format!("{ours}{server}global_defs {{\n}}\n");
    let both = folder(&[("keepalived.conf", &server), ("holdfast.conf", &whole)]);
    let text = checked(both.path(), &["check", "keepalived.conf"]);
    assert!(text.contains("1 virtual servers"), "{text}");
    assert!(text.contains("holdfast.conf:4:1\n"), "{text}");
    assert!(!text.contains("included from"), "{text}");
    assert_eq!(code(both.path(), &["-t", "-f", "keepalived.conf"]), Some(0));
    assert!(text.contains("this and 1 more are not read"), "{text}");
    assert!(!text.contains("HF0722"), "{text}");
    // a block of the main file does not reach into it
    let open = format!("{server}global_defs {{\n");
    let files = [("keepalived.conf", open.as_str()), ("holdfast.conf", ours)];
    let text = checked(folder(&files).path(), &["check", "keepalived.conf"]);
    assert!(!text.contains("HF0722"), "{text}");
    assert!(text.contains("never closed"), "{text}");
}
