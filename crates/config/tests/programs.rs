//! Advice on programs, by what stands behind their names.

use holdfast_config::compile;
use holdfast_model::{HostFacts, Program, Step};
use holdfast_syntax::{Environment, Nothing, Severity, SourceMap, parse};

const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

fn step(path: &str, uid: u32, gid: u32, mode: u32) -> Step {
    let path = path.to_owned();
    Step {
        path,
        uid,
        gid,
        mode,
    }
}

/// Codes and messages for scripts of these names.
fn advice(programs: &[(&str, Program)]) -> Vec<String> {
    let text: String = programs
        .iter()
        .map(|(name, _)| format!("global_defs {{\n startup_script \"{name} -x\"\n}}\n"))
        .collect();
    let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    let mut compiled = compile(&tree, read, &HostFacts::default());
    let named = programs.iter().cloned();
    let seen = named.map(|(name, program)| (name.to_owned(), program));
    compiled.advise(&seen.collect(), tree.sources());
    let findings = compiled.findings.iter();
    let ours = findings.filter(|finding| finding.code.starts_with("HF073"));
    ours.map(|finding| {
        assert_eq!(finding.severity, Severity::Advice);
        format!("{} {}", finding.code, finding.message)
    })
    .collect()
}

/// `/etc/k/x.sh` with one of its steps replaced.
fn there(odd: Step) -> Vec<String> {
    let mut steps = vec![
        step("/", 0, 0, FOLDER | 0o755),
        step("/etc/k", 0, 0, FOLDER | 0o755),
        step("/etc/k/x.sh", 0, 0, FILE | 0o755),
    ];
    for step in &mut steps {
        if step.path == odd.path {
            *step = odd.clone();
        }
    }
    let program = Program {
        steps,
        missing: None,
    };
    advice(&[("/etc/k/x.sh", program)])
}

#[test]
fn owner_and_access() {
    let (folder, file) = ("/etc/k", "/etc/k/x.sh");
    let fine = [
        step(file, 0, 0, FILE | 0o755),
        step(file, 0, 7, FILE | 0o750),
        step(file, 0, 0, FILE | 0o770),
        step(folder, 0, 0, FOLDER | 0o1777),
        step(folder, 0, 7, FOLDER | 0o1775),
    ];
    for step in fine {
        assert_eq!(there(step.clone()), [""; 0], "{step:?}");
    }
    for (step, said) in [
        (
            step(file, 0, 0, FILE | 0o644),
            "HF0732 `/etc/k/x.sh` is not executable",
        ),
        (
            step(file, 0, 0, FOLDER | 0o755),
            "HF0733 `/etc/k/x.sh` is no plain file",
        ),
        (
            step(file, 7, 0, FILE | 0o755),
            "HF0734 `/etc/k/x.sh` can be replaced by others than root: /etc/k/x.sh belongs to uid 7",
        ),
        (
            step(file, 0, 7, FILE | 0o775),
            "HF0734 `/etc/k/x.sh` can be replaced by others than root: /etc/k/x.sh can be written by group 7 (mode 0775)",
        ),
        (step(file, 0, 0, FILE | 0o1777), "HF0734"),
        (
            step(folder, 0, 0, FOLDER | 0o777),
            "HF0734 `/etc/k/x.sh` can be replaced by others than root: /etc/k can be written by everybody (mode 0777)",
        ),
        (
            step(folder, 7, 0, FOLDER | 0o1777),
            "HF0734 `/etc/k/x.sh` can be replaced by others than root: /etc/k belongs to uid 7",
        ),
    ] {
        let got = there(step.clone());
        assert!(
            got.len() == 1 && got.iter().all(|line| line.starts_with(said)),
            "{step:?}: {got:?}"
        );
    }
}

#[test]
fn one_line_for_a_folder_that_is_not_there() {
    let gone = |part: &str| Program {
        missing: Some(part.to_owned()),
        ..Program::default()
    };
    let got = advice(&[
        ("/opt/k/a", gone("/opt/k")),
        ("/opt/k/b", gone("/opt/k")),
        ("/opt/k/c/d", gone("/opt/k")),
        ("/etc/x", gone("/etc/x")),
        ("nonesuch", gone("nonesuch")),
    ]);
    let expected = [
        "HF0731 `/opt/k/a` and 2 more never run: there is no /opt/k",
        "HF0731 `/etc/x` does not exist: it never runs",
        "HF0731 no program `nonesuch` is found on the PATH: it never runs",
    ];
    assert_eq!(got, expected);
    // nobody looked
    assert_eq!(advice(&[]), [""; 0]);
}

#[test]
fn every_keyword_that_runs_a_program_is_known() {
    let blocks = [
        (
            "global_defs {",
            "startup_script shutdown_script notify_fifo_script vrrp_notify_fifo_script \
             lvs_notify_fifo_script",
        ),
        (
            "vrrp_instance A {",
            "notify notify_master notify_backup notify_fault notify_stop notify_deleted \
             notify_master_rx_lower_pri",
        ),
        (
            "vrrp_sync_group G {",
            "notify notify_master notify_backup notify_fault notify_stop",
        ),
        ("vrrp_script S {", "script"),
        ("virtual_server 10.0.0.1 80 {", "quorum_up quorum_down"),
        (
            "virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {",
            "notify_up notify_down",
        ),
        (
            "virtual_server 10.0.0.1 80 {\nreal_server 10.0.0.2 80 {\nMISC_CHECK {",
            "misc_path",
        ),
    ];
    for (head, keywords) in blocks {
        for keyword in keywords.split_whitespace() {
            let ends = "}\n".repeat(head.matches('{').count());
            let text = format!("{head}\n{keyword} \"/bin/{keyword} -x\" root\n{ends}");
            let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
            let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
            let compiled = compile(&tree, read, &HostFacts::default());
            let named: Vec<&String> = compiled.programs.keys().collect();
            assert_eq!(named, [&format!("/bin/{keyword}")], "{text}");
        }
    }
    let text =
        "global_defs {\nnotify_fifo /run/a\nvrrp_notify_fifo /run/b\nlvs_notify_fifo /run/c\n}\n";
    let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    let compiled = compile(&tree, read, &HostFacts::default());
    assert_eq!(compiled.programs.len(), 0, "a FIFO is no program");
}
