//! What the lab needs on the machine, installed only if it is missing.

use crate::error::{Error, Result};
use crate::guest::{debian, uml};
use crate::shell::run;
use std::path::Path;
use std::process::Command;

/// A file that tells whether a Debian package is there, and the package.
const NEEDED: &[(&str, &str)] = &[
    ("/usr/bin/linux.uml", "user-mode-linux"),
    ("/usr/bin/qemu-system-x86_64", "qemu-system-x86"),
    ("/usr/lib/qemu/virtiofsd", "qemu-system-common"),
    ("/sbin/modprobe", "kmod"),
    ("/sbin/ipvsadm", "ipvsadm"),
    ("/usr/sbin/keepalived", "keepalived"),
    ("/usr/lib/frr/bfdd", "frr"),
    ("/usr/sbin/nginx", "nginx-light"),
    ("/usr/bin/openssl", "openssl"),
    // what the daemon is built with
    ("/usr/include/openssl/ssl.h", "libssl-dev"),
    ("/usr/bin/pkg-config", "pkg-config"),
    ("/bin/busybox", "busybox-static"),
    ("/lib/systemd/systemd", "systemd"),
    ("/usr/sbin/nft", "nftables"),
    ("/usr/sbin/iptables-legacy", "iptables"),
    ("/sbin/ip", "iproute2"),
    ("/usr/sbin/dnsmasq", "dnsmasq-base"),
    ("/usr/bin/msmtpd", "msmtp-mta"),
];

/// Installs what is missing; the names of the packages that were installed.
///
/// # Errors
/// If something is missing and cannot be installed: not root, no apt-get, no network.
pub fn packages() -> Result<Vec<&'static str>> {
    if !nix::unistd::geteuid().is_root() {
        return Err(Error::Failed(
            "the lab needs root: namespaces, raw sockets, IPVS".into(),
        ));
    }
    let mut missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(file, _)| !Path::new(file).exists())
        .map(|(_, package)| *package)
        .collect();
    uml::prepare()?;
    let kernel = !debian::there();
    if missing.is_empty() && !kernel {
        return debian::prepare().map(|()| missing);
    }
    run(apt().arg("update"))?;
    if !missing.is_empty() {
        run(apt()
            .args(["install", "--no-install-recommends"])
            .args(&missing))?;
    }
    if kernel {
        debian::fetch()?;
    }
    debian::prepare()?;
    let still = NEEDED.iter().find(|(file, _)| !Path::new(file).exists());
    match still {
        Some((file, package)) => Err(Error::Failed(format!(
            "{package} was installed, but there is no {file}"
        ))),
        None => {
            missing.extend(kernel.then_some(debian::PACKAGE));
            Ok(missing)
        }
    }
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command
        .args(["-qq", "-y", "-o", "Dpkg::Use-Pty=0"])
        .env("DEBIAN_FRONTEND", "noninteractive");
    // the packages must not start daemons on this machine: the lab starts its own
    command.env("RUNLEVEL", "1");
    command
}
