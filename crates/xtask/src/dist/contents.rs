//! The files of the package.

use super::{answer, io, source};
use crate::Result;
use crate::build::root;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DOC: &str = "usr/share/doc/holdfast";

/// From the repository to the machine, as they stand.
const COPIED: &[(&str, &str)] = &[
    (
        "systemd/holdfast.service",
        "usr/lib/systemd/system/holdfast.service",
    ),
    (
        "systemd/holdfast-realserver.service",
        "usr/lib/systemd/system/holdfast-realserver.service",
    ),
    (
        "systemd/holdfast-realserver-nat.service",
        "usr/lib/systemd/system/holdfast-realserver-nat.service",
    ),
    (
        "systemd/holdfast-director.service",
        "usr/lib/systemd/system/holdfast-director.service",
    ),
    (
        "systemd/holdfast-realserver-nat.default",
        "etc/default/holdfast-realserver-nat",
    ),
    (
        "systemd/holdfast-director.default",
        "etc/default/holdfast-director",
    ),
    ("systemd/holdfast.default", "etc/default/holdfast"),
    (
        "systemd/holdfast-realserver.default",
        "etc/default/holdfast-realserver",
    ),
    ("README.md", "usr/share/doc/holdfast/README.md"),
    (
        "docs/differences.md",
        "usr/share/doc/holdfast/differences.md",
    ),
    ("docs/keywords.md", "usr/share/doc/holdfast/keywords.md"),
    (
        "docs/conformance.md",
        "usr/share/doc/holdfast/conformance.md",
    ),
];

/// The same, compressed as Debian asks.
const COMPRESSED: &[(&str, &str)] = &[
    ("docs/holdfast.8", "usr/share/man/man8/holdfast.8.gz"),
    (
        "docs/holdfast.conf.5",
        "usr/share/man/man5/holdfast.conf.5.gz",
    ),
    ("CHANGELOG.md", "usr/share/doc/holdfast/changelog.gz"),
];

/// What the program itself prints for shells.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "usr/share/bash-completion/completions/holdfast"),
    ("zsh", "usr/share/zsh/vendor-completions/_holdfast"),
    ("fish", "usr/share/fish/vendor_completions.d/holdfast.fish"),
];

/// Files that dpkg asks about before it replaces an edited one.
pub(super) const CONFFILES: &[&str] = &[
    "/etc/default/holdfast",
    "/etc/default/holdfast-director",
    "/etc/default/holdfast-realserver",
    "/etc/default/holdfast-realserver-nat",
];

/// Puts everything but the control files into `stage`.
pub(super) fn lay_out(stage: &Path, binary: &Path, version: &str) -> Result<()> {
    put(
        stage,
        "usr/sbin/holdfast",
        &io(binary, std::fs::read(binary))?,
        0o755,
    )?;
    for (from, to) in COPIED {
        put(stage, to, &source(from)?, 0o644)?;
    }
    for (from, to) in COMPRESSED {
        put(stage, to, &compressed(&source(from)?)?, 0o644)?;
    }
    for (shell, to) in COMPLETIONS {
        let script = answer(Command::new(binary).args(["completions", shell]))?;
        put(stage, to, script.as_bytes(), 0o644)?;
    }
    for sample in samples()? {
        let name = sample.file_name().unwrap_or_default().to_string_lossy();
        let text = io(&sample, std::fs::read(&sample))?;
        put(stage, &format!("{DOC}/examples/{name}"), &text, 0o644)?;
    }
    let changelog = compressed(debian_changelog(version).as_bytes())?;
    put(
        stage,
        &format!("{DOC}/changelog.Debian.gz"),
        &changelog,
        0o644,
    )?;
    put(stage, &format!("{DOC}/copyright"), &copyright()?, 0o644)?;
    let folder = stage.join("etc/holdfast");
    io(&folder, std::fs::create_dir_all(&folder))
}

/// Writes one file with its folders.
pub(super) fn put(stage: &Path, name: &str, bytes: &[u8], mode: u32) -> Result<()> {
    let path = stage.join(name);
    if let Some(folder) = path.parent() {
        io(folder, std::fs::create_dir_all(folder))?;
    }
    io(&path, std::fs::write(&path, bytes))?;
    let mode = std::fs::Permissions::from_mode(mode);
    io(&path, std::fs::set_permissions(&path, mode))
}

/// The samples of etc/, in order.
fn samples() -> Result<Vec<PathBuf>> {
    let folder = root().join("etc");
    let mut all = Vec::new();
    for entry in io(&folder, std::fs::read_dir(&folder))? {
        all.push(io(&folder, entry)?.path());
    }
    all.sort();
    Ok(all)
}

/// By gzip(1), which every Debian machine has, without name and time.
fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    let failed = |error| format!("gzip: {error}");
    let mut child = Command::new("gzip")
        .arg("-9nc")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let input = child.stdin.take();
    // a pipe holds 64 kB: it has to be filled and emptied at the same time
    let output = std::thread::scope(|scope| {
        scope.spawn(|| input.map(|mut input| input.write_all(bytes)));
        child.wait_with_output()
    });
    let output = output.map_err(failed)?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("gzip: {}", output.status))
    }
}

/// When the sources were last changed, in seconds: the same sources make the same package.
pub(super) fn date() -> Option<u64> {
    if let Ok(given) = std::env::var("SOURCE_DATE_EPOCH") {
        return given.parse().ok();
    }
    let mut git = Command::new("git");
    git.args(["log", "-1", "--format=%ct"]).current_dir(root());
    answer(&mut git).ok()?.trim().parse().ok()
}

fn debian_changelog(version: &str) -> String {
    let seconds = format!("@{}", date().unwrap_or(0));
    let mut command = Command::new("date");
    command
        .env("LC_ALL", "C")
        .args(["-u", "-R", "-d", &seconds]);
    let date = answer(&mut command).unwrap_or_default();
    let maintainer = super::control::MAINTAINER;
    format!(
        "holdfast ({version}) unstable; urgency=medium\n\n  * Version {version}: see changelog.gz.\n\n \
         -- {maintainer}  {}\n",
        date.trim()
    )
}

/// In Debian's machine-readable form, with both licences.
fn copyright() -> Result<Vec<u8>> {
    let mut text = String::from(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\
         Upstream-Name: Holdfast\n\nFiles: *\nCopyright: the Holdfast authors\nLicense: MIT or Apache-2.0\n\n",
    );
    text.push_str(
        "License: Apache-2.0\n On Debian: /usr/share/common-licenses/Apache-2.0\n\nLicense: MIT\n",
    );
    for line in String::from_utf8_lossy(&source("LICENSE-MIT")?).lines() {
        let line = if line.trim().is_empty() { "." } else { line };
        text.push_str(&format!(" {line}\n"));
    }
    Ok(text.into_bytes())
}
