//! Which file is the configuration, and its bytes.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Ours, then keepalived's.
const DEFAULTS: [&str; 2] = [
    "/etc/holdfast/holdfast.conf",
    "/etc/keepalived/keepalived.conf",
];

/// What is believed of a file's size before it is read, in bytes.
const MOST: usize = 1 << 30;

/// Settings of our own, where keepalived reads the main file too.
const BESIDE: &str = "holdfast.conf";

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

/// Does it name several files, as glob(7) has it?
pub(super) fn is_pattern(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes
        .iter()
        .any(|byte| matches!(byte, b'*' | b'?' | b'[' | b'{'))
}

/// The file for our own settings, in the directory of the main one, unless it is the main one.
pub(super) fn beside(path: &Path) -> Option<String> {
    let ours = Path::new(&directory(path))
        .join(BESIDE)
        .canonicalize()
        .ok()?;
    let is_main = path.canonicalize().is_ok_and(|path| path == ours);
    (!is_main).then(|| BESIDE.to_owned())
}

/// Its bytes. A directory or an executable file is no configuration (keepalived refuses both).
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path)?;
    if !is_plain(&metadata) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular non-executable file",
        ));
    }
    let expected = usize::try_from(metadata.len()).unwrap_or(0);
    let mut bytes = holdfast_kernel::heap::large(expected.saturating_add(1).min(MOST));
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A regular file that nobody may execute.
pub(super) fn is_plain(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.permissions().mode() & 0o111 == 0
}

/// The directory that a file is in, absolute.
pub(super) fn directory(path: &Path) -> String {
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.unwrap_or(Path::new("."));
    let absolute = parent.canonicalize();
    absolute.as_deref().unwrap_or(parent).display().to_string()
}
