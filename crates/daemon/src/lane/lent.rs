//! FULLNAT: an nftables table of our own, and `net.ipv4.vs.conntrack`, without which the kernel does
//! not know the connections of IPVS.

use super::kept::Kept;
use crate::state::StateFile;
use holdfast_kernel::netlink::NetlinkError;
use holdfast_kernel::nft::{self, lend, remove};
use holdfast_kernel::rt::sysctl::{read_host, write_host};
use holdfast_model::{AddressFamily, Forwarding, LvsModel, Mono, Protocol, ServiceKey};
use holdfast_nft::Lent;

/// The name of the table.
const TABLE: &str = "holdfast_fullnat";
/// Below net.ipv4.
const CONNTRACK: &str = "vs/conntrack";
/// What a kernel without nf_tables says: EINVAL, EPROTONOSUPPORT, EOPNOTSUPP, EAFNOSUPPORT.
const ABSENT: [i32; 4] = [22, 93, 95, 97];

/// The rules for a configuration, in order. Pure.
pub(crate) fn rules(model: &LvsModel) -> Vec<Lent> {
    let mut list = Vec::new();
    for server in &model.virtual_servers {
        for service in server.services() {
            let own = |address| AddressFamily::of(address) == service.family();
            for lent in server.options.lent.iter().filter(|one| own(one.address)) {
                let port = server.row_port(service, lent.port, Forwarding::Nat);
                list.push(Lent {
                    service: match service {
                        ServiceKey::Address { address, port, .. } => Some((*address, *port)),
                        ServiceKey::Fwmark { .. } => None,
                    },
                    protocol: service.protocol().map(number),
                    server: (lent.address, port),
                    sources: lent.sources.clone(),
                });
            }
        }
    }
    list.sort_unstable();
    list.dedup();
    list
}

/// IANA's numbers.
pub(super) const fn number(protocol: Protocol) -> u8 {
    match protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
        Protocol::Sctp => 132,
    }
}

/// What is written on the table of the daemon with this state file.
pub(crate) fn mark(file: &StateFile) -> String {
    format!("{} fullnat", file.mark())
}

/// What is lent, and what has to be given back.
#[derive(Debug, Default)]
pub(super) struct Lending {
    mark: String,
    kept: Kept<Vec<Lent>>,
    /// `conntrack` before us; some: there may be a table of ours.
    pub(super) was: Option<i32>,
}

impl Lending {
    /// `was` was written down by a worker before us.
    pub(super) fn resumed(mark: String, was: Option<i32>) -> Self {
        Self {
            mark,
            was,
            ..Self::default()
        }
    }

    pub(super) fn configure(&mut self, wanted: Vec<Lent>) {
        self.kept.configure(wanted);
    }

    fn is_done(&self) -> bool {
        let none = self.kept.done.is_none() && self.was.is_none();
        self.kept.is_done() || none && self.kept.wanted.is_empty()
    }

    /// When it wants to try again.
    pub(super) fn deadline(&self) -> Option<Mono> {
        (!self.is_done()).then_some(self.kept.due())
    }

    /// True when there is something to be written down before anything is changed.
    pub(super) fn prepare(&mut self) -> bool {
        if self.is_done() || self.was.is_some() {
            return false;
        }
        // without the setting there is no IPVS, or one without connection tracking: that is said later
        self.was = Some(read_host(CONNTRACK).unwrap_or(0));
        true
    }

    /// Makes it so.
    pub(super) fn apply(&mut self) {
        if self.is_done() || !self.kept.begin() {
            return;
        }
        let made = if self.kept.wanted.is_empty() {
            self.give_back()
        } else {
            self.make()
        };
        if let Some(error) = self.kept.end(made) {
            tracing::error!(
                "FULLNAT: {error}; real servers without a way back through this host are not reached, trying again"
            );
        }
    }

    /// True when rules are gone, or connections are not tracked any more, and all has to be made again.
    pub(super) fn look(&mut self) -> bool {
        let looks = self.kept.look(|made| !made.is_empty());
        looks && self.seen(nft::lent(&self.mark), read_host(CONNTRACK).ok())
    }

    /// So many rules of ours are there; there should be all, and connections tracked.
    fn seen(&mut self, rules: Result<usize, NetlinkError>, tracked: Option<i32>) -> bool {
        if tracked == Some(0) {
            tracing::warn!(
                "FULLNAT: somebody has set net.ipv4.vs.conntrack to 0, with which no server is reached: setting it to 1 again"
            );
            self.kept.lost();
            return true;
        }
        let all = holdfast_nft::count(&self.kept.wanted);
        self.kept.seen("FULLNAT", rules, all)
    }

