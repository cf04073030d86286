//! `nftables_ipvs`: an nftables table of our own that gives packets to a group's addresses the mark of its service.

use super::kept::Kept;
use super::lent::remove_table;
use super::predecessor;
use crate::state::StateFile;
use core::net::IpAddr;
use holdfast_kernel::netlink::NetlinkError;
use holdfast_kernel::nft::{self, give_marks};
use holdfast_model::{LvsModel, Marking, Mono, ServiceKey, VirtualServer};
use holdfast_nft::{Marked, Place, rules_for_marks};

/// What the configuration wants: the table and its rules, none without rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MarksWish(Option<(Marking, Vec<Marked>)>);

impl MarksWish {
    pub(crate) fn of(model: &LvsModel) -> Self {
        let rules = rules(model);
        let marking = model.table.marking.clone();
        Self(marking.filter(|_| !rules.is_empty()).map(|it| (it, rules)))
    }
}

/// Addresses that follow one another are one rule. Pure.
fn rules(model: &LvsModel) -> Vec<Marked> {
    let servers = model.virtual_servers.iter();
    let mut all: Vec<(u8, u16, u32, IpAddr)> = servers.flat_map(addresses).collect();
    all.sort_unstable();
    all.dedup();
    let mut rules: Vec<Marked> = Vec::new();
    for (protocol, port, mark, address) in all {
        if let Some(last) = rules.last_mut()
            && (last.protocol, last.port, last.mark) == (protocol, port, mark)
            && next(last.addresses.1) == Some(address)
        {
            last.addresses.1 = address;
            continue;
        }
        rules.push(Marked {
            protocol,
            addresses: (address, address),
            port,
            mark,
        });
    }
    rules
}

/// Each with its protocol, port and mark.
fn addresses(server: &VirtualServer) -> impl Iterator<Item = (u8, u16, u32, IpAddr)> {
    let mark = server.services().iter().find_map(|service| match service {
        ServiceKey::Fwmark { mark, .. } => Some(*mark),
        ServiceKey::Address { .. } => None,
    });
    let marked = server.group.iter().flat_map(|group| &group.marked);
    marked.filter_map(move |service| match service {
        ServiceKey::Address {
            protocol,
            address,
            port,
        } => Some((super::lent::number(*protocol), *port, mark?, *address)),
        ServiceKey::Fwmark { .. } => None,
    })
}

/// The next address of the family.
fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(four) => u32::from(four).checked_add(1).map(|n| IpAddr::V4(n.into())),
        IpAddr::V6(six) => u128::from(six).checked_add(1).map(|n| IpAddr::V6(n.into())),
    }
}

/// What is written on the table of the daemon with this state file.
pub(crate) fn mark(file: &StateFile) -> String {
    format!("{} ipvs", file.mark())
}

/// The table as it is to be, and as it is.
#[derive(Debug, Default)]
pub(super) struct Marks {
    mark: String,
    kept: Kept<MarksWish>,
    /// A keepalived was ended for us, and its table may be left.
    adopts: bool,
}

impl Marks {
    /// A worker before us may have left a table.
    pub(super) fn resumed(mark: String) -> Self {
        Self {
            mark,
            ..Self::default()
        }
    }

    pub(super) fn configure(&mut self, wanted: MarksWish, adopts: bool) {
        self.adopts |= adopts;
        self.kept.configure(wanted);
    }

    /// When it wants to try again.
    pub(super) fn deadline(&self) -> Option<Mono> {
        (!self.kept.is_done()).then_some(self.kept.due())
    }

