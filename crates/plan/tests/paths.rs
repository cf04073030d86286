//! Routes and rules: identity, difference, order.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use holdfast_model::{AddressFamily, Hop, IfName, Route, Rule, RuleAction};
use holdfast_plan::path::{PathAttr, PathDomain, PathId, RouteShape, claim, route, rule};
use holdfast_plan::{Act, Observed, Origin, Ours, diff};
use std::net::IpAddr;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn to(destination: &str) -> Route {
    let address = ip(destination);
    let via = Hop {
        via: Some(ip("10.0.0.254")),
        ..Hop::default()
    };
    Route {
        hops: vec![via],
        ..Route::to((address, 16))
    }
}

fn at(priority: u32) -> Rule {
    Rule {
        protocol: 18,
        ..Rule::all(AddressFamily::V4, priority, RuleAction::Table(100))
    }
}

fn acts(routes: &[Route], rules: &[Rule], observed: &Observed<PathDomain>) -> Vec<(Act, PathId)> {
    let ours: Ours<PathDomain> = observed
        .keys()
        .map(|id| (id.clone(), Origin::Made))
        .collect();
    let want = claim(routes, rules);
    let ops = diff::<PathDomain>(Some(&want), observed, &ours);
    ops.iter().map(|op| (op.act(), op.id().clone())).collect()
}

/// As the kernel shows it: with the interface that it found.
fn shown(wanted: &Route, sent: Option<&PathAttr>) -> PathAttr {
    let hops = wanted.hops.iter();
    let shape = RouteShape {
        kind: wanted.kind,
        protocol: wanted.protocol,
        source: wanted.source,
        hops: hops.map(|hop| (hop.via, IfName::new("eth0"))).collect(),
    };
    PathAttr::seen(shape, sent)
}

#[test]
fn routes_come_before_rules_and_go_after_them() {
    let (a, b) = (to("10.1.0.0"), at(7));
    let (a_id, a_attr) = route(&a);
    let (b_id, b_attr) = rule(&b);
    let all = [a.clone()];
    let rules = [b];
    assert_eq!(
        acts(&all, &rules, &Observed::<PathDomain>::new()),
        [(Act::Create, a_id.clone()), (Act::Create, b_id.clone())]
    );
    let there = [(a_id.clone(), a_attr), (b_id.clone(), b_attr)].into();
    assert_eq!(acts(&all, &rules, &there), []);
    assert_eq!(
        acts(&[], &[], &there),
        [(Act::Delete, b_id), (Act::Delete, a_id)]
    );
}

#[test]
fn what_the_kernel_shows_of_ours_is_ours() {
    let wanted = to("10.1.0.0");
    let (id, sent) = route(&wanted);
    let there = |attr| [(id.clone(), attr)].into();
    // the kernel adds an interface to a gateway: that is no difference
    assert_eq!(
        acts(
            std::slice::from_ref(&wanted),
            &[],
            &there(shown(&wanted, Some(&sent)))
        ),
        []
    );
    // somebody else's of the same identity is replaced, and so is one that we know nothing of
    let mut other = wanted.clone();
    other.protocol = 4;
    let edit = [(Act::Edit, id.clone())];
    assert_eq!(
        acts(
            std::slice::from_ref(&wanted),
            &[],
            &there(shown(&other, Some(&sent)))
        ),
        edit
    );
    assert_eq!(
        acts(
            std::slice::from_ref(&wanted),
            &[],
            &there(shown(&wanted, None))
        ),
        edit
    );
    // what the kernel does not show is compared with what was sent
    let mut longer = wanted.clone();
    longer.metrics.push((2, 1400));
    assert_eq!(
        acts(&[longer], &[], &there(shown(&wanted, Some(&sent)))),
        edit
    );
}

#[test]
fn table_tos_and_metric_make_another_route() {
    let base = to("10.1.0.0");
    let mut others = vec![base.clone(), base.clone(), base.clone(), base];
    others[1].table = 7;
    others[2].tos = 16;
    others[3].metric = 5;
    assert_eq!(claim(&others, &[]).len(), 4);
    // the last of two that are one counts, as with `ip route replace`
    let mut six = vec![to("fd00::"), to("fd00::")];
    six[1].metric = 1024;
    assert_eq!(claim(&six, &[]).len(), 1);
}
