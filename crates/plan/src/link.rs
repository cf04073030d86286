//! Virtual links: what is to be done so that those that are wanted are there, and no others of ours.
//!
//! | is there | wanted so | done |
//! |---|---|---|
//! | no | yes | made, once the interface below is there |
//! | as wanted | yes | taken over, whoever made it |
//! | otherwise, ours | yes | removed and made |
//! | otherwise, another's | yes | left alone, and said |
//! | ours | no | removed |

use holdfast_model::{IfName, VirtualLink};
use std::collections::{BTreeMap, BTreeSet};

/// A link of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its index.
    pub index: u32,
    /// Of the interface below it.
    pub base: Option<u32>,
    /// A macvlan interface in private mode.
    pub private: bool,
    /// Its hardware address.
    pub mac: [u8; 6],
}

/// What is done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkStep<'a> {
    /// This one goes.
    Remove {
        /// Its name.
        name: &'a IfName,
        /// Its index.
        index: u32,
    },
    /// This one comes.
    Make {
        /// What it is to be.
        link: &'a VirtualLink,
        /// Index of the interface below.
        base: u32,
    },
    /// This one is there, and was not ours so far.
    TakeOver(&'a VirtualLink),
    /// Another link has its name.
    Occupied(&'a VirtualLink),
}

/// The steps. `ours` were made or taken over; `keep` are not wanted, and are not removed yet.
pub fn steps<'a>(
    wanted: &'a [VirtualLink],
    ours: &'a BTreeSet<IfName>,
    keep: &BTreeSet<IfName>,
    seen: &BTreeMap<IfName, Seen>,
) -> Vec<LinkStep<'a>> {
    let mut steps = Vec::new();
    let names: BTreeSet<&IfName> = wanted.iter().map(|link| &link.name).collect();
    for name in ours {
        if let Some(there) = seen.get(name)
            && !names.contains(name)
            && !keep.contains(name)
        {
            let index = there.index;
            steps.push(LinkStep::Remove { name, index });
        }
    }
    for link in wanted {
        let base = seen.get(&link.base).map(|base| base.index);
        let there = seen.get(&link.name);
        let right = |there: &Seen| {
            there.private && there.mac == link.mac && there.base == base && base.is_some()
        };
        match there {
            Some(there) if right(there) => {
                if !ours.contains(&link.name) {
                    steps.push(LinkStep::TakeOver(link));
                }
                continue;
            }
            Some(there) if ours.contains(&link.name) && there.base.is_some() => {
                let (name, index) = (&link.name, there.index);
                steps.push(LinkStep::Remove { name, index });
            }
            Some(_) => {
                steps.push(LinkStep::Occupied(link));
                continue;
            }
            None => {}
        }
        if let Some(base) = base {
            steps.push(LinkStep::Make { link, base });
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::AddressFamily;

    const MAC: [u8; 6] = [0, 0, 0x5e, 0, 1, 51];

    /// Ours, there, done.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, Seen)], &'a [&'a str]);

    fn name(text: &str) -> IfName {
        IfName::new(text).expect("name")
    }

    fn link(text: &str) -> VirtualLink {
        VirtualLink {
            name: name(text),
            base: name("eth0"),
            mac: MAC,
            family: AddressFamily::V4,
            speaks: false,
        }
    }

    fn there(index: u32, base: Option<u32>, private: bool) -> Seen {
        Seen {
            index,
            base,
            private,
            mac: MAC,
        }
    }

    fn said(ours: &[&str], seen: &[(&str, Seen)]) -> Vec<&'static str> {
        let wanted = [link("vrrp.51")];
        let ours = ours.iter().map(|text| name(text)).collect();
        let keep = [name("kept")].into();
        let seen = seen.iter().map(|(text, seen)| (name(text), seen.clone()));
        let word = |step: &LinkStep<'_>| match step {
            LinkStep::Remove { .. } => "remove",
            LinkStep::Make { .. } => "make",
            LinkStep::TakeOver(_) => "take over",
            LinkStep::Occupied(_) => "occupied",
        };
        let steps = steps(&wanted, &ours, &keep, &seen.collect());
        steps.iter().map(word).collect()
    }

    #[test]
    fn the_table() {
        let eth0 = || ("eth0", there(2, None, false));
        let right = there(9, Some(2), true);
        let wrong = there(9, Some(3), true);
        let other = Seen {
            mac: [2; 6],
            ..right.clone()
        };
        let public = there(9, Some(2), false);
        let cases: [Case<'_>; 11] = [
            (&[], &[], &[]),
            (&[], &[eth0()], &["make"]),
            (&["vrrp.51"], &[eth0()], &["make"]),
            (&[], &[eth0(), ("vrrp.51", right.clone())], &["take over"]),
            (&["vrrp.51"], &[eth0(), ("vrrp.51", right)], &[]),
            (
                &["vrrp.51"],
                &[eth0(), ("vrrp.51", wrong.clone())],
                &["remove", "make"],
            ),
            (&["vrrp.51"], &[("vrrp.51", wrong.clone())], &["remove"]),
            (&[], &[eth0(), ("vrrp.51", other)], &["occupied"]),
            (&[], &[eth0(), ("vrrp.51", public)], &["occupied"]),
            (
                &["old"],
                &[eth0(), ("old", wrong.clone())],
                &["remove", "make"],
            ),
            (&["kept"], &[eth0(), ("kept", wrong)], &["make"]),
        ];
        for (ours, seen, wanted) in cases {
            assert_eq!(said(ours, seen), wanted, "{ours:?} {seen:?}");
        }
    }

    #[test]
    fn a_link_of_the_host_that_has_the_name_of_ours_is_not_removed() {
        let plain = ("vrrp.51", there(9, None, false));
        let eth0 = ("eth0", there(2, None, false));
        assert_eq!(said(&["vrrp.51"], &[eth0, plain]), ["occupied"]);
    }
}
