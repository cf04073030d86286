//! Files that hold a key of `auth_hmac`.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;

/// More than the longest key and its digits: a file that is longer holds something else.
const LIMIT: u64 = 1024;

/// What is in it. A file that others may read holds no secret.
pub(super) fn read(path: &str) -> io::Result<Vec<u8>> {
    let other = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    // a FIFO would be waited for
    let found = std::fs::metadata(path)?;
    if !found.is_file() {
        return Err(other("it is not a plain file"));
    }
    if found.mode() & 0o007 != 0 {
        return Err(other(
            "others than its owner and group may use it (`chmod 600`)",
        ));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LIMIT) {
        return Err(other("it is longer than a key"));
    }
    Ok(bytes)
}
