//! Addresses on lease: they can be used for some time after each advert, and not longer.
//!
//! ```text
//!  advert sent ─────────── limit ───────┐
//!       advert sent ─────────── limit ──┼────┐
//!              nobody sends any more         └ nobody reaches them
//! ```
//! They are guarded before they come, and until they are gone.

use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{InstanceKey, Mono};
use std::collections::{BTreeMap, BTreeSet};

/// A renewal with less left is none: the kernel needs its time, too.
const LEAST: Duration = Duration::from_millis(50);

/// Whose addresses are on lease.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leases {
    owners: BTreeMap<InstanceKey, Lease>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Lease {
    epoch: u64,
    limit: Duration,
    now: BTreeSet<IpAddr>,
    /// Addresses that are perhaps still there.
    before: BTreeSet<IpAddr>,
    /// The last advert.
    sent: Option<Mono>,
    /// The kernel has not been told of it.
    due: bool,
    /// Renewals that came too late, one after the other.
    missed: u32,
}

impl Leases {
    /// From now on these, each usable for `limit` after an advert; those from before are guarded until
    /// the answer to `epoch`.
    pub fn want(
        &mut self,
        owner: InstanceKey,
        epoch: u64,
        limit: Duration,
        addresses: BTreeSet<IpAddr>,
    ) {
        if addresses.is_empty() && !self.owners.contains_key(&owner) {
            return;
        }
        let lease = self.owners.entry(owner).or_default();
        let old = core::mem::replace(&mut lease.now, addresses);
        lease.before.extend(old);
        lease.epoch = epoch;
        if !lease.now.is_empty() {
            lease.limit = limit;
            lease.due = lease.sent.is_some();
        }
    }

    /// The kernel has the addresses of that epoch, and no others of the owner.
    pub fn applied(&mut self, owner: &InstanceKey, epoch: u64) {
        let Some(lease) = self.owners.get_mut(owner) else {
            return;
        };
        if lease.epoch == epoch {
            lease.before.clear();
            if lease.now.is_empty() {
                self.owners.remove(owner);
            }
        }
    }

    /// An advert of its left then.
    pub fn renew(&mut self, owner: InstanceKey, sent: Mono) {
        let lease = self.owners.entry(owner).or_default();
        lease.sent = lease.sent.max(Some(sent));
        lease.due = true;
    }

    /// All that can be used while its lease runs only.
    pub fn guarded(&self) -> BTreeSet<IpAddr> {
        let leases = self.owners.values();
        leases
            .flat_map(|lease| lease.now.union(&lease.before))
            .copied()
            .collect()
    }

    /// What can be used, and for how long from now.
    pub fn alive(&self, now: Mono) -> BTreeMap<IpAddr, Duration> {
        let all = self.owners.values();
        times(all.flat_map(|lease| lease.times(now)))
    }

    /// What the kernel has to be told of adverts since the last time: who can be used for how long. And
    /// who was told of too late twice, with the age of its advert.
    pub fn take_due(
        &mut self,
        now: Mono,
    ) -> (BTreeMap<IpAddr, Duration>, Vec<(InstanceKey, Duration)>) {
        let (mut due, mut late) = (Vec::new(), Vec::new());
        for (owner, lease) in &mut self.owners {
            if !core::mem::take(&mut lease.due) || lease.now.is_empty() {
                continue;
            }
            let times = lease.times(now);
            lease.missed = if times.is_empty() {
                lease.missed + 1
            } else {
                0
            };
            if lease.missed == 2 {
                let age = lease.sent.map_or(Duration::ZERO, |sent| now.since(sent));
                late.push((owner.clone(), age));
            }
            due.extend(times);
        }
        (times(due.into_iter()), late)
    }

    /// All of it has to be told again.
    pub fn forget(&mut self) {
        for lease in self.owners.values_mut() {
            lease.due |= lease.sent.is_some();
        }
    }
}

impl Lease {
    fn times(&self, now: Mono) -> Vec<(IpAddr, Duration)> {
        let left = self.sent.map(|sent| (sent + self.limit).since(now));
        let left = left.filter(|left| *left >= LEAST);
        let all = self.now.union(&self.before);
        left.map(|left| all.map(|address| (*address, left)).collect())
            .unwrap_or_default()
    }
}

