//! User Mode Linux: package `user-mode-linux`.

use super::Boot;
use crate::error::{Doing as _, Result};
use crate::shell::run;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Where its modules are.
pub(super) const MODULES: &str = "/usr/lib/uml/modules";

/// Lets it run on processors with more registers than it knows of.
const SHIM: &str = include_str!("../../uml/registers.c");
const FOLDER: &str = "/var/cache/holdfast-lab/uml";
const LIBRARY: &str = "/var/cache/holdfast-lab/uml/registers.so";

/// The words that boot it; it sees the host's files through hostfs.
pub(super) fn command(boot: &Boot, init: &Path) -> Vec<String> {
    let memory = format!("mem={}M", boot.memory);
    let init = format!("init={}", init.display());
    let directory = format!("uml_dir={}/", boot.directory.display());
    let shim = format!("LD_PRELOAD={LIBRARY}");
    let words = "root=/dev/root rootfstype=hostfs rw con=null con0=null quiet";
    let mut line = vec!["env".to_owned(), shim, "linux.uml".to_owned(), memory];
    line.extend(words.split(' ').map(str::to_owned));
    line.extend([init, directory]);
    line
}

/// Builds what it is started with, if that is not there.
///
/// # Errors
/// If there is no C compiler, or files cannot be written.
pub(crate) fn prepare() -> Result<()> {
    let source = Path::new(FOLDER).join("registers.c");
    let same = fs::read_to_string(&source).is_ok_and(|text| text == SHIM);
    if same && Path::new(LIBRARY).exists() {
        return Ok(());
    }
    fs::create_dir_all(FOLDER).doing("make the folder for User Mode Linux")?;
    fs::write(&source, SHIM).doing("write registers.c")?;
    let mut compile = Command::new("cc");
    compile.args(["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", LIBRARY]);
    run(compile.arg(&source).arg("-ldl")).map(drop)
}
