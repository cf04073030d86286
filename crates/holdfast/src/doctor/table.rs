//! Rules about the kernel's IPVS, its memory of connections, and what fits through tunnels. Pure.

use super::facts::{Facts, Table};
use super::finding::Finding;
use super::servers::servers;
use holdfast_model::{Forwarding, Model, Scheduler, Tunnel, TunnelChecksum};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// linux/netfilter/ipvs/Kconfig: IP_VS_TAB_BITS goes to 20 (27 since 6.5).
const MOST_BITS: u32 = 20;

pub(super) fn judge(model: &Model, facts: &Facts) -> Vec<Finding> {
    let mut list = Vec::new();
    if !model.lvs.virtual_servers.is_empty() {
        kernel(model, facts, &mut list);
    }
    connections(facts, &mut list);
    tracking(facts, &mut list);
    tunnels(model, facts, &mut list);
    list
}

fn kernel(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    if facts.table.is_none() {
        list.push(
            Finding::broken("ipvs", "this kernel has no IPVS")
                .expected("the module ip_vs: the file has virtual servers")
                .todo("modprobe ip_vs; where there is no such module, install the distribution's full kernel"),
        );
        return;
    }
    let used: BTreeSet<Scheduler> = model
        .lvs
        .virtual_servers
        .iter()
        .map(|service| service.scheduler)
        .collect();
    for scheduler in used.difference(&facts.schedulers) {
        list.push(
            Finding::broken(
                "scheduler",
                format!("this kernel has no scheduler {scheduler}"),
            )
            .expected(format!(
                "the module ip_vs_{scheduler}: the file asks for it"
            ))
            .todo(format!(
                "modprobe ip_vs_{scheduler}, or write another `lvs_sched`"
            )),
        );
    }
}

/// Connections are found in chains: more of them than chains cost time for every packet.
fn connections(facts: &Facts, list: &mut Vec<Finding>) {
    let Some(Table::Loaded {
        buckets,
        connections,
    }) = facts.table
    else {
        return;
    };
    if connections <= u64::from(buckets) {
        return;
    }
    let wanted = connections
        .next_power_of_two()
        .trailing_zeros()
        .min(MOST_BITS);
    let bits = buckets.max(1).ilog2();
    if wanted <= bits {
        return;
    }
    list.push(
        Finding::risk("conn_tab_bits", format!("{connections} connections in a table of {buckets} (conn_tab_bits = {bits})"))
            .expected(format!("conn_tab_bits = {wanted}: a chain for each connection"))
            .todo(format!("write `options ip_vs conn_tab_bits={wanted}` to /etc/modprobe.d/ip_vs.conf and load the module anew (which empties the table)")),
    );
}

/// A full table drops what is new.
fn tracking(facts: &Facts, list: &mut Vec<Finding>) {
    let Some((used, most)) = facts.tracked else {
        return;
    };
    if most > 0 && used >= most / 5 * 4 {
        list.push(
            Finding::risk("conntrack", format!("{used} of at most {most} connections are tracked"))
                .expected("less than four fifths: what is new is dropped when the table is full")
                .todo(format!("sysctl -w net.netfilter.nf_conntrack_max={}, or exempt the services from tracking (notrack)", most.saturating_mul(2))),
        );
    }
}

/// What a tunnel puts around a packet.
fn around(tunnel: Tunnel, outer: IpAddr) -> u32 {
    let ip = if outer.is_ipv6() { 40 } else { 20 };
    ip + match tunnel {
        Tunnel::Ipip => 0,
        Tunnel::Gre(TunnelChecksum::None) => 4,
        Tunnel::Gre(_) => 8,
        // UDP, and four bytes of its own; private data where the checksum is the other end's
        Tunnel::Gue(_, TunnelChecksum::Remote) => 8 + 4 + 8,
        Tunnel::Gue(..) => 8 + 4,
    }
}

/// A packet of a client that is as long as its link takes does not fit with a tunnel's head.
fn tunnels(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    let Some(longest) = facts.in_use().map(|interface| interface.mtu).max() else {
        return;
    };
    let mut said = BTreeSet::new();
    for server in servers(model) {
        let (Forwarding::Tun(tunnel), Some(way)) =
            (server.forwarding, facts.ways.get(&server.address))
        else {
            continue;
        };
        // clients' packets come by the link with the longest, at most as long as Ethernet's
        let head = around(tunnel, server.address);
        let comes = longest.min(1500);
        if way.mtu >= comes + head || !said.insert(way.interface.clone()) {
            continue;
        }
        let (interface, mtu) = (&way.interface, way.mtu);
        let segment = mtu.saturating_sub(head + if server.address.is_ipv6() { 60 } else { 40 });
        list.push(
            Finding::risk("mtu", format!("{interface} has MTU {mtu}, and the tunnel to {} puts {head} bytes around packets of up to {comes}", server.address))
                .expected(format!("an MTU of {} or more, or clients that send less", comes + head))
                .todo(format!("raise the MTU of {interface} and the switches, or let the real servers announce less: `ip route change default ... advmss {segment}`")),
        );
    }
}
