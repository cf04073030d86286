//! Facts of the machine that a compilation needs, gathered first, as plain data: so `-t`, tests
//! and recorded cases all run on the same function.

use crate::units::{IfName, Name};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// What the machine looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// The host's name up to its first dot.
    pub hostname: Name,
    /// `None`: not gathered, so nothing is said about missing interfaces.
    pub interfaces: Option<Vec<Interface>>,
    /// Network namespaces that have a name (`ip netns`). `None`: not gathered.
    pub namespaces: Option<Vec<Name>>,
    /// Routing tables that have a name (iproute2's rt_tables).
    pub tables: Vec<(Name, u32)>,
}

impl HostFacts {
    /// The interface of that name. `None` when it is missing or interfaces were not gathered.
    pub fn interface(&self, name: &IfName) -> Option<&Interface> {
        self.interfaces
            .as_ref()?
            .iter()
            .find(|interface| interface.name == *name)
    }
}

/// One network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name.
    pub name: IfName,
    /// Its index in this network namespace.
    pub index: u32,
    /// IFF_LOOPBACK.
    pub loopback: bool,
    /// IFF_MULTICAST.
    pub multicast: bool,
    /// A macvlan or ipvlan interface.
    pub virtual_mac: bool,
    /// Bytes.
    pub mtu: u32,
    /// All addresses on it.
    pub addresses: Vec<IpAddr>,
}
