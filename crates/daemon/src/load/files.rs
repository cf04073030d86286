//! Which file is the configuration, and its bytes.

use std::io;
use std::path::{Path, PathBuf};

/// Ours, then keepalived's.
const DEFAULTS: [&str; 2] = [
    "/etc/holdfast/holdfast.conf",
    "/etc/keepalived/keepalived.conf",
];

/// The file to read: what `-f` names, or the first default that exists.
pub(super) fn find(named: Option<&Path>) -> PathBuf {
    if let Some(path) = named {
        return path.to_owned();
    }
    let [ours, theirs] = DEFAULTS;
    if Path::new(ours).exists() {
        ours.into()
    } else {
        theirs.into()
    }
}

/// Its bytes. A directory or an executable file is no configuration (keepalived refuses both).
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    std::fs::read(path)
}
