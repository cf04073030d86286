//! `nftables_ipvs`: a group's addresses are one service of the kernel, by a firewall mark.
//!
//! Which mark a virtual server has is for the daemon to say, and it keeps it as long as it runs: connections are
//! known by it.

use holdfast_model::{AddressFamily, LvsModel, ServiceKey, VirtualServer, VirtualServerKey};
use std::collections::{BTreeMap, BTreeSet};

/// Gives each virtual server of a group that has addresses only its mark: the one that it has in `old`, or the next
/// that nobody has. Where none is left, its addresses stay services of their own.
pub fn assign(lvs: &mut LvsModel, old: Option<&LvsModel>) {
    let Some(marking) = &lvs.table.marking else {
        return;
    };
    let mut next = Some(marking.first);
    let servers = || lvs.virtual_servers.iter();
    let mut taken: BTreeSet<u32> = servers()
        .filter(|server| !is_marked(server))
        .flat_map(VirtualServer::services)
        .filter_map(mark)
        .collect();
    let before: BTreeMap<&VirtualServerKey, u32> = old
        .iter()
        .flat_map(|old| &old.virtual_servers)
        .filter(|server| is_marked(server))
        .filter_map(|server| Some((&server.key, server.services().first().and_then(mark)?)))
        .filter(|(_, mark)| !taken.contains(mark))
        .collect();
    let stay = servers().filter(|server| is_candidate(server));
    let stay: Vec<u32> = stay
        .filter_map(|server| before.get(&server.key).copied())
        .collect();
    taken.extend(stay);
    for server in &mut lvs.virtual_servers {
        if !is_candidate(server) {
            continue;
        }
        let known = before.get(&server.key).copied();
        let Some(mark) = known.or_else(|| free(&mut next, &taken)) else {
            continue;
        };
        taken.insert(mark);
        if let Some(group) = &mut server.group {
            if group.marked.is_empty() {
                group.marked = core::mem::take(&mut group.services);
            }
            let families: BTreeSet<AddressFamily> =
                group.marked.iter().map(ServiceKey::family).collect();
            let services = families.into_iter();
            group.services = services
                .map(|family| ServiceKey::Fwmark { mark, family })
                .collect();
        }
    }
}

/// Its addresses have a mark.
fn is_marked(server: &VirtualServer) -> bool {
    let group = server.group.as_ref();
    group.is_some_and(|group| !group.marked.is_empty())
}

/// As keepalived: a group with a mark of its own is left as it is.
fn is_candidate(server: &VirtualServer) -> bool {
    let services = server.services();
    let addresses = services.iter().all(|service| mark(service).is_none());
    server.group.is_some() && !services.is_empty() && (addresses || is_marked(server))
}

const fn mark(service: &ServiceKey) -> Option<u32> {
    match service {
        ServiceKey::Fwmark { mark, .. } => Some(*mark),
        ServiceKey::Address { .. } => None,
    }
}

fn free(next: &mut Option<u32>, taken: &BTreeSet<u32>) -> Option<u32> {
    loop {
        let mark = (*next)?;
        *next = mark.checked_add(1);
        if !taken.contains(&mark) {
            return Some(mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::HostFacts;
    use holdfast_syntax::{Environment, Nothing, SourceMap, parse};

    fn of(text: &str) -> LvsModel {
        let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        crate::compile(&tree, read, &HostFacts::default()).model.lvs
    }

    /// Groups by name, each used by a virtual server of TCP.
    fn file(global: &str, groups: &[(&str, &str)]) -> String {
        let mut text = format!("global_defs {{\n{global}\n}}\n");
        for (name, entries) in groups {
            text += &format!("virtual_server_group {name} {{\n{entries}\n}}\n");
        }
        for (name, _) in groups {
            text += &format!(
                "virtual_server group {name} {{\n protocol TCP\n lb_kind TUN\n real_server 10.1.0.1 80 {{\n }}\n}}\n"
            );
        }
        text
    }

    fn services(lvs: &LvsModel) -> Vec<String> {
        let all = lvs.virtual_servers.iter();
        all.map(|server| {
            let services = server.services().iter();
            let words: Vec<String> = services
                .map(|one| match one {
                    ServiceKey::Fwmark { mark, family } => format!("{mark} {family:?}"),
                    ServiceKey::Address { address, .. } => address.to_string(),
                })
                .collect();
            words.join(", ")
        })
        .collect()
    }

    const A: (&str, &str) = ("a", "10.0.0.1-3 80");
    const BOTH: (&str, &str) = ("both", "10.0.1.1 80\nfd00::1 80");
    const OWN: (&str, &str) = ("own", "10.0.2.1 80\nfwmark 1000");

    #[test]
    fn a_group_of_addresses_is_one_service_of_each_family() {
        let lvs = of(&file("nftables_ipvs", &[A, BOTH, OWN]));
        // the file itself has 1000
        let expected = ["1001 V4", "1002 V4, 1002 V6", "10.0.2.1, 1000 V4"];
        assert_eq!(services(&lvs), expected);
        let marked = lvs.virtual_servers[0]
            .group
            .as_ref()
            .map(|g| g.marked.len());
        assert_eq!(marked, Some(3));
        for global in ["", "nftables_ipvs_start_fwmark 7"] {
            let lvs = of(&file(global, &[A]));
            assert_eq!(services(&lvs), ["10.0.0.1, 10.0.0.2, 10.0.0.3"], "{global}");
        }
        let global = "nftables_ipvs t\nnftables_ipvs_start_fwmark 4294967295\nnftables_counters";
        let lvs = of(&file(global, &[A, BOTH]));
        assert_eq!(services(&lvs), ["4294967295 V4", "10.0.1.1, fd00::1"]);
        let marking = lvs.table.marking.expect("marking");
        assert_eq!((marking.table.as_str(), marking.counts), ("t", true));
    }

    #[test]
    fn who_has_a_mark_keeps_it() {
        let old = of(&file("nftables_ipvs", &[A, BOTH]));
        assert_eq!(services(&old), ["1000 V4", "1001 V4, 1001 V6"]);
        let with = |groups: &[(&str, &str)]| {
            let mut lvs = of(&file("nftables_ipvs", groups));
            assign(&mut lvs, Some(&old));
            let once = services(&lvs);
            assign(&mut lvs, Some(&old));
            assert_eq!(services(&lvs), once, "twice is once");
            once
        };
        let c = ("c", "10.0.3.1 80");
        assert_eq!(
            with(&[c, BOTH, A]),
            ["1002 V4", "1001 V4, 1001 V6", "1000 V4"]
        );
        assert_eq!(with(&[c, BOTH]), ["1000 V4", "1001 V4, 1001 V6"]);
        // what the file names itself it has
        assert_eq!(with(&[A, OWN]), ["1001 V4", "10.0.2.1, 1000 V4"]);
    }
}
