//! What the numbers of a scenario are on a host: addresses, names, and the configuration that the
//! machine is given.

use crate::scenario::{ITEMS, NODES};
use crate::spec::{Form, Spec, kind};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use holdfast_model::{
    AddressFamily, AddressOptions, Authentication, Cast, Centis, Checksum, Garp, GroupKey, IfName,
    Instance, InstanceKey, Name, Notify, Objects, Peer, Peers, Priority, Scope, SyncGroup, Track,
    TrackKey, Tracks, Version, VirtualAddress, VirtualLinks, Vrid, VrrpModel, Wire,
};

/// The password of every instance.
pub const PASSWORD: [u8; 8] = *b"holdfast";

/// A VIP of a virtual router.
pub fn vip(form: Form, slot: u8, number: u16) -> VirtualAddress {
    let [high, low] = number.to_be_bytes();
    let (address, prefix) = match form {
        Form::V2 | Form::V3 => {
            let net = 100u8.saturating_add(slot);
            (IpAddr::V4(Ipv4Addr::new(10, net, high, low)), 32)
        }
        Form::V3Ip6 => {
            let net = u16::from(slot);
            let address = Ipv6Addr::new(0x2001, 0xdb8, net, 0, 0, 0, 0, number);
            (IpAddr::V6(address), 128)
        }
    };
    VirtualAddress {
        address,
        prefix,
        interface: eth0(),
        label: None,
        scope: Scope::Global,
        broadcast: None,
        options: AddressOptions::default(),
    }
}

/// The VIPs of an instance.
pub fn vips(spec: &Spec) -> Vec<VirtualAddress> {
    let all = spec.numbers();
    all.map(|each| vip(spec.form, spec.slot, each)).collect()
}

/// The one interface of every node.
pub fn eth0() -> IfName {
    // The name is legal; without one there is no simulation.
    IfName::new("eth0").unwrap_or_else(|| unreachable!())
}

/// A router's own IPv4 address: the higher its number, the higher.
pub fn ipv4(node: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, host(node))
}

/// A router's link-local address, in the same order.
pub fn ipv6(node: usize) -> Ipv6Addr {
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, u16::from(host(node)))
}

/// A router's own address in the family of an instance.
pub fn own_address(node: usize, form: Form) -> IpAddr {
    match form {
        Form::V2 | Form::V3 => IpAddr::V4(ipv4(node)),
        Form::V3Ip6 => IpAddr::V6(ipv6(node)),
    }
}

/// Whose address it is.
pub fn node_of(address: IpAddr) -> Option<usize> {
    (0..NODES).find(|node| address == ipv4(*node) || address == ipv6(*node))
}

/// A stranger's address.
pub fn stranger(form: Form) -> IpAddr {
    own_address(249, form)
}

fn host(node: usize) -> u8 {
    u8::try_from(node).unwrap_or(200).saturating_add(1)
}

/// The group of a family.
pub fn group(form: Form) -> IpAddr {
    match Cast::group(family(form)) {
        Cast::Group(group) => group,
        Cast::Peers(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

/// The family of a form.
pub const fn family(form: Form) -> AddressFamily {
    match form {
        Form::V2 | Form::V3 => AddressFamily::V4,
        Form::V3Ip6 => AddressFamily::V6,
    }
}

/// The key of a virtual router.
pub fn key(slot: u8) -> InstanceKey {
    let mut name = *b"V0";
    name[1] = name[1].saturating_add(slot);
    InstanceKey(Name::from(core::str::from_utf8(&name).unwrap_or("V")))
}

/// The virtual router of a key.
pub fn slot(key: &InstanceKey) -> Option<u8> {
    match key.0.as_str().as_bytes() {
        [b'V', number] => number.checked_sub(b'0'),
        _ => None,
    }
}

/// The key of something watched.
pub fn track_key(item: u8) -> TrackKey {
    let names = ["script", "file", "bfd", "process"];
    let name = names.get(usize::from(item) % ITEMS).copied();
    TrackKey::new(kind(item), Name::from(name.unwrap_or_default()))
}

/// The configuration of a host as the machine is given it; `nodes` routers know each other.
pub fn model(specs: &[Spec], at: usize, nodes: usize) -> VrrpModel {
    let instances = specs.iter().filter_map(|spec| instance(spec, at, nodes));
    let mut groups: Vec<SyncGroup> = Vec::new();
    for spec in specs {
        let Some(number) = spec.group else {
            continue;
        };
        let name = GroupKey(Name::from(format!("G{number}").as_str()));
        match groups.iter_mut().find(|group| group.key == name) {
            Some(group) => group.members.push(key(spec.slot)),
            None => groups.push(SyncGroup {
                key: name,
                members: vec![key(spec.slot)],
                notify: Notify::default(),
            }),
        }
    }
    VrrpModel {
        instances: instances.collect(),
        groups,
        ..VrrpModel::default()
    }
}

/// `None` for numbers that no configuration can hold.
fn instance(spec: &Spec, at: usize, nodes: usize) -> Option<Instance> {
    let watches = spec.watches.iter().flatten();
    let list = watches.map(|watch| Track {
        key: track_key(watch.item),
        weight: i32::from(watch.weight),
        reverse: watch.reverse,
    });
    Some(Instance {
        key: key(spec.slot),
        interface: eth0(),
        vrid: Vrid::new(spec.slot.checked_add(1)?)?,
        priority: Priority::new(spec.priority)?,
        wants_master: false,
        advert_interval: Centis::new(spec.interval)?,
        authentication: if spec.is_v2() {
            Authentication::Password(PASSWORD)
        } else {
            Authentication::None
        },
        nopreempt: spec.nopreempt,
        preempt_delay: Duration::from_secs(u64::from(spec.preempt_delay)),
        addresses: vips(spec),
        garp: Garp {
            refresh: Duration::from_secs(u64::from(spec.refresh)),
            ..Garp::default()
        },
        serves_ipvs: false,
        wire: wire(spec, at, nodes),
        tracks: Tracks {
            list: list.collect(),
            not_own_interface: false,
        },
        objects: Objects::default(),
        notify: Notify::default(),
        links: VirtualLinks::default(),
    })
}

fn wire(spec: &Spec, at: usize, nodes: usize) -> Wire {
    let peer = |node| Peer {
        address: own_address(node, spec.form),
        min_ttl: 0,
        max_ttl: 255,
    };
    // One that is alone has a peer that never was.
    let others = (0..nodes.max(2)).filter(|other| *other != at);
    Wire {
        version: if spec.is_v2() {
            Version::V2
        } else {
            Version::V3
        },
        family: family(spec.form),
        cast: if spec.unicast {
            Cast::Peers(Peers {
                list: others.map(peer).collect(),
                ttl: None,
                only_known: spec.slot.is_multiple_of(2),
            })
        } else {
            Cast::group(family(spec.form))
        },
        checksum: if spec.slot.is_multiple_of(3) {
            Checksum::Message
        } else {
            Checksum::PseudoOrOld
        },
        down_adverts: spec.down_adverts,
        ..Wire::default()
    }
}