    fn make(&self) -> Result<(), String> {
        let failed =
            |error| format!("cannot set net.ipv4.vs.conntrack (CONFIG_IP_VS_NFCT): {error}");
        write_host(CONNTRACK, 1).map_err(failed)?;
        let failed = |error| format!("the kernel takes no nftables table of ours: {error}");
        lend(TABLE, &self.mark, &self.kept.wanted).map_err(failed)
    }

    /// Everything as it was.
    pub(super) fn give_back(&mut self) -> Result<(), String> {
        if let Some(was) = self.was {
            give_back(&self.mark, was)?;
        }
        self.was = None;
        Ok(())
    }
}

/// Removes the table, and sets `conntrack` to what it was unless somebody has changed it.
pub(crate) fn give_back(mark: &str, was: i32) -> Result<(), String> {
    let removed = remove_table(mark);
    if read_host(CONNTRACK).is_ok_and(|now| now == 1) && was != 1 {
        write_host(CONNTRACK, was).map_err(|error| format!("net.ipv4.vs.conntrack: {error}"))?;
    }
    removed
}

/// Removes the table of whoever wrote this on it.
pub(crate) fn remove_table(mark: &str) -> Result<(), String> {
    match remove(mark) {
        // a kernel without nf_tables has no table
        Err(error) if ABSENT.contains(&error.errno()) => Ok(()),
        removed => removed.map_err(|error| format!("the nftables table stays: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_config::compile;
    use holdfast_model::HostFacts;
    use holdfast_syntax::{Environment, Nothing, SourceMap, parse};
    use std::net::IpAddr;

    fn of(text: &str) -> Vec<Lent> {
        let mut sources = SourceMap::single("keepalived.conf", text.as_bytes());
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        rules(&compile(&tree, read, &HostFacts::default()).model.lvs)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_for_each_real_server_of_each_service() {
        let text = "virtual_server_group g {\n 10.0.0.10 80\n 10.0.0.11 81\n fwmark 7\n}\n\
            virtual_server group g {\n lb_algo rr\n lb_kind FULLNAT 10.1.0.254\n protocol UDP\n \
            real_server 10.1.0.1 8080 {\n }\n real_server 10.1.0.2 8080 {\n lvs_method NAT\n }\n}\n";
        let rule = |service, protocol, port| Lent {
            service,
            protocol,
            server: (ip("10.1.0.1"), port),
            sources: vec![ip("10.1.0.254")],
        };
        let expected = [
            rule(None, None, 8080),
            rule(Some((ip("10.0.0.10"), 80)), Some(17), 8080),
            rule(Some((ip("10.0.0.11"), 81)), Some(17), 8080),
        ];
        assert_eq!(of(text), expected);
        assert_eq!(of(&text.replace("FULLNAT 10.1.0.254", "NAT")), []);
    }

    #[test]
    fn rules_that_are_gone_are_made_again() {
        let lent = |server: &str, sources: &[&str]| Lent {
            service: None,
            protocol: None,
            server: (ip(server), 80),
            sources: sources.iter().map(|source| ip(source)).collect(),
        };
        // a rule without an address, and one for each
        let both = vec![
            lent("10.1.0.1", &[]),
            lent("fd00::1", &["fd00::8", "fd00::9"]),
        ];
        let standing = || {
            let mut lending = Lending::default();
            lending.configure(both.clone());
            assert!(lending.kept.begin() && lending.kept.end(Ok(())).is_none());
            lending
        };
        let unread = || Err(NetlinkError::Timeout);
        for (rules, tracked, gone) in [
            (Ok(3), Some(1), false),
            // somebody's own beside them
            (Ok(4), Some(1), false),
            (unread(), None, false),
            (Ok(2), Some(1), true),
            (Ok(0), None, true),
            (Ok(3), Some(0), true),
            (unread(), Some(0), true),
        ] {
            let mut lending = standing();
            let name = format!("{rules:?}, {tracked:?}");
            assert_eq!(lending.seen(rules, tracked), gone, "{name}");
            let due = gone.then_some(Mono::ZERO);
            assert_eq!(lending.deadline(), due, "{name}");
        }
        // nothing is lent: nothing is looked for
        assert!(!Lending::default().look());
    }
}
