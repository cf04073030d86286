//! Starting processes. Descriptors are inherited by number: their close-on-exec flag is off only
//! while the child is being made, and this process has one thread.

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

/// Starts `command` under the name `title` with `inherited` open in it.
pub(crate) fn spawn(
    command: &mut Command,
    title: &str,
    inherited: &[BorrowedFd<'_>],
) -> io::Result<Child> {
    let opened = inherited
        .iter()
        .try_for_each(|fd| set_flags(*fd, FdFlag::empty()));
    let child = opened.and_then(|()| command.arg0(title).stdin(Stdio::null()).spawn());
    for fd in inherited {
        let _still_open = set_flags(*fd, FdFlag::FD_CLOEXEC);
    }
    child
}

fn set_flags(fd: BorrowedFd<'_>, flags: FdFlag) -> io::Result<()> {
    fcntl(fd.as_fd(), FcntlArg::F_SETFD(flags))?;
    Ok(())
}