    /// Makes it so.
    pub(super) fn apply(&mut self) {
        if self.kept.is_done() || !self.kept.begin() {
            return;
        }
        let made = match &self.kept.wanted.0 {
            None => remove_table(&self.mark),
            Some((marking, rules)) => {
                let place = Place {
                    name: marking.table.as_str(),
                    mark: &self.mark,
                    priority: marking.priority,
                    counts: marking.counts,
                };
                let failed = |error| format!("the kernel takes no nftables table of ours: {error}");
                give_marks(&place, rules).map_err(failed)
            }
        };
        let done = made.is_ok();
        if let Some(error) = self.kept.end(made) {
            let groups = "groups are not reached by their addresses";
            tracing::error!("nftables_ipvs: {error}; {groups}, trying again");
        }
        if let Some((marking, _)) = &self.kept.wanted.0
            && done
            && core::mem::take(&mut self.adopts)
        {
            let default = Marking::default().table;
            predecessor::remove_table(&marking.table, &default, "keepalived_ipvs");
        }
    }

    /// True when rules are gone, and have to be made again.
    pub(super) fn look(&mut self) -> bool {
        let looks = self.kept.look(|made| made.0.is_some());
        looks && self.seen(nft::marked(&self.mark))
    }

    /// So many rules are there; there should be all.
    fn seen(&mut self, rules: Result<usize, NetlinkError>) -> bool {
        let wanted = self.kept.wanted.0.as_ref();
        let all = wanted.map_or(0, |(_, rules)| rules_for_marks(rules));
        self.kept.seen("nftables_ipvs", rules, all)
    }

    /// Everything as it was.
    pub(super) fn give_back(&mut self) -> Result<(), String> {
        let nothing = |made: MarksWish| made.0.is_none();
        if self.kept.done.take().is_some_and(nothing) {
            return Ok(());
        }
        remove_table(&self.mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_config::compile;
    use holdfast_model::HostFacts;
    use holdfast_syntax::{Environment, Nothing, SourceMap, parse};

    fn of(text: &str) -> MarksWish {
        let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        MarksWish::of(&compile(&tree, read, &HostFacts::default()).model.lvs)
    }

    const FILE: &str = "global_defs {\n nftables_ipvs\n}\n\
        virtual_server_group g {\n 10.0.0.254-255 80\n 10.0.1.0 80\n 10.0.1.2 80\n fd00::1 81\n}\n\
        virtual_server group g {\n protocol UDP\n lb_kind TUN\n real_server 10.1.0.1 8080 {\n }\n}\n\
        virtual_server group g {\n protocol TCP\n lb_kind TUN\n real_server 10.1.0.1 8080 {\n }\n}\n";

    #[test]
    fn a_rule_for_addresses_that_follow_one_another() {
        let rule = |protocol, first: &str, last: &str, port, mark| Marked {
            protocol,
            addresses: (first.parse().unwrap(), last.parse().unwrap()),
            port,
            mark,
        };
        let of_mark = |protocol, mark| {
            [
                rule(protocol, "10.0.0.254", "10.0.1.0", 80, mark),
                rule(protocol, "10.0.1.2", "10.0.1.2", 80, mark),
                rule(protocol, "fd00::1", "fd00::1", 81, mark),
            ]
        };
        let expected = [of_mark(6, 1001), of_mark(17, 1000)].concat();
        assert_eq!(of(FILE).0.map(|(_, rules)| rules), Some(expected));
        assert_eq!(of(&FILE.replace("nftables_ipvs", "")), MarksWish(None));
        assert_eq!(of("global_defs {\n nftables_ipvs\n}\n"), MarksWish(None));
    }

    #[test]
    fn rules_that_are_gone_are_made_again() {
        let mut marks = Marks::resumed("m".to_owned());
        assert_eq!(marks.deadline(), Some(Mono::ZERO), "one may have been left");
        assert!(!marks.look(), "none of ours is known yet");
        for (rules, gone) in [
            (Ok(4), false),
            (Ok(5), false),
            (Err(NetlinkError::Timeout), false),
            (Ok(3), true),
            (Ok(0), true),
        ] {
            marks.configure(of(FILE), false);
            assert!(marks.kept.begin() && marks.kept.end(Ok(())).is_none());
            assert_eq!(marks.deadline(), None);
            assert_eq!(marks.seen(rules), gone);
            assert_eq!(marks.deadline(), gone.then_some(Mono::ZERO));
        }
    }
}
