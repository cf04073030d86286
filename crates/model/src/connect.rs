//! Whom a network check asks, and how its packets leave this machine.

use crate::units::IfName;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

/// The target of a check, and the socket's own end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Connect {
    /// The real server unless `connect_ip`/`connect_port` say otherwise.
    pub target: SocketAddr,
    /// None: as the kernel chooses. Boxed: most checks have none, and there are many checks.
    origin: Option<Box<Origin>>,
}

/// The socket's own end, where the file says something of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// `bindto`: of the target's family.
    pub address: Option<IpAddr>,
    /// `bind_port`; 0: any.
    pub port: u16,
    /// `bind_if`.
    pub interface: Option<IfName>,
    /// `fwmark`; 0: none.
    pub mark: u32,
}

impl Connect {
    /// To `target`, from wherever the kernel chooses.
    pub const fn to(target: SocketAddr) -> Self {
        Self {
            target,
            origin: None,
        }
    }

    /// To `target`, from `origin`.
    pub fn from(target: SocketAddr, origin: Origin) -> Self {
        let plain = origin == Origin::default();
        Self {
            target,
            origin: (!plain).then(|| Box::new(origin)),
        }
    }

    /// The socket's own end; none: as the kernel chooses.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }
}

/// `10.0.0.1:80`, or `10.0.0.1:80 from 10.0.0.2:1000 on eth0 mark 7`.
impl fmt::Display for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.target, f)?;
        let Some(origin) = self.origin() else {
            return Ok(());
        };
        match (origin.address, origin.port) {
            (None, 0) => {}
            (Some(address), 0) => write!(f, " from {address}")?,
            (None, port) => write!(f, " from port {port}")?,
            (Some(address), port) => write!(f, " from {}", SocketAddr::new(address, port))?,
        }
        if let Some(interface) = &origin.interface {
            write!(f, " on {interface}")?;
        }
        if origin.mark != 0 {
            write!(f, " mark {}", origin.mark)?;
        }
        Ok(())
    }
}
