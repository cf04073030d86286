//! `cargo xtask dist`: the Debian package, built by dpkg-deb alone.

mod contents;
mod control;
#[cfg(test)]
mod tests;

use crate::Result;
use crate::build::{binaries, root, run, target};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is asked of it.
struct Order {
    /// None: a release build is made.
    binary: Option<PathBuf>,
    out: PathBuf,
    version: String,
}

/// `[--binary FILE] [--out DIR]`.
pub(crate) fn dist(words: &[&str]) -> Result<bool> {
    let mut order = Order {
        binary: None,
        out: target().join("dist"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a value"));
        match *word {
            "--binary" => order.binary = Some(value?.into()),
            "--out" => order.out = value?.into(),
            other => return Err(format!("dist: unexpected word '{other}'")),
        }
    }
    println!("{}", package(&order)?.display());
    Ok(true)
}

/// Builds the package; its path.
fn package(order: &Order) -> Result<PathBuf> {
    let binary = match &order.binary {
        Some(binary) => binary.clone(),
        None => {
            binaries()?;
            target().join("release/holdfast")
        }
    };
    let architecture = answer(Command::new("dpkg").arg("--print-architecture"))?;
    let architecture = architecture.trim();
    let name = format!("holdfast_{}_{architecture}", order.version);
    let stage = order.out.join(&name);
    if stage.exists() {
        io(&stage, std::fs::remove_dir_all(&stage))?;
    }
    contents::lay_out(&stage, &binary, &order.version)?;
    control::write(&stage, &binary, &order.version, architecture)?;
    let deb = order.out.join(format!("{name}.deb"));
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", "--build"]);
    build
        .args([&stage, &deb])
        .stdout(std::process::Stdio::null());
    if let Some(date) = contents::date() {
        build.env("SOURCE_DATE_EPOCH", date.to_string());
    }
    if !run(&mut build)? {
        return Err("dpkg-deb failed".into());
    }
    io(&stage, std::fs::remove_dir_all(&stage))?;
    Ok(deb)
}

/// What a command prints.
fn answer(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("cannot start {name}: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name}: {} {}", output.status, said.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A result with the path that it is about.
fn io<T>(path: &Path, result: std::io::Result<T>) -> Result<T> {
    result.map_err(|error| format!("{}: {error}", path.display()))
}

/// A file of the repository.
fn source(name: &str) -> Result<Vec<u8>> {
    let path = root().join(name);
    io(&path, std::fs::read(&path))
}
