//! Names of hosts and services, each asked for once.

use holdfast_ipvsadm::Names;
use holdfast_kernel::names;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The system's, remembered: a table names one address many times.
#[derive(Debug, Default)]
pub(super) struct System {
    hosts: RefCell<BTreeMap<IpAddr, Option<String>>>,
    services: RefCell<BTreeMap<(u16, u16), Option<String>>>,
}

impl Names for System {
    fn address(&self, host: &str) -> Option<Ipv4Addr> {
        names::address(host)
    }

    fn port(&self, service: &str, protocol: u16) -> Option<u16> {
        names::port(service, protocol)
    }

    fn host(&self, address: IpAddr) -> Option<String> {
        let mut hosts = self.hosts.borrow_mut();
        let host = hosts.entry(address).or_insert_with(|| names::host(address));
        host.clone()
    }

    fn service(&self, port: u16, protocol: u16) -> Option<String> {
        let mut services = self.services.borrow_mut();
        let service = services
            .entry((port, protocol))
            .or_insert_with(|| names::service(port, protocol));
        service.clone()
    }
}
