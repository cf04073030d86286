//! Loading the kernel's module.

use std::process::{Command, Stdio};

/// Runs the kernel's own module loader (/proc/sys/kernel/modprobe) for `ip_vs`. True when it said
/// that it worked; a kernel that has IPVS built in never gets here.
pub(super) fn load() -> bool {
    let configured = std::fs::read_to_string("/proc/sys/kernel/modprobe").unwrap_or_default();
    let loader = match configured.trim() {
        "" => "/sbin/modprobe",
        path => path,
    };
    Command::new(loader)
        .args(["-q", "--", "ip_vs"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
