//! Virtual links: what is to be done so that those that are wanted are there, and no others of ours.
//!
//! | is there | wanted so | done |
//! |---|---|---|
//! | no | yes | made, once the interface below is there |
//! | as wanted | yes | taken over, whoever made it |
//! | but for whom an ipvlan reaches | yes | set anew |
//! | but for the VRF, which is that of the interface below | yes | moved |
//! | otherwise, ours | yes | removed and made |
//! | otherwise, another's | yes | left alone, and said |
//! | ours | no | removed |

use holdfast_model::{IfName, LinkForm, Reach, VirtualLink};
use std::collections::{BTreeMap, BTreeSet};

/// A link of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its index.
    pub index: u32,
    /// Of the interface below it.
    pub base: Option<u32>,
    /// Whether it is what we make.
    pub kind: SeenKind,
    /// Index of the VRF that it belongs to.
    pub vrf: Option<u32>,
    /// Its hardware address.
    pub mac: [u8; 6],
}

/// What a link of the host is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SeenKind {
    /// A macvlan interface in private mode.
    Macvlan,
    /// An ipvlan interface in mode L2.
    Ipvlan(Reach),
    /// Something else.
    #[default]
    Other,
}

impl SeenKind {
    /// Is it what that link is to be, whomever it reaches?
    fn suits(self, link: &VirtualLink) -> bool {
        match link.form {
            LinkForm::Macvlan(_) => self == Self::Macvlan,
            LinkForm::Ipvlan { .. } => matches!(self, Self::Ipvlan(_)),
        }
    }

