//! Building what the lab runs, and running it.

use crate::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
pub(crate) fn root() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate_root
        .ancestors()
        .nth(2)
        .unwrap_or(crate_root)
        .to_owned()
}

/// Cargo, in the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command; true if it ended with 0.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command
        .status()
        .map_err(|error| format!("cannot start {name}: {error}"))?;
    Ok(status.success())
}

/// Installs the packages the lab needs, if any is missing.
pub(crate) fn set_up() -> Result<()> {
    let installed = holdfast_lab::setup::packages().map_err(|error| error.to_string())?;
    if !installed.is_empty() {
        println!("installed for the lab: {}", installed.join(" "));
    }
    Ok(())
}

/// Builds the daemon and the lab.
pub(crate) fn binaries() -> Result<()> {
    let packages = ["build", "--release", "-p", "holdfast", "-p", "holdfast-lab"];
    if !run(&mut cargo(&packages))? {
        return Err("the build failed".into());
    }
    Ok(())
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    let own = || root().join("target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(own, PathBuf::from)
}

/// The lab's program; [`binaries`] makes it.
pub(crate) fn lab_command(arguments: &[&str]) -> Command {
    let mut command = Command::new(target().join("release/holdfast-lab"));
    command
        .args(arguments)
        .arg("--data")
        .arg(root().join("tests/lab"));
    command
}

/// Writes what follows from the tables of keywords (crates/config/tests/pages.rs) and of options and
/// commands (crates/holdfast/src/cli/manual.rs), prints docs/keywords.md.
pub(crate) fn keywords() -> Result<bool> {
    let bless = |test: &[&str]| {
        let mut cargo = cargo(&["test", "--quiet"]);
        run(cargo
            .args(test)
            .env("BLESS", "1")
            .stdout(std::process::Stdio::null()))
    };
    let written = bless(&["-p", "holdfast-config", "--test", "pages"])?
        & bless(&["-p", "holdfast", "--bin", "holdfast", "cli::manual"])?;
    let path = root().join("docs/keywords.md");
    let page = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    print!("{page}");
    Ok(written)
}

/// The scenarios.
pub(crate) fn list() -> Result<bool> {
    binaries()?;
    run(&mut lab_command(&["list"]))
}

/// Sets up, builds, and runs the lab's program.
pub(crate) fn prepared_lab(verb: &str, names: &[&str]) -> Result<bool> {
    set_up()?;
    binaries()?;
    let mut arguments = vec![verb];
    arguments.extend(names);
    run(&mut lab_command(&arguments))
}
