//! `-t` of a large file.

use super::{compare, config, median};
use crate::error::{Doing as _, Error, Result};
use crate::scenario::Tools;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

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
    let keepalived = Path::new("keepalived");
    // whoever looks at a process holds it up: what it takes of memory is a run of its own
    let memory = [most(&tools.holdfast, &file)?, most(keepalived, &file)?];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(seconds(&tools.holdfast, &file)?);
        theirs.push(seconds(keepalived, &file)?);
    }
    let _gone = fs::remove_file(&file);
    let good = compare(
        "wall time, median of 5",
        median(ours),
        median(theirs),
        "s",
        0.1,
    );
    let [ours, theirs] = memory.map(|kilobytes| kilobytes as f64 / 1024.0);
    Ok(compare("most memory", ours, theirs, "MiB", 1.0) && good)
}

fn start(program: &Path, file: &Path) -> Result<Child> {
    let mut command = Command::new(program);
    command.arg("-t").arg("-f").arg(file).stdin(Stdio::null());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    child.doing(format!("start {}", program.display()))
}

fn judge(program: &Path, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    let program = program.display();
    Err(Error::Failed(format!(
        "{program} does not like the file: {status}"
    )))
}

/// How long it takes.
fn seconds(program: &Path, file: &Path) -> Result<f64> {
    let begin = Instant::now();
    let status = start(program, file)?.wait();
    let took = begin.elapsed().as_secs_f64();
    judge(program, status.doing("wait for a config test")?)?;
    Ok(took)
}

/// The most memory seen, in kB.
fn most(program: &Path, file: &Path) -> Result<u64> {
    let mut child = start(program, file)?;
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    loop {
        if let Some(status) = child.try_wait().doing("wait for a config test")? {
            judge(program, status)?;
            return Ok(memory);
        }
        memory = peak(&status).unwrap_or_default().max(memory);
        thread::sleep(Duration::from_millis(2));
    }
}

fn peak(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
