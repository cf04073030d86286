//! Whoever served until a moment ago left nothing else that this build understands than the kernel: instances
//! whose addresses all stand there were master, real servers without a row were down.

use crate::state::{Held, HeldInstance, StateFile};
use holdfast_health::Pool;
use holdfast_kernel::time::now;
use holdfast_model::{
    IfName, Instance, InstanceKey, LvsModel, RealServer, VirtualServer, VrrpModel,
};
use holdfast_plan::service::{DestinationKey, RowId};
use holdfast_plan::sweep::Sketch;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// An address and the interface that has it.
type Placed = (IfName, IpAddr);

/// Who served, as the kernel has it now.
pub(super) fn masters(model: &VrrpModel) -> BTreeSet<InstanceKey> {
    let there = match there() {
        Ok(there) => there,
        Err(error) => {
            tracing::warn!(
                "cannot read the addresses of this host: {error}: nobody goes on as MASTER"
            );
            return BTreeSet::new();
        }
    };
    let served = model.instances.iter();
    let served = served.filter(|instance| is_served(instance, &there));
    served.map(|instance| instance.key.clone()).collect()
}

/// One without addresses leaves no trace.
fn is_served(instance: &Instance, there: &BTreeSet<Placed>) -> bool {
    let owned = instance.owned();
    let stands = |vip: &holdfast_model::VirtualAddress| {
        there.contains(&(vip.interface.clone(), vip.address))
    };
    !owned.is_empty() && owned.iter().all(stands)
}

fn there() -> nix::Result<BTreeSet<Placed>> {
    let all = nix::ifaddrs::getifaddrs()?;
    let placed = all.filter_map(|one| {
        let address = one.address?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        let v6 = address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip()));
        // an address with a label comes by that: `eth0:1`
        let name = one.interface_name.split(':').next().unwrap_or_default();
        Some((IfName::new(name)?, v4.or(v6)?))
    });
    Ok(placed.collect())
}

/// What those hold is ours from now on, and goes when it has to: written down as after a crash, where nobody
/// of ours has done it.
pub(super) fn claim_addresses(state: &StateFile, model: &VrrpModel) {
    let masters = masters(model);
    if masters.is_empty() || state.read::<Held>().is_some() {
        return;
    }
    let served = model.instances.iter();
    let served = served.filter(|instance| masters.contains(&instance.key));
    let instances = served.map(|instance| {
        let held = HeldInstance {
            interface: instance.place().as_str().to_owned(),
            addresses: instance.owned(),
            routes: instance.objects.routes.clone(),
            rules: instance.objects.rules.clone(),
            ..HeldInstance::default()
        };
        (instance.key.clone(), held)
    });
    let held = Held {
        instances: instances.collect(),
        ..Held::default()
    };
    if let Err(error) = state.write(&held) {
        tracing::warn!("cannot write down what was taken over: {error}");
    }
}

/// Checks as the table shows them. Of firewall marks nothing is known.
pub(super) fn pool(model: &LvsModel) -> Pool {
    let Ok(rows) = holdfast_kernel::ipvs::sketch() else {
        return Pool::new();
    };
    let weight = |server: &VirtualServer, real: &RealServer| {
        let service = server.services().first().copied()?;
        let row = |destination| {
            rows.get(&RowId {
                service,
                destination,
            })
        };
        let _the_service_is_there = row(None)?;
        let port = server.row_port(&service, real.key.port, real.forwarding);
        let address = real.key.address;
        match row(Some(DestinationKey { address, port })) {
            Some(Sketch::Destination { weight, .. }) => Some(Some(*weight)),
            Some(Sketch::Service(_)) | None => Some(None),
        }
    };
    Pool::adopt(model, now(), |server, real| {
        let weight = weight(server, real)?;
        Some(weight.is_some_and(|weight| weight > 0 || real.weight.get() == 0))
    })
}