    /// An ipvlan interface that does not reach whom that link is to reach.
    fn strays(self, link: &VirtualLink) -> bool {
        match (self, &link.form) {
            (Self::Ipvlan(is), LinkForm::Ipvlan { reach, .. }) => is != *reach,
            (Self::Macvlan | Self::Other | Self::Ipvlan(_), _) => false,
        }
    }
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
        /// Index of the VRF of the interface below.
        vrf: Option<u32>,
    },
    /// The interface below has moved to this VRF, or to none: so does this one.
    Follow {
        /// What it is.
        link: &'a VirtualLink,
        /// Its index.
        index: u32,
        /// That of the VRF.
        vrf: Option<u32>,
    },
    /// This one is there, and was not ours so far.
    TakeOver(&'a VirtualLink),
    /// This one reaches whom it should not; the kernel keeps that for all over one interface, and
    /// whoever made the last has said it.
    Tune {
        /// What it is to be.
        link: &'a VirtualLink,
        /// Its index.
        index: u32,
    },
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
        let below = seen.get(&link.base);
        let (base, vrf) = (
            below.map(|below| below.index),
            below.and_then(|below| below.vrf),
        );
        let there = seen.get(&link.name);
        let right = |there: &Seen| {
            let suits = there.kind.suits(link) && link.may_have(there.mac);
            suits && there.base == base && base.is_some()
        };
        match there {
            Some(there) if right(there) => {
                if !ours.contains(&link.name) {
                    steps.push(LinkStep::TakeOver(link));
                }
                let index = there.index;
                if there.vrf != vrf {
                    steps.push(LinkStep::Follow { link, index, vrf });
                }
                if there.kind.strays(link) {
                    steps.push(LinkStep::Tune { link, index });
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
            steps.push(LinkStep::Make { link, base, vrf });
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
            form: LinkForm::Macvlan(MAC),
            family: AddressFamily::V4,
            speaks: false,
            group: 0,
        }
    }

    fn there(index: u32, base: Option<u32>, kind: SeenKind) -> Seen {
        Seen {
            index,
            base,
            kind,
            vrf: None,
            mac: MAC,
        }
    }

    fn said(ours: &[&str], seen: &[(&str, Seen)]) -> Vec<&'static str> {
        said_of(link("vrrp.51"), ours, seen)
    }

    fn said_of(link: VirtualLink, ours: &[&str], seen: &[(&str, Seen)]) -> Vec<&'static str> {
        let wanted = [link];
        let ours = ours.iter().map(|text| name(text)).collect();
        let keep = [name("kept")].into();
        let seen = seen.iter().map(|(text, seen)| (name(text), seen.clone()));
        let word = |step: &LinkStep<'_>| match step {
            LinkStep::Remove { .. } => "remove",
            LinkStep::Make { .. } => "make",
            LinkStep::TakeOver(_) => "take over",
            LinkStep::Tune { .. } => "tune",
            LinkStep::Follow { .. } => "follow",
            LinkStep::Occupied(_) => "occupied",
        };
        let steps = steps(&wanted, &ours, &keep, &seen.collect());
        steps.iter().map(word).collect()
    }

    #[test]
    fn the_table() {
        let eth0 = || ("eth0", there(2, None, SeenKind::Other));
        let right = there(9, Some(2), SeenKind::Macvlan);
        let wrong = there(9, Some(3), SeenKind::Macvlan);
        let other = Seen {
            mac: [2; 6],
            ..right.clone()
        };
        let public = there(9, Some(2), SeenKind::Other);
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
        let plain = ("vrrp.51", there(9, None, SeenKind::Other));
        let eth0 = ("eth0", there(2, None, SeenKind::Other));
        assert_eq!(said(&["vrrp.51"], &[eth0, plain]), ["occupied"]);
    }

    #[test]
    fn it_goes_where_the_interface_below_goes() {
        let in_vrf = |seen: Seen, vrf| Seen { vrf, ..seen };
        for (below, own, wanted) in [
            (None, None, vec![]),
            (Some(5), None, vec!["follow"]),
            (Some(5), Some(5), vec![]),
            (Some(6), Some(5), vec!["follow"]),
            (None, Some(5), vec!["follow"]),
        ] {
            let eth0 = in_vrf(there(2, None, SeenKind::Other), below);
            let ours = in_vrf(there(9, Some(2), SeenKind::Macvlan), own);
            let seen = [("eth0", eth0.clone()), ("vrrp.51", ours)];
            assert_eq!(said(&["vrrp.51"], &seen), wanted, "{below:?} {own:?}");
            let (wanted, seen) = ([link("vrrp.51")], [(name("eth0"), eth0)].into());
            let (ours, keep) = (BTreeSet::new(), BTreeSet::new());
            let made = steps(&wanted, &ours, &keep, &seen);
            let there = matches!(made.as_slice(), [LinkStep::Make { vrf, .. }] if *vrf == below);
            assert!(there, "{made:?}");
        }
    }

    #[test]
    fn an_ipvlan_interface_is_known_by_its_kind_and_reaches_whom_it_should() {
        let ipvlan = |reach| VirtualLink {
            form: LinkForm::Ipvlan {
                reach,
                address: None,
            },
            ..link("vrrp.51")
        };
        // the interface below has another hardware address than a virtual router
        let is = |kind| ("vrrp.51", there(9, Some(2), kind));
        let eth0 = || ("eth0", there(2, None, SeenKind::Other));
        let bridge = || is(SeenKind::Ipvlan(Reach::Bridge));
        for (reach, ours, seen, wanted) in [
            (Reach::Bridge, vec![], bridge(), vec!["take over"]),
            (Reach::Bridge, vec!["vrrp.51"], bridge(), vec![]),
            (Reach::Private, vec!["vrrp.51"], bridge(), vec!["tune"]),
            (Reach::Vepa, vec![], bridge(), vec!["take over", "tune"]),
            (
                Reach::Bridge,
                vec!["vrrp.51"],
                is(SeenKind::Macvlan),
                vec!["remove", "make"],
            ),
            (
                Reach::Bridge,
                vec![],
                is(SeenKind::Macvlan),
                vec!["occupied"],
            ),
        ] {
            let said = said_of(ipvlan(reach), &ours, &[eth0(), seen.clone()]);
            assert_eq!(said, wanted, "{reach:?} {ours:?} {seen:?}");
        }
        assert_eq!(said(&["vrrp.51"], &[eth0(), bridge()]), ["remove", "make"]);
    }
}
