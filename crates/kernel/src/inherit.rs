//! Descriptors that a parent process left open for us.

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, FromRawFd as _, OwnedFd};

/// Takes ownership of an inherited descriptor and closes it on exec from now on. Call once for
/// each number the parent named, before anything else opens descriptors.
///
/// # Errors
/// When no such descriptor is open.
#[expect(
    unsafe_code,
    reason = "an inherited descriptor exists only as a number"
)]
pub fn adopt(number: i32) -> io::Result<OwnedFd> {
    if number <= 2 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: the borrow ends with this call, which only asks the kernel whether the number is an
    // open descriptor; nothing is closed by it.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    fcntl(borrowed.as_fd(), FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    // SAFETY: the descriptor is open (checked above), the parent left it for this process alone,
    // and the caller takes each number once, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
