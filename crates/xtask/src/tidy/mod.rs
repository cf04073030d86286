//! What the house's rules say about the text of the code, checked by reading it.

mod manifest;
mod source;

use crate::Result;
use crate::build::root;
use std::fs;
use std::path::{Path, PathBuf};

/// Crates that do no I/O and read no clock.
pub(crate) const PURE: &[&str] = &[
    "model", "packet", "ipvs", "ipvsadm", "nft", "pcre", "syntax", "vrrp", "bfd", "health", "plan",
    "config", "sim",
];

/// Prints every finding; true if there is none.
pub(crate) fn run() -> Result<bool> {
    let root = root();
    let mut findings = manifest::check(&root)?;
    findings.extend(source::check(&root)?);
    for finding in &findings {
        println!("{finding}");
    }
    let count = findings.len();
    println!("tidy: {count} finding{}", if count == 1 { "" } else { "s" });
    Ok(findings.is_empty())
}

/// Every file under `folder`, but not what is built or belongs to git.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        let error = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(error)? {
            let entry = entry.map_err(error)?;
            let kind = entry.file_type().map_err(error)?;
            let name = entry.file_name();
            if name == ".git" {
                // a directory, or in a worktree a file that says where it is
            } else if kind.is_dir() && name != "target" && name != ".cargo-home" {
                open.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

pub(crate) fn read(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
