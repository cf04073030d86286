//! Routes and rules.

use crate::domain::{Act, Desired, Domain, Op, Retry, Verdict, Want};
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::route::{Prefix, kind};
use holdfast_model::{AddressFamily, IfName, Owner, Route, Rule};

/// Routes and rules, wanted by instances and by the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathDomain;

/// Identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathId {
    /// A route.
    Route(RouteId),
    /// A rule is nothing but its identity: the whole of it, protocol and `no_track` left out.
    Rule(Box<Rule>),
}

/// What tells two routes apart (model: table, destination, tos, metric).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId {
    /// IPv4 and IPv6 have tables of their own.
    pub family: AddressFamily,
    /// The table.
    pub table: u32,
    /// Where to.
    pub destination: Prefix,
    /// Only packets of this source.
    pub from: Option<Prefix>,
    /// Type of service.
    pub tos: u8,
    /// As the kernel shows it.
    pub metric: u32,
}

/// What can differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathAttr {
    /// Of a route.
    Route {
        /// What the kernel shows as it was written.
        shape: RouteShape,
        /// All of it. The kernel shows much of this changed, so for a route that it shows it is
        /// what we sent last; `None` when we sent none like it.
        whole: Option<Box<Route>>,
    },
    /// Of a rule.
    Rule {
        /// FRA_PROTOCOL.
        protocol: u8,
        /// It is not missed when somebody deletes it.
        untracked: bool,
    },
}

/// The visible part of a route.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteShape {
    /// RTN_*.
    pub kind: u8,
    /// RTPROT_*.
    pub protocol: u8,
    /// The preferred source.
    pub source: Option<IpAddr>,
    /// Gateways and interfaces; the kernel shows an interface for each.
    pub hops: Vec<(Option<IpAddr>, Option<IfName>)>,
}

impl RouteShape {
    /// Whether the kernel, asked for `self`, may show `seen`.
    fn shows_as(&self, seen: &Self) -> bool {
        let same = |(want, have): (&(Option<IpAddr>, Option<IfName>), &_)| {
            let (via, dev): &(Option<IpAddr>, Option<IfName>) = have;
            want.0 == *via && (want.1.is_none() || want.1 == *dev)
        };
        (self.kind, self.protocol, self.source) == (seen.kind, seen.protocol, seen.source)
            && self.hops.len() == seen.hops.len()
            && self.hops.iter().zip(&seen.hops).all(same)
    }
}

impl PathAttr {
    /// A route that stands in the kernel, `sent` being what we put there last.
    pub fn seen(mut shape: RouteShape, sent: Option<&Self>) -> Self {
        if !leads_on(shape.kind) {
            shape.hops.clear();
        }
        match sent {
            Some(sent @ Self::Route { shape: ours, .. }) if ours.shows_as(&shape) => sent.clone(),
            Some(_) | None => Self::Route { shape, whole: None },
        }
    }

    /// Who made it, as far as it says.
    pub const fn protocol(&self) -> u8 {
        match self {
            Self::Route { shape, .. } => shape.protocol,
            Self::Rule { protocol, .. } => *protocol,
        }
    }
}

/// Has a route of this kind a next hop?
const fn leads_on(number: u8) -> bool {
    !matches!(
        number,
        kind::BLACKHOLE | kind::UNREACHABLE | kind::PROHIBIT | kind::THROW
    )
}

/// Identity and attributes of a route.
pub fn route(route: &Route) -> (PathId, PathAttr) {
    /// What the kernel takes for an IPv6 route without one (IP6_RT_PRIO_USER).
    const SIX: u32 = 1024;
    let metric = match (route.family, route.metric) {
        (AddressFamily::V6, 0) => SIX,
        (_, metric) => metric,
    };
    let id = PathId::Route(RouteId {
        family: route.family,
        table: route.table,
        destination: route.destination,
        from: route.from,
        tos: route.tos,
        metric,
    });
    let hops = route.hops.iter().filter(|_| leads_on(route.kind));
    let shape = RouteShape {
        kind: route.kind,
        protocol: route.protocol,
        source: route.source,
        hops: hops.map(|hop| (hop.via, hop.dev.clone())).collect(),
    };
    let whole = Some(Box::new(route.clone()));
    (id, PathAttr::Route { shape, whole })
}

/// Identity and attributes of a rule.
pub fn rule(rule: &Rule) -> (PathId, PathAttr) {
    let attr = PathAttr::Rule {
        protocol: rule.protocol,
        untracked: rule.untracked,
    };
    let mut bare = rule.clone();
    (bare.protocol, bare.untracked) = (0, false);
    (PathId::Rule(Box::new(bare)), attr)
}

/// What an owner wants: routes, then rules, in the order of the file.
pub fn claim(routes: &[Route], rules: &[Rule]) -> Want<PathDomain> {
    let all = routes.iter().map(route).chain(rules.iter().map(rule));
    let mut want = Want::<PathDomain>::new();
    for (id, attr) in all {
        // the last of two that are one counts
        want.retain(|other| other.id != id);
        want.push(Desired {
            id,
            attr: Some(attr),
        });
    }
    want
}

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;

impl Domain for PathDomain {
    type Key = Owner;
    type Id = PathId;
    type Attr = PathAttr;

    const KEEP_FOUND: bool = true;
    const RETRY: Retry = Retry {
        first: Duration::from_millis(10),
        last: Duration::from_secs(1),
        report_after: Duration::from_secs(1),
    };

    fn key_of(_: &PathId) -> Option<Owner> {
        None
    }

    fn root(_: &Owner) -> Option<PathId> {
        None
    }

    fn covers(_: &PathId, _: &PathId) -> bool {
        false
    }

    /// Routes before the rules that lead to them; back in reverse.
    fn rank(id: &PathId, act: Act) -> u8 {
        match (id, act) {
            (PathId::Rule(_), Act::Delete) => 0,
            (PathId::Route(_), _) => 1,
            (PathId::Rule(_), Act::Create | Act::Edit) => 2,
        }
    }

    /// NLM_F_REPLACE takes a route's place without a gap; a rule is deleted and made anew.
    fn editable(_: &PathAttr, want: &PathAttr) -> bool {
        matches!(want, PathAttr::Route { .. })
    }

    fn is_missed(attr: &PathAttr) -> bool {
        match attr {
            PathAttr::Route { whole, .. } => !whole.as_ref().is_some_and(|route| route.untracked),
            PathAttr::Rule { untracked, .. } => !untracked,
        }
    }

    fn verdict(op: &Op<PathId, PathAttr>, errno: i32) -> Verdict<PathId> {
        match (op.act(), errno) {
            (Act::Create, EEXIST) => Verdict::Exists(op.id().clone()),
            (Act::Delete, ESRCH | ENOENT | ENODEV) | (Act::Edit, ESRCH | ENOENT) => {
                Verdict::Absent(op.id().clone())
            }
            (_, EPERM | EINVAL) => Verdict::Permanent,
            (Act::Create | Act::Edit | Act::Delete, _) => Verdict::Retry,
        }
    }
}
