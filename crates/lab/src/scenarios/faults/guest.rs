//! Faults of virtual servers where this kernel has no IPVS: each is measured in a boot of User Mode Linux, one
//! program a boot. What was measured comes back in a file.

use super::run::{Request, chosen, on_its_own};
use super::table::Measured;
use super::{Act, Fault};
use crate::error::{Doing as _, Error, Result};
use crate::guest::{Boot, Kernel};
use crate::scenario::Tools;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A boot, a network, and a fault in which everything is waited for in vain.
const BOOT: Duration = Duration::from_secs(120);
const FAULT: Duration = Duration::from_secs(120);

/// True if a fault needs IPVS.
pub(super) fn is_for(fault: &Fault) -> bool {
    matches!(fault.act, Act::Table(..))
}

/// Measures a fault in a guest that runs on one of this machine's processors.
pub(super) fn measure(
    tools: &Tools,
    request: &Request,
    fault: &Fault,
    ours: bool,
    processor: usize,
) -> Measured {
    boot(tools, request, fault, ours, processor).unwrap_or_else(|error| Measured {
        rows: Vec::new(),
        error: Some(error.to_string()),
    })
}

fn boot(
    tools: &Tools,
    request: &Request,
    fault: &Fault,
    ours: bool,
    processor: usize,
) -> Result<Measured> {
    let program = std::env::current_exe().doing("find this program")?;
    let path = |path: &Path| path.display().to_string();
    let word = if ours { "holdfast" } else { "keepalived" };
    let name = format!("boot-{}-{word}-{}", fault.name, std::process::id());
    let directory = tools.keep.join(name);
    let results = directory.join("figures");
    let mut command = vec![path(&program), "faults-inside".into(), path(&results)];
    command.push(fault.name.into());
    let options = [
        ("--a", word.to_owned()),
        ("--times", request.times.to_string()),
        ("--seed", request.seed.to_string()),
        ("--interval", request.interval.as_secs_f64().to_string()),
        ("--holdfast", path(&tools.holdfast)),
        ("--data", path(&tools.data)),
        ("--keep", path(&tools.keep)),
    ];
    for (option, value) in options {
        command.extend([option.to_owned(), value]);
    }
    let boot = Boot {
        kernel: Kernel::Uml,
        directory,
        memory: 1024,
        limit: BOOT + FAULT * request.times,
        echo: true,
        processor,
    };
    let status = boot.run(&command)?;
    let text = fs::read_to_string(&results);
    let text = text.map_err(|_| Error::Failed(format!("the guest said {status} and no more")))?;
    let _done = fs::remove_dir_all(&boot.directory);
    Ok(Measured::read(&text))
}

/// Measures one fault of one program on this kernel, and writes the values to `results`.
///
/// # Errors
/// If the request is not for one fault of one program, or the file cannot be written.
pub fn here(tools: &Tools, request: &Request, results: &Path) -> Result<bool> {
    nix::sys::prctl::set_child_subreaper(true).doing("become a subreaper")?;
    let faults = chosen(&request.names, false)?;
    let (Some(ours), [fault]) = (request.only, faults.as_slice()) else {
        let usage = "faults-inside RESULTS NAME --a PROGRAM";
        return Err(Error::Failed(usage.into()));
    };
    let measured = on_its_own(tools, request, fault, ours);
    fs::write(results, measured.text()).doing("write the figures")?;
    Ok(true)
}
