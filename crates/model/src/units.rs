//! Small values that cannot be built wrong.

use core::fmt;
use core::num::NonZeroU8;
use core::time::Duration;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

/// A name from the configuration (instance, router id, file), cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Name {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(Self::from(text.as_ref()))
    }
}

/// A virtual router identifier, 1 to 255 (RFC 9568 s5.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Vrid(NonZeroU8);

impl Vrid {
    /// `None` for 0.
    pub const fn new(value: u8) -> Option<Self> {
        match NonZeroU8::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// 1 to 255.
    pub const fn get(self) -> u8 {
        self.0.get()
    }
}

impl fmt::Display for Vrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A configured priority, 1 to 255; 255 is the address owner (RFC 9568 s5.2.4). The 0 of a
/// resigning master exists only on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority(NonZeroU8);

impl Priority {
    /// The address owner's.
    pub const OWNER: Self = Self(NonZeroU8::MAX);

    /// `None` for 0.
    pub const fn new(value: u8) -> Option<Self> {
        match NonZeroU8::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// 1 to 255.
    pub const fn get(self) -> u8 {
        self.0.get()
    }

    /// True for 255.
    pub const fn is_owner(self) -> bool {
        self.0.get() == u8::MAX
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A share of a hundred, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Percent(u8);

impl Percent {
    /// `None` above 100.
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 100 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// 0 to 100.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A time in hundredths of a second: the unit of VRRPv3 (RFC 9568 s5.2.7). Version 2 speaks whole
/// seconds, 1 to 255, so both fit: 1 to 25,500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Centis(u16);

impl Centis {
    /// The default of `advert_int`.
    pub const ONE_SECOND: Self = Self(100);

    /// `None` for 0 and above 25,500.
    pub const fn new(value: u16) -> Option<Self> {
        if value >= 1 && value <= 25_500 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// Whole seconds, 1 to 255.
    pub const fn from_secs(seconds: u8) -> Option<Self> {
        Self::new((seconds as u16) * 100)
    }

    /// Hundredths of a second.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whole seconds, rounded down, as version 2 carries it.
    pub const fn whole_secs(self) -> u8 {
        (self.0 / 100) as u8
    }

    /// The same as a duration.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0 as u64 * 10)
    }
}

/// A network interface's name: 1 to 15 bytes, no `/`, no white space (kernel IFNAMSIZ).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IfName(Name);

impl IfName {
    /// `None` when the kernel would not take the name.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=15).contains(&text.len()) && text != "." && text != "..";
        let clean =
            !text.contains(|c: char| c == '/' || c == ':' || c.is_whitespace() || c == '\0');
        (fits && clean).then(|| Self(Name::from(text)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A real server's weight, 0 to 2,147,483,647 (kernel: atomic_t).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Weight(u32);

impl Weight {
    /// No new connections, old ones stay.
    pub const ZERO: Self = Self(0);
    /// The configuration's default.
    pub const ONE: Self = Self(1);

    /// `None` above 2,147,483,647.
    pub const fn new(value: u32) -> Option<Self> {
        if value <= i32::MAX as u32 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The weight.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AddressFamily {
    /// AF_INET.
    V4,
    /// AF_INET6.
    V6,
}

impl AddressFamily {
    /// The family of an address.
    pub const fn of(address: core::net::IpAddr) -> Self {
        match address {
            core::net::IpAddr::V4(_) => Self::V4,
            core::net::IpAddr::V6(_) => Self::V6,
        }
    }
}

/// A transport protocol that IPVS balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// IPPROTO_TCP.
    Tcp,
    /// IPPROTO_UDP.
    Udp,
    /// IPPROTO_SCTP.
    Sctp,
}

impl Protocol {
    /// The number in the IP header.
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
        }
    }

    /// Lower case, as log lines write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // conforms: C06- C07-
    #[test]
    fn bounds_hold() {
        assert!(Vrid::new(0).is_none() && Vrid::new(255).is_some());
        assert!(Priority::new(0).is_none() && Priority::new(255).is_some_and(Priority::is_owner));
        assert!(Centis::new(0).is_none() && Centis::new(25_501).is_none());
        assert_eq!(
            Centis::from_secs(1).map(Centis::duration),
            Some(Duration::from_secs(1))
        );
        assert!(Weight::new(1 << 31).is_none());
        for bad in ["", "a/b", "a b", "a:0", "sixteen-letters-", ".", ".."] {
            assert!(IfName::new(bad).is_none(), "{bad:?}");
        }
        assert!(IfName::new("eth0.100").is_some());
    }
}
