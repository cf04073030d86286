//! Programs that are not ours: becoming one of them, and hearing of its end.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{Gid, Pid, Uid, setgroups, setpgid, setresgid, setresuid};
use std::ffi::OsString;
use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// A descriptor that is readable once the child has ended.
///
/// # Errors
/// When `pid` is no child of ours that waits to be collected, or no descriptors are left.
#[expect(unsafe_code, reason = "neither std nor nix has pidfd_open(2)")]
pub fn end_of(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two integers and touches no memory of ours.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0_u32) };
    let fd = i32::try_from(fd).unwrap_or(-1);
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us (close-on-exec, pidfd_open(2)), and
    // nobody else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// As whom a program is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Supplementary groups, and no others.
    pub groups: Vec<u32>,
}

/// Turns this process into `program`: a process group of its own, no signal ignored or blocked, no
/// descriptor but the standard three, the user's rights and no more, ended (SIGTERM) with the
/// thread that started it. Returns only when that fails.
pub fn become_program(
    identity: &Identity,
    program: &OsString,
    arguments: &[OsString],
) -> io::Error {
    if let Err(error) = prepare(identity) {
        return error;
    }
    Command::new(program).args(arguments).exec()
}

fn prepare(identity: &Identity) -> io::Result<()> {
    // done already by whoever starts us so that it can be sure; otherwise not too late here
    let _is_leader = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    restore_signals();
    // while it may
    crate::schedule::ordinary();
    // std hands on the mask: a worker blocks what it reads from a descriptor
    SigSet::empty().thread_set_mask()?;
    close_on_exec_from(3)?;
    let same = Uid::effective().as_raw() == identity.uid
        && Gid::effective().as_raw() == identity.gid
        && !Uid::effective().is_root();
    if !same {
        let groups: Vec<Gid> = identity.groups.iter().copied().map(Gid::from_raw).collect();
        setgroups(&groups)?;
        let gid = Gid::from_raw(identity.gid);
        setresgid(gid, gid, gid)?;
        let uid = Uid::from_raw(identity.uid);
        setresuid(uid, uid, uid)?;
    }
    // a change of user would forget it: last
    nix::sys::prctl::set_pdeathsig(Signal::SIGTERM)?;
    Ok(())
}

#[expect(unsafe_code, reason = "installing a handler is unsafe in general")]
fn restore_signals() {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in Signal::iterator() {
        // SAFETY: the default action runs no code of ours.
        let _kill_and_stop_stay = unsafe { sigaction(signal, &default) };
    }
}

#[expect(unsafe_code, reason = "neither std nor nix has close_range(2)")]
fn close_on_exec_from(first: u32) -> io::Result<()> {
    let flags = libc::CLOSE_RANGE_CLOEXEC;
    // SAFETY: the call takes three integers; it closes nothing now, so every owner of a descriptor
    // in this process stays right.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, flags) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
