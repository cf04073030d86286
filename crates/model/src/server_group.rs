//! `virtual_server_group`: several kernel services with the same real servers.

use crate::key::ServiceKey;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// The services of a virtual server that names a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupServices {
    /// In the order of the file; unique in the whole configuration.
    pub services: Vec<ServiceKey>,
    /// `nftables_ipvs`: the addresses whose packets get the mark of `services`, which are then one for each family;
    /// empty: there is no such mark.
    pub marked: Vec<ServiceKey>,
}

/// Addresses of one family, and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AddressRange {
    /// The first.
    pub first: IpAddr,
    /// The last; not below the first, and of its family.
    pub last: IpAddr,
    /// 0: all.
    pub port: u16,
}

impl AddressRange {
    /// How many addresses, as far as it fits.
    pub fn len(&self) -> usize {
        let span = match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                u128::from(u32::from(last).saturating_sub(first.into()))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => u128::from(last).saturating_sub(first.into()),
            (IpAddr::V4(_) | IpAddr::V6(_), _) => 0,
        };
        usize::try_from(span).map_or(usize::MAX, |span| span.saturating_add(1))
    }

    /// A range has at least one.
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Each address.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        let first = self.first;
        (0..self.len() as u128).map(move |step| match first {
            IpAddr::V4(first) => {
                let step = u32::try_from(step).unwrap_or(u32::MAX);
                IpAddr::V4(u32::from(first).saturating_add(step).into())
            }
            IpAddr::V6(first) => IpAddr::V6(u128::from(first).saturating_add(step).into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_crosses_octets() {
        let range = AddressRange {
            first: "10.0.0.254".parse().unwrap(),
            last: "10.0.1.1".parse().unwrap(),
            port: 80,
        };
        let texts: Vec<String> = range.addresses().map(|a| a.to_string()).collect();
        assert_eq!(texts, ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]);
        assert_eq!(range.len(), 4);
        let six = AddressRange {
            first: "fd00::1:ff".parse().unwrap(),
            last: "fd00::2:1".parse().unwrap(),
            port: 80,
        };
        assert_eq!(six.len(), 0xff03);
        assert_eq!(six.addresses().last(), Some(six.last));
    }
}
