//! Who else has an address that we hold (RFC 5227 s2.4): another master that our adverts do not
//! reach, a host with the same address, or a real server behind direct routing that answers ARP.
//!
//! ```text
//!   hold ──▶ probes ──▶ others answer ──▶ heard ──▶ still held after GRACE? ──▶ said, once
//! ```

use holdfast_kernel::socket::claims::Claim;
use holdfast_model::{IfName, InstanceKey, Mono};
use holdfast_packet::MacAddress;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// Who had an address before may speak for so long; who takes it over has told us of it by then.
const GRACE: Duration = Duration::from_secs(1);
/// Others are asked when we have had an address for so long,
const FIRST: Duration = Duration::from_secs(3);
/// and then this often.
const EVERY: Duration = Duration::from_secs(60);
/// Probes of many addresses leave one after another.
const APART: Duration = Duration::from_millis(5);
/// Claims that are remembered; nobody can make us remember more.
const MOST: usize = 1024;

/// An address, and who claims it.
type Claimed = (IpAddr, MacAddress);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    interface: IfName,
    since: Mono,
    /// When others are asked next.
    probe: Mono,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Ask who else has it.
    Probe { interface: IfName, address: IpAddr },
    /// Somebody has.
    Say(Conflict),
}

/// Somebody else has an address of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) instance: InstanceKey,
    pub(crate) interface: IfName,
    pub(crate) address: IpAddr,
    pub(crate) hardware: MacAddress,
}

/// Addresses that we hold, and what others say of them.
#[derive(Debug, Default)]
pub(crate) struct Conflicts {
    held: BTreeMap<InstanceKey, BTreeMap<IpAddr, Held>>,
    /// Said from then on, if it is still so.
    suspects: BTreeMap<Claimed, Mono>,
    said: BTreeSet<Claimed>,
    /// No probe before this.
    pause: Mono,
    /// Instances that offer their places; whose address was claimed since is none of them any more.
    offered: BTreeSet<InstanceKey>,
    /// Other addresses are held than those that were asked for last.
    changed: bool,
}

impl Conflicts {
    /// What an instance holds from now on.
    pub(crate) fn hold(
        &mut self,
        now: Mono,
        instance: &InstanceKey,
        addresses: impl Iterator<Item = (IfName, IpAddr)>,
    ) {
        let old = self.held.remove(instance).unwrap_or_default();
        let new: BTreeMap<IpAddr, Held> = addresses
            .map(|(interface, address)| {
                let known = old.get(&address);
                let known = known.filter(|known| known.interface == interface);
                let held = known.cloned().unwrap_or(Held {
                    interface,
                    since: now,
                    probe: now + FIRST,
                });
                (address, held)
            })
            .collect();
        self.changed |= !new.keys().eq(old.keys());
        if !new.is_empty() {
            self.held.insert(instance.clone(), new);
        }
        // whoever has it next is news again
        let held = &self.held;
        let has = |address: &IpAddr| held.values().any(|all| all.contains_key(address));
        self.said.retain(|(address, _)| has(address));
        self.suspects.retain(|(address, _), _| has(address));
    }

    /// The addresses that somebody holds here, if they are others than those it said last.
    pub(crate) fn news(&mut self) -> Option<impl Iterator<Item = IpAddr>> {
        let changed = core::mem::take(&mut self.changed);
        changed.then(|| self.held.values().flat_map(BTreeMap::keys).copied())
    }

    fn holder(&self, address: IpAddr) -> Option<(&InstanceKey, &Held)> {
        let mut all = self.held.iter();
        all.find_map(|(instance, held)| Some((instance, held.get(&address)?)))
    }

    /// All that is held is on offer: the first claim of an address of each instance is news.
    pub(crate) fn offer(&mut self) {
        self.offered = self.held.keys().cloned().collect();
    }

    /// Somebody claims an address; on the link with that name. The instance, if it has offered it.
    pub(crate) fn heard(&mut self, now: Mono, link: &IfName, claim: &Claim) -> Option<InstanceKey> {
        let (instance, held) = self.holder(claim.address)?;
        let offered = if held.interface == *link && self.offered.contains(instance) {
            Some(instance.clone())
        } else {
            None
        };
        let claimed = (claim.address, claim.hardware);
        let known = self.said.contains(&claimed) || self.suspects.contains_key(&claimed);
        let early = now < held.since + GRACE;
        let room = self.said.len() + self.suspects.len() < MOST;
        if held.interface == *link && !known && !early && room {
            self.suspects.insert(claimed, now + GRACE);
        }
        offered.filter(|instance| self.offered.remove(instance))
    }

    /// What is due.
    pub(crate) fn due(&mut self, now: Mono) -> Vec<Step> {
        let mut steps = Vec::new();
        let due = self.suspects.extract_if(.., |_, at| *at <= now);
        for ((address, hardware), _) in due.collect::<Vec<_>>() {
            self.said.insert((address, hardware));
            let holder = self.holder(address);
            steps.extend(holder.map(|(instance, held)| {
                Step::Say(Conflict {
                    instance: instance.clone(),
                    interface: held.interface.clone(),
                    address,
                    hardware,
                })
            }));
        }
        if self.pause <= now
            && let Some((address, held)) = next(&mut self.held)
            && held.probe <= now
        {
            held.probe = now + EVERY;
            self.pause = now + APART;
            let interface = held.interface.clone();
            steps.push(Step::Probe { interface, address });
        }
        steps
    }

    /// When something is.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        let all = self.held.values().flatten();
        let probe = all.map(|(_, held)| held.probe).min();
        let probe = probe.map(|at| at.max(self.pause));
        self.suspects.values().copied().chain(probe).min()
    }
}

