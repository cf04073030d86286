//! What a model says of addresses. Pure.

use holdfast_model::{Forwarding, Instance, Model, ServiceKey};
use std::net::IpAddr;

/// A real server, or one of last resort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) address: IpAddr,
    pub(super) forwarding: Forwarding,
}

/// Every real server and sorry server.
pub(super) fn servers(model: &Model) -> Vec<Server> {
    let mut list = Vec::new();
    for service in &model.lvs.virtual_servers {
        list.extend(service.real_servers.iter().map(|server| Server {
            address: server.key.address,
            forwarding: server.forwarding,
        }));
        list.extend(service.sorry_server.iter().map(|server| Server {
            address: server.address,
            forwarding: server.forwarding,
        }));
    }
    list
}

/// Addresses of virtual servers, each once.
pub(super) fn vips(model: &Model) -> Vec<IpAddr> {
    let services = model.lvs.virtual_servers.iter();
    let mut list: Vec<IpAddr> = services
        .flat_map(|service| {
            // a group's addresses, where its service is a mark
            let marked = service.group.iter().flat_map(|group| &group.marked);
            service.services().iter().chain(marked)
        })
        .filter_map(|service| match service {
            ServiceKey::Address { address, .. } => Some(*address),
            ServiceKey::Fwmark { .. } => None,
        })
        .collect();
    list.sort_unstable();
    list.dedup();
    list
}

/// Addresses that a master has, with its instance.
pub(super) fn owned(model: &Model) -> Vec<(&Instance, IpAddr)> {
    let instances = model.vrrp.instances.iter();
    let owned = instances.flat_map(|instance| {
        let all = instance.owned().into_iter();
        all.map(move |vip| (instance, vip.address))
    });
    owned.collect()
}
