//! Hosts as network namespaces, switches as bridges in namespaces of their own. Names carry a
//! prefix of the run, so that runs can be parallel and what is left over can be found.

mod firewall;
mod host;
mod switch;

pub use host::Host;
pub(crate) use host::here as host_addresses;
pub use switch::{Port, Switch};

use crate::error::{Result, lock};
use crate::shell::{run, words};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// A set of namespaces; gone, with every process in them, when this is dropped.
#[derive(Debug)]
pub struct Lab {
    prefix: String,
    namespaces: Mutex<Vec<String>>,
}

impl Lab {
    /// A lab with a prefix of its own.
    #[must_use]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self::with_prefix(&format!("hf{}{}", std::process::id(), letter(count)))
    }

    /// A lab whose namespaces start with `prefix`.
    #[must_use]
    pub fn with_prefix(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            namespaces: Mutex::default(),
        }
    }

    /// What every name of this lab starts with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A switch without ports.
    ///
    /// # Errors
    /// If the kernel refuses: not root, no bridges.
    pub fn switch(&self, name: &str) -> Result<Switch> {
        Switch::new(self.namespace(name)?)
    }

    /// A host with nothing but its loopback interface.
    ///
    /// # Errors
    /// If the kernel refuses: not root.
    pub fn host(&self, name: &str) -> Result<Host> {
        let host = Host::new(name, self.namespace(name)?);
        host.ip("link set lo up")?;
        Ok(host)
    }

    /// Removes what was built so far: the next hosts may have the same names.
    pub fn clear(&self) {
        for namespace in lock(&self.namespaces).drain(..) {
            remove(&namespace);
        }
    }

    fn namespace(&self, name: &str) -> Result<String> {
        let namespace = format!("{}-{name}", self.prefix);
        run(&mut words(&format!("ip netns add {namespace}")))?;
        lock(&self.namespaces).push(namespace.clone());
        Ok(namespace)
    }
}

impl Default for Lab {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Removes every namespace whose name starts with `prefix-`: after a run that was killed.
pub fn sweep(prefix: &str) {
    let Ok(list) = run(&mut words("ip netns list")) else {
        return;
    };
    let start = format!("{prefix}-");
    for line in list.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        if name.starts_with(&start) {
            remove(name);
        }
    }
}

fn remove(namespace: &str) {
    if let Ok(pids) = run(&mut words(&format!("ip netns pids {namespace}"))) {
        let own = i32::try_from(std::process::id()).unwrap_or_default();
        for pid in pids
            .lines()
            .filter_map(|line| line.trim().parse::<i32>().ok())
        {
            // threads of this very process stand in namespaces too
            if pid != own {
                let pid = nix::unistd::Pid::from_raw(pid);
                let _gone = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
            }
        }
    }
    let _gone = run(&mut words(&format!("ip netns del {namespace}")));
}

fn letter(count: u32) -> char {
    char::from_digit(count % 26 + 10, 36).unwrap_or('z')
}
