//! `-t` of a large file.

use super::{compare, config, median};
use crate::error::{Doing as _, Error, Result};
use crate::scenario::Tools;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 5;
const CHECK: &str = "        TCP_CHECK {\n            connect_timeout 3\n            retry 2\n            \
     delay_before_retry 2\n        }\n";

pub(super) fn run(tools: &Tools) -> Result<bool> {
    println!("config test, 10,000 virtual servers x 10 real servers with TCP_CHECK");
    fs::create_dir_all(&tools.keep).doing("make the folder for files")?;
    let file = tools
        .keep
        .join(format!("bench-{}.conf", std::process::id()));
    fs::write(&file, config(10_000, 10, CHECK)).doing("write the configuration")?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut memory = (0, 0);
    for _ in 0..ROUNDS {
        let (seconds, kilobytes) = test(&tools.holdfast, &file)?;
        ours.push(seconds);
        memory.0 = kilobytes.max(memory.0);
        let (seconds, kilobytes) = test(Path::new("keepalived"), &file)?;
        theirs.push(seconds);
        memory.1 = kilobytes.max(memory.1);
    }
    let _gone = fs::remove_file(&file);
    let good = compare(
        "wall time, median of 5",
        median(ours),
        median(theirs),
        "s",
        0.1,
    );
    let [ours, theirs] = [memory.0, memory.1].map(|kilobytes| kilobytes as f64 / 1024.0);
    Ok(compare("most memory", ours, theirs, "MiB", 1.0) && good)
}

/// Seconds, and the most memory seen (kB).
fn test(program: &Path, file: &Path) -> Result<(f64, u64)> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .arg("-t")
        .arg("-f")
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .doing(format!("start {}", program.display()))?;
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    let status = loop {
        if let Some(status) = child.try_wait().doing("wait for a config test")? {
            break status;
        }
        memory = peak(&status).unwrap_or_default().max(memory);
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    if !status.success() {
        let program = program.display();
        return Err(Error::Failed(format!(
            "{program} does not like the file: {status}"
        )));
    }
    Ok((start.elapsed().as_secs_f64(), memory))
}

fn peak(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
