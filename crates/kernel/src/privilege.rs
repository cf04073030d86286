//! Giving up what root may do, for good (capabilities(7), "Effect of user ID changes on capabilities").

use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use std::io;

/// Who owns no file and no process: the kernel's own number for it (/proc/sys/kernel/overflowuid).
const NOBODY: u32 = 65_534;
/// linux/capability.h: _LINUX_CAPABILITY_VERSION_3, whose sets are two words each.
const VERSION: u32 = 0x2008_0522;

/// Makes this process nobody's: no capability, no group, not root's user, and no program that it starts gets
/// any of it back. Descriptors that are open stay so. To be called while there is one thread.
///
/// # Errors
/// What the kernel says; then as much of it is given up as could be: a user namespace may have no such user.
pub fn give_up() -> io::Result<()> {
    nix::sys::prctl::set_no_new_privs()?;
    let nobody = become_nobody();
    no_capabilities()?;
    Ok(nobody?)
}

fn become_nobody() -> nix::Result<()> {
    setgroups(&[])?;
    let group = Gid::from_raw(NOBODY);
    setresgid(group, group, group)?;
    let user = Uid::from_raw(NOBODY);
    setresuid(user, user, user)
}

#[expect(unsafe_code, reason = "neither std nor nix has capset(2)")]
fn no_capabilities() -> io::Result<()> {
    // version and pid (0: this thread); effective, permitted, inheritable, of the first 32 and the others
    let header = [VERSION, 0];
    let sets = [0_u32; 6];
    // SAFETY: the kernel reads 8 bytes behind the first pointer and, of this version, 24 behind the second;
    // both arrays are as long and live on this stack frame.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
