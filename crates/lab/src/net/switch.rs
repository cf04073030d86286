//! A switch: a bridge in a namespace of its own, and the cables to it.

use super::Host;
use crate::error::Result;
use crate::shell::{run, words};

/// A switch that floods multicast, as a dumb one does.
#[derive(Debug, Clone)]
pub struct Switch {
    namespace: String,
}

impl Switch {
    pub(super) fn new(namespace: String) -> Result<Self> {
        let switch = Self { namespace };
        switch.ip("link set lo up")?;
        switch.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0")?;
        switch.ip("link set br0 up")?;
        Ok(switch)
    }

    /// Plugs a host in: its interface `interface` is up afterwards, without IPv6.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn plug(&self, host: &Host, interface: &str) -> Result<Port> {
        let port = format!("{}-{interface}", host.name());
        let peer = host.namespace();
        self.ip(&format!(
            "link add {port} type veth peer name {interface} netns {peer}"
        ))?;
        self.ip(&format!("link set {port} master br0 up"))?;
        host.sysctl(&format!("net.ipv6.conf.{interface}.disable_ipv6"), "1")?;
        host.ip(&format!("link set {interface} up"))?;
        Ok(Port {
            switch: self.clone(),
            port,
        })
    }

    /// The host behind the cable on which the switch saw this hardware address last.
    ///
    /// # Errors
    /// If the kernel cannot be asked.
    pub fn host_of(&self, mac: &str) -> Result<Option<String>> {
        let line = format!("bridge -n {} fdb show br br0", self.namespace);
        let table = run(&mut words(&line))?;
        let mut rows = table.lines().filter(|row| row.starts_with(mac));
        let port = rows.find_map(|row| row.split_whitespace().nth(2));
        let host = port.and_then(|port| port.split('-').next());
        Ok(host.map(str::to_owned))
    }

    fn ip(&self, arguments: &str) -> Result<String> {
        run(&mut words(&format!("ip -n {} {arguments}", self.namespace)))
    }
}

/// The switch's end of a cable.
#[derive(Debug, Clone)]
pub struct Port {
    switch: Switch,
    port: String,
}

impl Port {
    /// Cuts the cable: the host's interface loses its carrier.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn cut(&self) -> Result<()> {
        self.switch
            .ip(&format!("link set {} down", self.port))
            .map(drop)
    }

    /// The switch passes nothing to it and nothing from it, or everything again: the host does not
    /// notice, since its interface keeps the carrier.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn block(&self, block: bool) -> Result<()> {
        // BR_STATE_DISABLED, BR_STATE_FORWARDING (linux/if_bridge.h)
        let state = if block { 0 } else { 3 };
        let (namespace, port) = (&self.switch.namespace, &self.port);
        let line = format!("bridge -n {namespace} link set dev {port} state {state}");
        run(&mut words(&line)).map(drop)
    }

    /// Mends the cable.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn mend(&self) -> Result<()> {
        self.switch
            .ip(&format!("link set {} up", self.port))
            .map(drop)
    }
}
