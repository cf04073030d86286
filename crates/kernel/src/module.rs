//! Loading the kernel's modules.

use std::process::{Command, Stdio};

/// Runs the kernel's own module loader (/proc/sys/kernel/modprobe) for a module. True when it said
/// that it worked, as it does for one that is loaded or built in.
pub fn load(name: &str) -> bool {
    let configured = std::fs::read_to_string("/proc/sys/kernel/modprobe").unwrap_or_default();
    let loader = match configured.trim() {
        "" => "/sbin/modprobe",
        path => path,
    };
    Command::new(loader)
        .args(["-q", "--", name])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
