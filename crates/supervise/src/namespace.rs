//! Network namespaces that have a name (`ip netns`).

use nix::sched::{CloneFlags, setns};
use std::fs::File;
use std::io;

/// The namespace of that name.
///
/// # Errors
/// When there is none.
pub fn open(name: &str) -> io::Result<File> {
    File::open(format!("/run/netns/{name}"))
}

/// This thread is there from now on, and so are the threads and processes that it starts.
///
/// # Errors
/// EPERM without CAP_SYS_ADMIN; EINVAL for a file that is no network namespace.
pub fn enter(namespace: File) -> io::Result<()> {
    Ok(setns(namespace, CloneFlags::CLONE_NEWNET)?)
}
