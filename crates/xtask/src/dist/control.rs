//! What dpkg is told of the package: control, conffiles, sums, scripts.

use super::contents::{CONFFILES, put};
use super::{answer, io};
use crate::Result;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) const MAINTAINER: &str = "Holdfast maintainers <maintainers@example.org>";

const SCRIPTS: &[(&str, &str)] = &[
    ("postinst", include_str!("scripts/postinst")),
    ("prerm", include_str!("scripts/prerm")),
    ("postrm", include_str!("scripts/postrm")),
];

/// Writes `DEBIAN/` of a laid out package.
pub(super) fn write(stage: &Path, binary: &Path, version: &str, architecture: &str) -> Result<()> {
    let files = files(stage)?;
    let mut sums = String::new();
    let mut kilobytes = 0;
    for file in &files {
        let length = io(file, std::fs::metadata(file))?.len();
        kilobytes += length.div_ceil(1024);
        let name = file.strip_prefix(stage).unwrap_or(file);
        let sum = answer(Command::new("md5sum").arg(file))?;
        let sum = sum.split_whitespace().next().unwrap_or_default();
        sums.push_str(&format!("{sum}  {}\n", name.display()));
    }
    let depends = depends(binary)?.join(", ");
    let control = format!(
        "Package: holdfast\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: {MAINTAINER}\n\
         Installed-Size: {kilobytes}\nDepends: {depends}\nSuggests: ipvsadm, keepalived\nSection: net\nPriority: optional\n\
         Description: virtual addresses and load balancing, highly available\n\
         \x20Reads keepalived.conf as it stands: runs VRRP, owns the virtual addresses, checks\n\
         \x20real servers and keeps the kernel's IPVS table true. An upgrade loses no packet,\n\
         \x20and neither does the change from a running keepalived (holdfast takeover).\n"
    );
    put(stage, "DEBIAN/control", control.as_bytes(), 0o644)?;
    put(stage, "DEBIAN/md5sums", sums.as_bytes(), 0o644)?;
    let conffiles: String = CONFFILES.iter().map(|name| format!("{name}\n")).collect();
    put(stage, "DEBIAN/conffiles", conffiles.as_bytes(), 0o644)?;
    for (name, text) in SCRIPTS {
        put(stage, &format!("DEBIAN/{name}"), text.as_bytes(), 0o755)?;
    }
    Ok(())
}

/// Every file below a folder, in order.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in io(folder, std::fs::read_dir(folder))? {
        let path = io(folder, entry)?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

/// The packages whose libraries the program is linked with, at the version it was built with.
fn depends(binary: &Path) -> Result<Vec<String>> {
    let mut all = BTreeSet::from(["init-system-helpers (>= 1.54)".to_owned()]);
    // a program without libraries is none to ldd
    let listed = answer(Command::new("ldd").arg(binary)).unwrap_or_default();
    for library in listed.lines().filter_map(library) {
        let owner = owner(library)
            .ok_or_else(|| format!("{library}: no Debian package has this library"))?;
        let mut query = Command::new("dpkg-query");
        let version = answer(query.args(["-W", "-f=${Version}", &owner]))?;
        let package = owner.split(':').next().unwrap_or(&owner);
        all.insert(format!("{package} (>= {})", major_minor(&version)));
    }
    Ok(all.into_iter().collect())
}

/// The path in a line of ldd(1): `libssl.so.3 => /lib/libssl.so.3 (0x7f..)`.
fn library(line: &str) -> Option<&str> {
    let (_, path) = line.split_once("=> ")?;
    path.split(" (").next().filter(|path| path.starts_with('/'))
}

/// `libssl3:amd64`; libraries may be known below /usr or not (usrmerge).
fn owner(library: &str) -> Option<String> {
    let other = library
        .strip_prefix("/usr")
        .map_or_else(|| format!("/usr{library}"), str::to_owned);
    let asked = |path: &str| answer(Command::new("dpkg").args(["-S", path])).ok();
    let said = asked(library).or_else(|| asked(&other))?;
    said.rsplit_once(": ").map(|(owner, _)| owner.to_owned())
}

/// `3.0` of `1:3.0.17-1~deb12u2`: later ones of the same series are as good.
fn major_minor(version: &str) -> String {
    let plain = version.split_once(':').map_or(version, |(_, rest)| rest);
    let upstream = plain.split(['-', '+', '~']).next().unwrap_or(plain);
    upstream.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_and_versions_are_read() {
        let line = "\tlibssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f3a)";
        assert_eq!(library(line), Some("/lib/x86_64-linux-gnu/libssl.so.3"));
        assert_eq!(library("\tlinux-vdso.so.1 (0x00007f3a)"), None);
        assert_eq!(major_minor("2.36-9+deb12u10"), "2.36");
        assert_eq!(major_minor("1:3.0.17-1~deb12u2"), "3.0");
        assert_eq!(major_minor("12"), "12");
    }
}
