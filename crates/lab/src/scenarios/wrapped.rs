//! Routes that wrap their packets (`encap`), beside iproute2 and keepalived: MPLS and ILA are modules, so it
//! runs in the guest.

use super::world::{ONE, host};
use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use std::time::Duration;

const FILE: &str = "cases/wrapped.conf";
/// What iproute2 is told for the same routes.
const SAME: [&str; 6] = [
    "10.71.0.0/16 dev eth0 encap ip id 7 dst 10.1.1.1 src 10.1.1.2 tos 10",
    "10.72.0.0/16 encap ip6 dst fd00::1 id 7 tc 3 hoplimit 9 dev eth0",
    "10.73.0.0/16 encap mpls 100/200/1048575 via 172.168.2.100 dev eth0",
    "fd71:0:0:1:2000::1 encap ila 2001:db8:0:1 via fe80::7 dev eth0",
    "10.74.0.0/16 via 172.168.2.100 dev eth0",
    "10.75.0.0/16 nexthop encap ip id 8 via 172.168.2.100 dev eth0 weight 2 nexthop via 172.168.2.101 dev eth0",
];
const TABLE: u32 = 77;
/// That of the same routes.
const OTHER: u32 = 78;
const PATIENCE: Duration = Duration::from_secs(9);
const BOUND: Duration = Duration::from_secs(1);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    one.sysctl("net.ipv6.conf.eth0.disable_ipv6", "0")?;
    for words in SAME {
        let (to, rest) = words.split_once(' ').unwrap_or((words, ""));
        let scope = if to.contains(':') { "" } else { "scope global" };
        one.ip(&format!(
            "route add {to} table {OTHER} proto 18 {scope} {rest}"
        ))?;
    }
    let same = table(&one, OTHER);

    let keepalived = Program::Keepalived;
    let mut theirs = master(ctx, &one, &keepalived)?;
    let lines = table(&one, TABLE);
    let wrapped: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains(" encap "))
        .collect();
    ctx.check(
        !wrapped.is_empty(),
        format!("keepalived wraps: {wrapped:?}"),
    );
    let known = wrapped.iter().all(|line| same.contains(line));
    ctx.check(known, "what it wraps is as iproute2 makes it");
    theirs.stop(Duration::from_secs(6))?;

    let program = ctx.a.clone();
    let mut director = master(ctx, &one, &program)?;
    ctx.check(
        table(&one, TABLE) == same,
        format!("Holdfast's {} lines are iproute2's", same.len()),
    );
    for line in table(&one, TABLE)
        .iter()
        .filter(|line| !same.contains(line))
    {
        ctx.step(format!("only Holdfast: {line}"));
    }
    for route in ["10.71.0.0/16", "10.73.0.0/16"] {
        one.ip(&format!("route del {route} table {TABLE}"))?;
        let back = wait_some("the route", BOUND, || {
            (table(&one, TABLE) == same).then_some(())
        });
        ctx.note(&format!("{route} is put back as it was"), back);
    }
    director.stop(Duration::from_secs(6))?;
    let left = table(&one, TABLE);
    ctx.check(left.is_empty(), format!("nothing is left: {left:?}"));
    Ok(())
}

/// The program, once it is master and its routes stand.
fn master(ctx: &mut Ctx, host: &Host, program: &Program) -> Result<Director> {
    let mut director = ctx.director(host, program, &["-P"])?;
    director.configure(ctx.file(FILE)?)?;
    director.start()?;
    // the last one that every program can make
    wait_some("the routes", PATIENCE, || {
        let lines = table(host, TABLE);
        let last = lines.iter().any(|line| line.starts_with("10.75.0.0/16"));
        last.then_some(())
    })?;
    Ok(director)
}

fn table(host: &Host, number: u32) -> Vec<String> {
    let mut lines = Vec::new();
    for family in ["-4", "-6"] {
        let text = host.ip(&format!("{family} route show table {number}"));
        let text = text.unwrap_or_default();
        lines.extend(text.lines().map(|line| line.trim().to_owned()));
    }
    lines
}
