//! A host: a network namespace.

use crate::error::{Doing as _, Error, Result};
use crate::shell::{run, words};
use std::fs::{self, File};
use std::net::IpAddr;
use std::process::Command;
use std::thread::JoinHandle;

/// A host of the lab. Cheap to clone: it is a name.
#[derive(Debug, Clone)]
pub struct Host {
    name: String,
    namespace: String,
}

impl Host {
    pub(super) fn new(name: &str, namespace: String) -> Self {
        Self {
            name: name.to_owned(),
            namespace,
        }
    }

    /// Its short name, as `d1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its namespace's name.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Runs `ip ARGUMENTS` in it.
    ///
    /// # Errors
    /// If `ip` refuses.
    pub fn ip(&self, arguments: &str) -> Result<String> {
        run(&mut words(&format!("ip -n {} {arguments}", self.namespace)))
    }

    /// Adds an address with a prefix length.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn address(&self, address: &str, interface: &str) -> Result<()> {
        self.ip(&format!("address add {address} dev {interface}"))
            .map(drop)
    }

    /// Adds a route, as `default via 10.0.0.1`.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn route(&self, route: &str) -> Result<()> {
        self.ip(&format!("route add {route}")).map(drop)
    }

    /// Writes a network sysctl, as `net.ipv4.ip_forward`.
    ///
    /// # Errors
    /// If it does not exist.
    pub fn sysctl(&self, name: &str, value: &str) -> Result<()> {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        self.within(|| fs::write(&path, value).doing(format!("write {path}")))?
    }

    /// A command that will run in this host.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace, program]);
        command
    }

    /// Runs a whole command line; its output.
    ///
    /// # Errors
    /// If it fails.
    pub fn exec(&self, line: &str) -> Result<String> {
        run(&mut words(&format!(
            "ip netns exec {} {line}",
            self.namespace
        )))
    }

    /// Runs `f` on a thread that stands in this host.
    ///
    /// # Errors
    /// If the namespace cannot be entered.
    pub fn within<T: Send>(&self, f: impl FnOnce() -> T + Send) -> Result<T> {
        std::thread::scope(|scope| {
            let inside = scope.spawn(|| self.enter().map(|()| f()));
            inside
                .join()
                .unwrap_or_else(|_| Err(Error::Failed("a lab thread died".into())))
        })
    }

    /// Starts a thread that stands in this host.
    pub fn spawn<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<Result<T>> {
        let host = self.clone();
        std::thread::spawn(move || host.enter().map(|()| f()))
    }

    /// The addresses on its interfaces but loopback, without prefix lengths.
    ///
    /// # Errors
    /// If the kernel does not say.
    pub fn addresses(&self) -> Result<Vec<IpAddr>> {
        self.within(here)?
    }

    /// The hardware address of its `eth0`.
    ///
    /// # Errors
    /// If it has none.
    pub fn mac(&self) -> Result<String> {
        let path = "/sys/class/net/eth0/address";
        // a namespace sees its own links there only after `ip netns exec` has mounted them
        let text = self.exec(&format!("cat {path}"))?;
        Ok(text.trim().to_owned())
    }

    fn enter(&self) -> Result<()> {
        let path = format!("/run/netns/{}", self.namespace);
        let file = File::open(&path).doing(format!("open {path}"))?;
        nix::sched::setns(file, nix::sched::CloneFlags::CLONE_NEWNET)
            .doing(format!("enter {}", self.namespace))
    }
}

/// The addresses of the namespace this thread stands in, without those of `lo`.
pub(crate) fn here() -> Result<Vec<IpAddr>> {
    let all = nix::ifaddrs::getifaddrs().doing("read addresses")?;
    Ok(all
        .filter(|each| each.interface_name != "lo")
        .filter_map(|each| {
            let address = each.address?;
            let four = address.as_sockaddr_in().map(|four| four.ip().into());
            four.or_else(|| Some(address.as_sockaddr_in6()?.ip().into()))
        })
        .collect())
}
