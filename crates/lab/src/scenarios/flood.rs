//! A hundred thousand packets a second that nobody may believe, at the master and at the backup.

use super::pair::gap;
use super::world::{ONE, STRANGER, TWO, VIP, VIP2, World};
use crate::error::Result;
use crate::scenario::Ctx;
use crate::wire::{Capture, Forged, flood};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

const RATE: u32 = 100_000;
/// Percent of it: this program shares the machine with both directors and with other scenarios.
const ENOUGH: u64 = 60;
const TIME: Duration = Duration::from_secs(10);
/// What the measurement itself may be late by: the watcher shares two processors with the flood, and
/// other scenarios run beside it. An advert that is missing shows all the same.
const WATCHER: Duration = Duration::from_millis(20);
/// Lines that a flood may cost.
const LINES: usize = 20;
/// Virtual routers, their intervals, their addresses.
const ROUTERS: [(u8, Duration, Ipv4Addr); 2] = [
    (71, Duration::from_secs(1), VIP),
    (72, Duration::from_millis(100), VIP2),
];

fn file(own: Ipv4Addr, peer: Ipv4Addr, priority: u8) -> String {
    let instance = |(vrid, interval, vip): &(u8, Duration, Ipv4Addr)| {
        let version = if interval.as_secs() > 0 { 2 } else { 3 };
        format!(
            "vrrp_instance V{vrid} {{\ninterface eth0\nvirtual_router_id {vrid}\npriority {priority}\n\
             version {version}\nadvert_int {}\nunicast_src_ip {own}\nunicast_peer {{\n{peer}\n}}\n\
             virtual_ipaddress {{\n{vip}\n}}\n}}\n",
            interval.as_secs_f64()
        )
    };
    ROUTERS.iter().map(instance).collect()
}

/// Half of them for virtual routers that are here: these the kernel's filter lets through.
fn kinds() -> Vec<Forged> {
    let better = |vrid| Forged::better(STRANGER, vrid, VIP, "");
    let mut kinds = Vec::new();
    for (vrid, ..) in ROUTERS {
        let mut sum = better(vrid);
        sum.checksum_error = 1;
        let mut kind = better(vrid);
        kind.version_type = 0x22;
        let mut short = better(vrid);
        short.cut = 4;
        let mut old = better(vrid);
        old.version_type = 0x41;
        kinds.extend([sum, kind, short, old]);
    }
    kinds.extend((100..108).map(better));
    kinds
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (a, b) = (ctx.a.clone(), ctx.b.clone());
    let mut one = ctx.director(&world.one, &a, &["-P"])?;
    let mut two = ctx.director(&world.two, &b, &["-P"])?;
    one.configure(file(ONE, TWO, 150))?;
    two.configure(file(TWO, ONE, 100))?;
    world.start_pair(ctx, &mut one, &mut two)?;
    world.only("d1", VIP2, Duration::from_secs(3))?;
    // the master is watched from the other host when it is flooded, and the other way round
    for (name, target, watcher) in [("d1", ONE, &world.two), ("d2", TWO, &world.one)] {
        ctx.step(format!("{RATE} packets a second to {name}"));
        let logs = [one.log(), two.log()];
        let marks = logs.each_ref().map(|log| log.mark());
        let capture = Capture::start(watcher)?;
        let from = Instant::now();
        let sent = flood(&world.stranger, target, &kinds(), RATE, TIME)?;
        let until = Instant::now();
        let meant = u64::from(RATE) * TIME.as_secs();
        ctx.check(sent >= meant * ENOUGH / 100, format!("{sent} packets sent"));
        for (vrid, interval, vip) in ROUTERS {
            let ours =
                capture.adverts(|each| each.source == IpAddr::V4(ONE) && each.vrid() == vrid);
            let mut times: Vec<Instant> = ours.iter().map(|each| each.at).collect();
            times.push(until);
            let longest = gap(&times);
            let what = format!("V{vrid}: longest time between two adverts");
            ctx.bound(&what, longest, interval * 105 / 100 + WATCHER);
            let moved = world.one_has.changes(vip, from) + world.two_has.changes(vip, from);
            ctx.check(moved == 0, format!("V{vrid}: {moved} moves of the VIP"));
        }
        let lines = logs
            .iter()
            .zip(marks)
            .map(|(log, mark)| log.since(mark).len());
        let lines: usize = lines.sum();
        ctx.check(lines <= LINES, format!("{lines} lines in both logs"));
    }
    Ok(())
}
