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
    /// All of it.
    pub full_name: Name,
    /// `None`: not gathered, so nothing is said about missing interfaces.
    pub interfaces: Option<Vec<Interface>>,
    /// Network namespaces that have a name (`ip netns`). `None`: not gathered.
    pub namespaces: Option<Vec<Name>>,
    /// Users and groups. `None`: not gathered.
    pub accounts: Option<Accounts>,
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

/// What stands behind the name of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Every directory of its path, then itself; the same again for what links lead to.
    pub steps: Vec<Step>,
    /// The first part of its path that does not exist.
    pub missing: Option<String>,
}

/// One directory of a path, or the file at its end; links are followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its path.
    pub path: String,
    /// Whom it belongs to.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Type and access, as in stat(2).
    pub mode: u32,
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
    /// It is a VRF, with this routing table.
    pub table: Option<u32>,
    /// All addresses on it.
    pub addresses: Vec<IpAddr>,
}

/// Users and groups of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// Users.
    pub users: Vec<Account>,
    /// Groups: name and number.
    pub groups: Vec<(Name, u32)>,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its name.
    pub name: Name,
    /// Its number.
    pub uid: u32,
    /// Its first group.
    pub gid: u32,
    /// Its further groups.
    pub groups: Vec<u32>,
}

impl Accounts {
    /// The user of that name.
    pub fn user(&self, name: &str) -> Option<&Account> {
        self.users.iter().find(|user| user.name.as_str() == name)
    }

    /// The number of that group.
    pub fn group(&self, name: &str) -> Option<u32> {
        let found = self.groups.iter().find(|group| group.0.as_str() == name);
        found.map(|group| group.1)
    }
}