/// Two who have the same address: the longer time counts.
fn times(all: impl Iterator<Item = (IpAddr, Duration)>) -> BTreeMap<IpAddr, Duration> {
    let mut times = BTreeMap::new();
    for (address, time) in all {
        let longest: &mut Duration = times.entry(address).or_default();
        *longest = time.max(*longest);
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(2_900);

    fn owner(name: &str) -> InstanceKey {
        InstanceKey(name.into())
    }

    fn some(addresses: &[&str]) -> BTreeSet<IpAddr> {
        let parse = |text: &&str| text.parse().expect("address");
        addresses.iter().map(parse).collect()
    }

    fn at(millis: u64) -> Mono {
        Mono::from_secs(100) + Duration::from_millis(millis)
    }

    fn millis(times: &BTreeMap<IpAddr, Duration>) -> Vec<(String, u128)> {
        let one = |(address, time): (&IpAddr, &Duration)| (address.to_string(), time.as_millis());
        times.iter().map(one).collect()
    }

    #[test]
    fn the_time_counts_from_the_advert_whenever_it_is_told() {
        let mut leases = Leases::default();
        leases.renew(owner("a"), at(0));
        assert!(leases.guarded().is_empty());
        leases.want(owner("a"), 1, LIMIT, some(&["10.0.0.1"]));
        assert_eq!(leases.guarded(), some(&["10.0.0.1"]));
        let one = |time| vec![("10.0.0.1".to_owned(), time)];
        assert_eq!(millis(&leases.take_due(at(100)).0), one(2_800));
        assert!(leases.take_due(at(100)).0.is_empty(), "told once");
        assert_eq!(millis(&leases.alive(at(2_850))), one(50));
        assert!(leases.alive(at(2_851)).is_empty(), "too little is nothing");
        leases.renew(owner("a"), at(1_000));
        assert_eq!(millis(&leases.take_due(at(1_200)).0), one(2_700));
        // an older advert takes nothing back
        leases.renew(owner("a"), at(500));
        assert_eq!(millis(&leases.take_due(at(1_200)).0), one(2_700));
    }

    #[test]
    fn what_is_told_too_late_twice_is_said() {
        let mut leases = Leases::default();
        leases.want(owner("a"), 1, LIMIT, some(&["10.0.0.1"]));
        leases.renew(owner("a"), at(0));
        assert_eq!(leases.take_due(at(3_000)), (BTreeMap::new(), vec![]));
        leases.renew(owner("a"), at(1_000));
        let late = vec![(owner("a"), Duration::from_secs(3))];
        assert_eq!(leases.take_due(at(4_000)), (BTreeMap::new(), late));
        leases.renew(owner("a"), at(2_000));
        assert!(leases.take_due(at(5_000)).1.is_empty(), "once");
    }

    #[test]
    fn guarded_until_it_is_gone() {
        let mut leases = Leases::default();
        leases.want(owner("a"), 1, LIMIT, some(&["10.0.0.1"]));
        leases.renew(owner("a"), at(0));
        leases.applied(&owner("a"), 1);
        leases.want(owner("a"), 2, LIMIT, some(&["10.0.0.2"]));
        assert_eq!(leases.guarded(), some(&["10.0.0.1", "10.0.0.2"]));
        leases.applied(&owner("a"), 1);
        assert_eq!(leases.guarded(), some(&["10.0.0.1", "10.0.0.2"]));
        leases.applied(&owner("a"), 2);
        assert_eq!(leases.guarded(), some(&["10.0.0.2"]));
        leases.want(owner("a"), 3, Duration::ZERO, some(&[]));
        assert_eq!(leases.guarded(), some(&["10.0.0.2"]));
        leases.applied(&owner("a"), 3);
        assert_eq!(leases, Leases::default());
        leases.want(owner("b"), 4, LIMIT, some(&[]));
        assert_eq!(leases, Leases::default(), "nobody without a lease");
    }

    #[test]
    fn of_two_with_one_address_the_longer_time_counts() {
        let mut leases = Leases::default();
        for (name, sent) in [("a", 0), ("b", 700)] {
            leases.want(owner(name), 1, LIMIT, some(&["fe80::1"]));
            leases.renew(owner(name), at(sent));
        }
        let one = vec![("fe80::1".to_owned(), 2_900)];
        assert_eq!(millis(&leases.alive(at(700))), one);
        assert_eq!(millis(&leases.take_due(at(700)).0), one);
    }
}
