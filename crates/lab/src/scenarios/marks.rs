//! `nftables_ipvs`: the addresses of a group are one service of the kernel, by a mark. `ipvsadm -Sn` is row for row
//! what keepalived makes of the same, also after a reload with one more group in front, and so are the marks.

use super::beside::beside;
use super::nat::tables;
use super::world::{ONE, host};
use crate::director::{Program, Role};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait_some;
use crate::table::saved;
use nix::sys::signal::Signal;
use std::time::Duration;

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "group_marks",
    about: "nftables_ipvs: a group's addresses are one service by a mark, that stays when a group comes before it",
    needs: Needs::IpvsAndNft,
    shape: Shape::Single,
    seconds: 20,
    run,
};

const STEPS: [&str; 2] = ["the start", "a reload with one more group in front"];
/// Rows with the services and their servers.
const ROWS: [usize; 2] = [11, 13];
const MORE: &str = "virtual_server_group first {\n 172.168.2.50 80\n}\nvirtual_server group first {\n lb_algo rr\n \
     lb_kind DR\n protocol TCP\n real_server 172.168.3.3 80 {\n weight 1\n }\n}\n";

fn run(ctx: &mut Ctx) -> Result<()> {
    beside(ctx, STEPS, story)
}

/// The table after each step.
fn story(ctx: &mut Ctx, program: &Program) -> Result<Vec<Vec<String>>> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let mut director = ctx.director(&one, program, &["-C"])?;
    let text = ctx.file("cases/marks.conf")?;
    director.configure(&text)?;
    director.start()?;
    let mut seen = vec![reached(ctx, &one, ROWS[0])?];
    given(ctx, program, &one, "172.168.2.20 . 80");
    let before = text.replacen(
        "virtual_server_group web",
        &format!("{MORE}virtual_server_group web"),
        1,
    );
    director.configure(before)?;
    director.signal(Role::Parent, Signal::SIGHUP)?;
    seen.push(reached(ctx, &one, ROWS[1])?);
    given(ctx, program, &one, "172.168.2.50 . 80");
    director.stop(Duration::from_secs(10))?;
    let left = (saved(&one)?, tables(&one)?);
    let nothing = left.0.is_empty() && left.1.trim().is_empty();
    ctx.check(nothing, format!("{program} left nothing behind: {left:?}"));
    drop(director);
    ctx.lab.clear();
    Ok(seen)
}

/// The table once it has so many rows.
fn reached(ctx: &mut Ctx, host: &Host, rows: usize) -> Result<Vec<String>> {
    let mut last = Vec::new();
    let seen = wait_some("all rows", Duration::from_secs(8), || {
        last = saved(host).ok()?;
        (last.len() == rows).then_some(())
    });
    ctx.check(seen.is_ok(), format!("{rows} rows: {last:#?}"));
    Ok(last)
}

/// The rules have these words.
fn given(ctx: &mut Ctx, program: &Program, host: &Host, words: &str) {
    let rules = wait_some(words, Duration::from_secs(3), || {
        tables(host).ok().filter(|rules| rules.contains(words))
    });
    ctx.check(rules.is_ok(), format!("{program}: {rules:?}"));
}
