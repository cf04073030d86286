//! User Mode Linux: package `user-mode-linux`.

use super::Boot;
use std::path::Path;

/// Where its modules are.
pub(super) const MODULES: &str = "/usr/lib/uml/modules";

/// The words that boot it; it sees the host's files through hostfs.
pub(super) fn command(boot: &Boot, init: &Path) -> Vec<String> {
    let memory = format!("mem={}M", boot.memory);
    let init = format!("init={}", init.display());
    let directory = format!("uml_dir={}/", boot.directory.display());
    let words = "root=/dev/root rootfstype=hostfs rw con=null con0=null quiet";
    let mut line = vec!["linux.uml".to_owned(), memory];
    line.extend(words.split(' ').map(str::to_owned));
    line.extend([init, directory]);
    line
}
