//! Settings of links, under /proc/sys/net, in the network namespace of the thread that asks.

use holdfast_model::IfName;
use std::fs;
use std::io;
use std::path::PathBuf;

/// `net.FAMILY.conf.INTERFACE.NAME`.
fn path(family: &str, interface: &IfName, name: &str) -> PathBuf {
    // a dot in the interface's name is no separator here
    PathBuf::from(format!("/proc/sys/net/{family}/conf/{interface}/{name}"))
}

/// The value of `net.ipv4.NAME`.
///
/// # Errors
/// When there is no such setting.
pub fn read_host(name: &str) -> io::Result<i32> {
    let text = fs::read_to_string(format!("/proc/sys/net/ipv4/{name}"))?;
    text.trim().parse().map_err(io::Error::other)
}

/// Gives it another value.
///
/// # Errors
/// When there is no such setting, or it may not be written.
pub fn write_host(name: &str, value: i32) -> io::Result<()> {
    fs::write(format!("/proc/sys/net/ipv4/{name}"), value.to_string())
}

/// The value of an `ipv4` or `ipv6` setting.
///
/// # Errors
/// When there is no such link or setting.
pub fn read(family: &str, interface: &IfName, name: &str) -> io::Result<i32> {
    let text = fs::read_to_string(path(family, interface, name))?;
    text.trim().parse().map_err(io::Error::other)
}

/// Gives it another value.
///
/// # Errors
/// When there is no such link or setting, or it may not be written.
pub fn write(family: &str, interface: &IfName, name: &str, value: i32) -> io::Result<()> {
    fs::write(path(family, interface, name), value.to_string())
}
