//! IP_VS_CONN_F_FWD_MASK: how packets reach a destination.

/// The low three bits of a destination's connection flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForwardMethod {
    /// 0: NAT ("masquerading").
    Masquerade,
    /// 1: the destination is this host.
    Local,
    /// 2: IP-in-IP, GUE or GRE.
    Tunnel,
    /// 3: direct routing.
    Route,
    /// 4: cache bypass, set by the kernel only.
    Bypass,
    /// 5 to 7, unused today.
    Other(u8),
}

impl ForwardMethod {
    /// The kernel's number.
    pub const fn number(self) -> u32 {
        match self {
            Self::Masquerade => 0,
            Self::Local => 1,
            Self::Tunnel => 2,
            Self::Route => 3,
            Self::Bypass => 4,
            Self::Other(number) => number as u32 & 7,
        }
    }

    /// From the kernel's number; bits above the mask are other flags and are dropped.
    pub const fn from_number(number: u32) -> Self {
        match number & 7 {
            0 => Self::Masquerade,
            1 => Self::Local,
            2 => Self::Tunnel,
            3 => Self::Route,
            4 => Self::Bypass,
            other => Self::Other(other as u8),
        }
    }
}
