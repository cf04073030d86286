//! How the vrrp worker listens to the kernel and to the links, and what it asks of the host as a whole.

use crate::units::IfName;
use serde::{Deserialize, Serialize};

/// What the file says of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Listening {
    /// `log_unknown_vrids`.
    pub tells_unknown: bool,
    /// `disable_local_igmp`: the kernel reports no membership of link-local groups.
    pub no_local_igmp: bool,
    /// `*_rcv_bufs`.
    pub buffers: Buffers,
    /// `linkbeat_interfaces`, `linkbeat_use_polling` of instances: links that are asked, and how.
    pub polled: Vec<(IfName, Beat)>,
    /// `linkbeat_use_polling` of the file: all links are.
    pub polls_all: bool,
}

/// Receive buffers of netlink sockets; `None`: as large as they are otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Buffers {
    /// `vrrp_netlink_cmd_rcv_bufs`: of requests.
    pub requests: Option<Buffer>,
    /// `vrrp_netlink_monitor_rcv_bufs`: of news.
    pub news: Option<Buffer>,
}

/// A receive buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Buffer {
    /// Its size.
    pub bytes: u32,
    /// Beyond the system's limit, too.
    pub force: bool,
}

/// How a link is asked whether it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Beat {
    /// By the registers of its PHY.
    #[default]
    Mii,
    /// By its driver.
    Ethtool,
    /// By its flags.
    Flags,
}
