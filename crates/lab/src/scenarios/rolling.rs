//! A rolling change: an address is added on one director, then on the other, in versions 2 and 3.
//! Meanwhile their lists differ, and nobody moves: there are never two masters, and never none.
//! keepalived 2.2.7 drops adverts of another list, and becomes master beside us: as a backup it needs
//! `vrrp_skip_check_adv_addr`, and to be changed after the master, for a reload makes it look again.

use super::world::{ONE, TWO, VIP, VIP2, World};
use crate::director::Director;
use crate::error::Result;
use crate::scenario::Ctx;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

const FILE: &str = "cases/rolling.conf";
/// Longer than a backup waits for a master that it does not believe any more.
const WATCHED: Duration = Duration::from_millis(4_500);

/// The addresses that are added: to both instances with the first change, then with the second.
const FIRST: [u8; 2] = [22, 23];
const SECOND: [u8; 2] = [24, 25];

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, [FILE, FILE], &[])?;
    configure(ctx, &one, 150, &[])?;
    configure(ctx, &two, 100, &[])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    world.only("d1", VIP2, Duration::from_secs(9))?;
    let both = [FIRST, SECOND].concat();
    let mut changes = [
        ("d1, the master,", &FIRST[..], &FIRST),
        ("d2", &FIRST, &FIRST),
        ("d2", &both, &SECOND),
        ("d1", &both, &SECOND),
    ];
    if !two.program().is_holdfast() {
        changes.swap(2, 3);
    }
    for (who, more, new) in changes {
        ctx.step(format!("{who} has {new:?} added"));
        let from = Instant::now();
        if who == "d2" {
            configure(ctx, &two, 100, more)?;
            two.reload()?;
        } else {
            configure(ctx, &one, 150, more)?;
            one.reload()?;
        }
        // nothing is waited for: nothing may happen in that time
        std::thread::sleep(WATCHED);
        unmoved(ctx, &world, from);
        if who != "d2" {
            for last in *new {
                let vip = Ipv4Addr::new(172, 168, 2, last);
                let held = world.one_has.has(vip) && !world.two_has.has(vip);
                ctx.check(held, format!("d1 has {vip}, and d2 has not"));
            }
        }
    }
    Ok(())
}

fn configure(ctx: &Ctx, director: &Director, priority: u8, more: &[u8]) -> Result<()> {
    let mut text = ctx.file(FILE)?.replace("PRIORITY", &priority.to_string());
    for last in more {
        text = text.replace(&format!("# MORE {last}"), &format!("172.168.2.{last}/16"));
    }
    if !director.program().is_holdfast() {
        text = format!("global_defs {{\n    vrrp_skip_check_adv_addr\n}}\n{text}");
    }
    director.configure(text)
}

/// Nobody else spoke, and no address that was there went anywhere.
fn unmoved(ctx: &mut Ctx, world: &World, from: Instant) {
    for vip in [VIP, VIP2] {
        let moved = world.one_has.changes(vip, from) + world.two_has.changes(vip, from);
        ctx.check(moved == 0, format!("{moved} moves of {vip}"));
    }
    let spoke = |source| {
        world
            .witness
            .adverts(from, |advert| advert.source == source)
            .len()
    };
    let (master, other) = (spoke(ONE), spoke(TWO));
    ctx.check(other == 0, format!("d2 sent {other} adverts"));
    ctx.check(master >= 6, format!("d1 sent {master} adverts"));
}