/// Whose probe is due first.
fn next(held: &mut BTreeMap<InstanceKey, BTreeMap<IpAddr, Held>>) -> Option<(IpAddr, &mut Held)> {
    let all = held.values_mut().flatten();
    let first = all.min_by_key(|(_, held)| held.probe);
    first.map(|(address, held)| (*address, held))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: MacAddress = MacAddress([2, 0, 0, 0, 0, 9]);

    fn at(millis: u64) -> Mono {
        Mono::ZERO + Duration::from_millis(millis)
    }

    fn link(name: &str) -> IfName {
        IfName::new(name).expect("name")
    }

    fn key() -> InstanceKey {
        InstanceKey("VI_1".into())
    }

    fn claim(last: u8) -> Claim {
        Claim {
            link: 2,
            hardware: MAC,
            address: [10, 0, 0, last].into(),
        }
    }

    /// True if it has news.
    fn holds(conflicts: &mut Conflicts, now: Mono, last: &[u8]) -> bool {
        let address = |last: &u8| (link("eth0"), IpAddr::from([10, 0, 0, *last]));
        conflicts.hold(now, &key(), last.iter().map(address));
        conflicts.news().is_some()
    }

    fn said(conflicts: &mut Conflicts, now: Mono) -> Vec<IpAddr> {
        let steps = conflicts.due(now).into_iter();
        let said = steps.filter_map(|step| match step {
            Step::Say(conflict) => Some(conflict.address),
            Step::Probe { .. } => None,
        });
        said.collect()
    }

    #[test]
    fn who_else_has_it_is_said_once_while_it_is_held() {
        let mut conflicts = Conflicts::default();
        assert!(holds(&mut conflicts, at(0), &[1]));
        assert!(!holds(&mut conflicts, at(10), &[1]), "the same again");
        let _not_offered = conflicts.heard(at(900), &link("eth0"), &claim(1));
        assert_eq!(
            said(&mut conflicts, at(2_500)),
            [] as [IpAddr; 0],
            "its last owner"
        );
        let _not_offered = conflicts.heard(at(2_500), &link("eth1"), &claim(1));
        let _not_offered = conflicts.heard(at(2_500), &link("eth0"), &claim(2));
        assert_eq!(
            said(&mut conflicts, at(9_000)),
            [] as [IpAddr; 0],
            "not ours"
        );
        let _not_offered = conflicts.heard(at(10_000), &link("eth0"), &claim(1));
        assert_eq!(conflicts.deadline(), Some(at(11_000)));
        assert_eq!(said(&mut conflicts, at(10_999)), [] as [IpAddr; 0]);
        assert_eq!(said(&mut conflicts, at(11_000)), [claim(1).address]);
        let _not_offered = conflicts.heard(at(12_000), &link("eth0"), &claim(1));
        assert_eq!(said(&mut conflicts, at(20_000)), [] as [IpAddr; 0], "once");
        // given up and taken over again: news
        assert!(holds(&mut conflicts, at(30_000), &[]));
        assert!(holds(&mut conflicts, at(31_000), &[1]));
        let _not_offered = conflicts.heard(at(33_000), &link("eth0"), &claim(1));
        assert_eq!(said(&mut conflicts, at(34_000)), [claim(1).address]);
    }

    #[test]
    fn who_takes_what_is_offered_is_told_of_once() {
        let mut conflicts = Conflicts::default();
        holds(&mut conflicts, at(0), &[1, 2]);
        let hears = |conflicts: &mut Conflicts, name: &str, last| {
            conflicts.heard(at(100), &link(name), &claim(last))
        };
        assert_eq!(hears(&mut conflicts, "eth0", 1), None, "not offered");
        conflicts.offer();
        assert_eq!(hears(&mut conflicts, "eth1", 1), None, "another link");
        assert_eq!(hears(&mut conflicts, "eth0", 3), None, "not held");
        assert_eq!(hears(&mut conflicts, "eth0", 2), Some(key()));
        assert_eq!(hears(&mut conflicts, "eth0", 1), None, "once");
    }

    #[test]
    fn who_takes_it_over_is_no_conflict() {
        let mut conflicts = Conflicts::default();
        holds(&mut conflicts, at(0), &[1]);
        let _not_offered = conflicts.heard(at(5_000), &link("eth0"), &claim(1));
        holds(&mut conflicts, at(5_020), &[]);
        assert_eq!(said(&mut conflicts, at(9_000)), [] as [IpAddr; 0]);
    }

    #[test]
    fn probes_leave_one_after_another_and_again_a_minute_later() {
        let mut conflicts = Conflicts::default();
        holds(&mut conflicts, at(0), &[1, 2, 3]);
        let mut times = Vec::new();
        while let Some(next) = conflicts.deadline().filter(|next| *next < at(64_000)) {
            let steps = conflicts.due(next);
            assert_eq!(steps.len(), 1, "{steps:?}");
            times.push(next.since(Mono::ZERO).as_millis());
        }
        assert_eq!(times, [3_000, 3_005, 3_010, 63_000, 63_005, 63_010]);
    }

    #[test]
    fn nobody_fills_the_memory() {
        let mut conflicts = Conflicts::default();
        holds(&mut conflicts, at(0), &[1]);
        for number in 0..10_000_u32 {
            let [_, a, b, c] = number.to_be_bytes();
            let hardware = MacAddress([2, 0, 0, a, b, c]);
            let claim = Claim {
                hardware,
                ..claim(1)
            };
            let _not_offered = conflicts.heard(at(2_000), &link("eth0"), &claim);
        }
        assert_eq!(said(&mut conflicts, at(4_000)).len(), MOST);
        assert_eq!(conflicts.said.len(), MOST);
    }
}
