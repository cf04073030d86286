//! Looks at this host. Nothing is changed.

use super::facts::{Facts, Table, Way};
use super::filter;
use super::legacy;
use super::listen;
use super::servers::servers;
use super::sync;
use crate::prepare::host::hush;
use holdfast_kernel::ipvs::IpvsClient;
use holdfast_kernel::netlink::NetlinkError;
use holdfast_kernel::nft::NftClient;
use holdfast_kernel::rt;
use holdfast_model::{Model, Scheduler};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::process::{Command, Stdio};

/// Settings that each interface has.
const OF_INTERFACES: [&str; 4] = ["send_redirects", "rp_filter", "arp_ignore", "arp_announce"];
const OF_HOST: [&str; 4] = [
    "ipv4/ip_forward",
    "ipv6/conf/all/forwarding",
    sync::REFRESH,
    sync::PERIOD,
];
/// The discard port: nobody is disturbed.
const DISCARD: u16 = 9;

/// What can be seen, and what cannot.
pub(super) fn facts(model: &Model) -> (Facts, Vec<String>) {
    let mut unseen = Vec::new();
    let mut facts = Facts {
        settings: settings(),
        tracked: tracked(),
        ..Facts::default()
    };
    match rt::host_facts() {
        Ok(host) => facts.interfaces = host.interfaces.unwrap_or_default(),
        Err(error) => unseen.push(format!("interfaces: {error}")),
    }
    facts.ways = ways(model, &facts);
    facts.silent = silent(&facts);
    if !model.lvs.virtual_servers.is_empty() {
        match table() {
            Ok(table) => facts.table = table,
            Err(error) => {
                facts.table = Some(Table::NotLoaded);
                unseen.push(format!("the IPVS table: {error}"));
            }
        }
        let there = |one: &Scheduler| has_module(&format!("ip_vs_{one}"));
        facts.schedulers = Scheduler::ALL.into_iter().filter(there).collect();
    }
    if !model.vrrp.instances.is_empty() {
        match ruleset() {
            Ok(chains) => facts.chains = chains,
            Err(error) => unseen.push(format!("the packet filter: {error}")),
        }
        for old in legacy::Program::ALL {
            match legacy::read(old) {
                Ok(chains) => facts.chains.extend(chains),
                Err(error) => unseen.push(error),
            }
        }
    }
    let heard = listen::around(model, &facts);
    facts.answers = heard.answers;
    facts.heard = heard.adverts;
    unseen.extend(heard.unseen);
    (facts, unseen)
}

/// Addresses of the loopback interface about which a table of ours keeps ARP silent.
fn silent(facts: &Facts) -> BTreeSet<IpAddr> {
    let tables = NftClient::open().and_then(|mut client| client.tables());
    let tables = tables.unwrap_or_default();
    let is_hushed = |vip: Ipv4Addr| {
        let mark = hush(vip);
        tables
            .iter()
            .any(|table| table.comment.as_ref() == Some(&mark))
    };
    let quiet = facts.interfaces.iter().filter(|one| one.loopback);
    let mut silent: BTreeSet<IpAddr> = quiet.flat_map(|one| one.addresses.clone()).collect();
    silent.retain(|address| matches!(address, IpAddr::V4(vip) if is_hushed(*vip)));
    silent
}

/// The last number of a file.
fn number(path: &str) -> Option<i32> {
    let text = fs::read_to_string(path).ok()?;
    text.split_whitespace().last()?.parse().ok()
}

fn settings() -> BTreeMap<String, i32> {
    let mut paths: Vec<String> = OF_HOST.map(str::to_owned).to_vec();
    let folders = fs::read_dir("/proc/sys/net/ipv4/conf");
    for folder in folders.into_iter().flatten().flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        paths.extend(OF_INTERFACES.map(|setting| format!("ipv4/conf/{name}/{setting}")));
    }
    let values = paths.into_iter().filter_map(|path| {
        let value = number(&format!("/proc/sys/net/{path}"))?;
        Some((path, value))
    });
    values.collect()
}

fn tracked() -> Option<(u64, u64)> {
    let read = |name: &str| -> Option<u64> {
        let path = format!("/proc/sys/net/netfilter/nf_conntrack_{name}");
        fs::read_to_string(path).ok()?.trim().parse().ok()
    };
    read("count").zip(read("max"))
}

/// By which interface each real server is reached; nothing is sent.
fn ways(model: &Model, facts: &Facts) -> BTreeMap<IpAddr, Way> {
    let servers = servers(model).into_iter();
    let ways = servers.filter_map(|server| {
        let any = match server.address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((server.address, DISCARD)).ok()?;
        let source = socket.local_addr().ok()?.ip();
        let mut interfaces = facts.interfaces.iter();
        let interface = interfaces.find(|one| one.addresses.contains(&source))?;
        let way = Way {
            interface: interface.name.to_string(),
            mtu: interface.mtu,
        };
        Some((server.address, way))
    });
    ways.collect()
}

/// None: the kernel has no IPVS and no module of it.
fn table() -> Result<Option<Table>, String> {
    if !std::path::Path::new("/proc/net/ip_vs").exists() {
        return Ok(has_module("ip_vs").then_some(Table::NotLoaded));
    }
    let mut client = IpvsClient::open().map_err(|error| error.to_string())?;
    let failed = |error: NetlinkError| error.to_string();
    let buckets = client.info().map_err(failed)?.connection_table_size;
    let services = client.read().map_err(failed)?;
    let loads = services.iter().flat_map(|service| &service.destinations);
    let connections = loads.map(|(_, load)| u64::from(load.active) + u64::from(load.inactive));
    Ok(Some(Table::Loaded {
        buckets,
        connections: connections.sum(),
    }))
}

/// Loaded, built in, or to be had.
fn has_module(name: &str) -> bool {
    if std::path::Path::new(&format!("/sys/module/{name}")).exists() {
        return true;
    }
    let loaded = fs::read_to_string("/proc/modules").unwrap_or_default();
    if loaded
        .lines()
        .any(|line| line.split(' ').next() == Some(name))
    {
        return true;
    }
    let Ok(release) = fs::read_to_string("/proc/sys/kernel/osrelease") else {
        return false;
    };
    let file = format!("/{name}.ko");
    ["dep", "builtin"].iter().any(|list| {
        let path = format!("/lib/modules/{}/modules.{list}", release.trim());
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut names = text.lines().filter_map(|line| line.split(':').next());
        names.any(|path| path.ends_with(&file) || path.contains(&format!("{file}.")))
    })
}

fn ruleset() -> Result<Vec<filter::Chain>, String> {
    let mut nft = Command::new("nft");
    nft.args(["-j", "-t", "list", "ruleset"])
        .stdin(Stdio::null());
    let output = nft
        .output()
        .map_err(|error| format!("cannot run nft: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.lines().next().unwrap_or("it failed").to_owned();
        return Err(format!("nft list ruleset: {first}"));
    }
    let text = output.stdout.trim_ascii();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let rules = serde_json::from_slice(text);
    let rules = rules.map_err(|error| format!("nft list ruleset: {error}"))?;
    Ok(filter::chains(&rules))
}
