//! `use_vmac`: the hardware address of the VIPs is the virtual router's, whoever is master; what a
//! client knows of it stays true when the master changes.

use super::world::{GRACE, VIP, VIP2, World, down, six};
use crate::director::Director;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const FILE: &str = "cases/vmac.conf";
const FIRST: u8 = 150;
const SECOND: u8 = 100;
const VIP6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x20);
/// Each with the hardware address that RFC 9568 s7.3 gives it.
const VIPS: [(IpAddr, &str); 3] = [
    (IpAddr::V4(VIP), "00:00:5e:00:01:33"),
    (IpAddr::V6(VIP6), "00:00:5e:00:02:33"),
    (IpAddr::V4(VIP2), "00:00:5e:00:01:34"),
];
/// Nobody listens there: who is reached refuses.
const PORT: u16 = 81;
const PATIENCE: Duration = Duration::from_millis(300);
const BOUND: Duration = Duration::from_secs(2);
/// The last of three masters' first announcements may meet the second round of whom it replaces; where no
/// advert carries the address either, the switch learns better from its own second round, after 5 s.
const REST: Duration = Duration::from_secs(5);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    for (host, last) in [(&world.one, 1), (&world.two, 2), (&world.client, 3)] {
        six(host, &format!("fd00::{last}"))?;
    }
    let (mut one, mut two) = world.directors(ctx, [FILE, FILE], &["-P"])?;
    configure(ctx, &one, FIRST)?;
    configure(ctx, &two, SECOND)?;
    world.start_pair(ctx, &mut one, &mut two)?;
    reached(ctx, &world, "d1", "d1 is master");

    ctx.step("d1 is stopped");
    let at = Instant::now();
    one.stop(Duration::from_secs(6))?;
    world.only("d2", VIP, down(SECOND) + GRACE * 20)?;
    reached(ctx, &world, "d2", "d2 is master");
    announced(ctx, &world, at);
    let left = virtual_links(&world.one)?;
    ctx.check(
        left.is_empty(),
        format!("a stop leaves no interface: {left}"),
    );
    if ctx.a.is_holdfast() {
        let value = world
            .one
            .exec("cat /proc/sys/net/ipv4/conf/eth0/arp_ignore")?;
        ctx.check(value.trim() == "0", "arp_ignore of eth0 is as it was");
    }

    ctx.step("d1 comes back");
    let at = Instant::now();
    one.start()?;
    world.only("d1", VIP, Duration::from_secs(9))?;
    reached(ctx, &world, "d1", "d1 is master again");
    announced(ctx, &world, at);
    if one.program().is_holdfast() {
        taken_away(ctx, &world)?;
        reloaded(ctx, &world, &one)?;
        ctx.step("kill -9 of every process of d1, then ExecStopPost");
        one.kill_all()?;
        let released = one.exec_stop_post();
        ctx.note("release", released);
        let left = virtual_links(&world.one)?;
        ctx.check(left.is_empty(), format!("nor does `release`: {left}"));
        let rules = world.one.exec("nft list ruleset")?;
        ctx.check(rules.is_empty(), "nor a rule");
    }
    Ok(())
}

fn configure(ctx: &Ctx, director: &Director, priority: u8) -> Result<()> {
    director.configure(text(ctx, priority)?)
}

fn text(ctx: &Ctx, priority: u8) -> Result<String> {
    Ok(ctx.file(FILE)?.replace("PRIORITY", &priority.to_string()))
}

/// Interfaces that a reload asks for take nobody down; under another name one is another router.
fn reloaded(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    ctx.step("a reload adds an address on an interface of its own to the master");
    let (at, mark) = (Instant::now(), one.log().mark());
    world.one.ip("link add eth9 type veth peer name eth8")?;
    world.one.ip("link set eth8 up")?;
    world.one.ip("link set eth9 up")?;
    let more = format!("172.168.2.40/32 dev eth9 use_vmac\n{VIP}");
    let added = text(ctx, FIRST)?.replacen(&VIP.to_string(), &more, 1);
    one.configure(&added)?;
    one.reload()?;
    let there = wait_some("the new address", BOUND, || {
        let there = world.one.ip("-o -4 address show").ok()?;
        there.contains("172.168.2.40").then_some(())
    });
    ctx.note("172.168.2.40 is there", there);
    let faults = one.log().count(mark, "FAULT");
    ctx.check(faults == 0, format!("{faults} lines about FAULT"));
    let moves = world.one_has.changes(VIP, at) + world.two_has.changes(VIP, at);
    ctx.check(moves == 0, format!("{moves} moves of the VIP"));

    ctx.step("a reload gives vrrp.51 another name");
    let at = Instant::now();
    let renamed = text(ctx, FIRST)?
        .replacen("use_vmac\n", "use_vmac other.51\n", 1)
        // or it would be given the name that is free now
        .replacen("use_vmac\n", "use_vmac vrrp6.51\n", 1);
    one.configure(renamed)?;
    one.reload()?;
    let resigned = world
        .witness
        .wait("priority 0", at, BOUND, |advert| advert.priority == 0);
    ctx.note("it resigns", resigned);
    let back = wait_some("the VIP on other.51", Duration::from_secs(9), || {
        let there = world.one.ip("-o -4 address show dev other.51").ok()?;
        there.contains(&VIP.to_string()).then_some(())
    });
    ctx.note("its VIP is on other.51", back);
    Ok(())
}

fn virtual_links(host: &Host) -> Result<String> {
    host.ip("-o link show type macvlan")
}

/// The client reaches every VIP, and knows it by the virtual router's hardware address.
fn reached(ctx: &mut Ctx, world: &World, host: &str, when: &str) {
    for (vip, mac) in VIPS {
        let target = SocketAddr::from((vip, PORT));
        let reached = wait_some("an answer", REST + BOUND, || {
            let met = world
                .client
                .within(|| TcpStream::connect_timeout(&target, PATIENCE));
            let refused = |met: std::io::Result<_>| {
                met.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
            };
            met.is_ok_and(refused).then_some(())
        });
        ctx.note(&format!("{when}: {vip} is reached"), reached);
        let known = world.client.ip(&format!("neigh show {vip}"));
        let known = known.unwrap_or_default();
        // keepalived asks for the client with its own address, and the client believes that, too
        if holdfast(ctx, host) {
            let (text, known) = (known.trim(), known.contains(mac));
            ctx.check(known, format!("{when}: {vip} is at {mac}: {text}"));
        }
        // a backup that says one word with it would draw the frames to itself
        let port = world.switch.host_of(mac).unwrap_or_default();
        let port = port.unwrap_or_default();
        let right = port == host;
        ctx.check(right, format!("{when}: the switch knows {mac} at {port}"));
    }
}

fn holdfast(ctx: &Ctx, host: &str) -> bool {
    if host == "d1" { &ctx.a } else { &ctx.b }.is_holdfast()
}

/// Gratuitous ARP said where the VIP is, with no other address than the virtual router's.
fn announced(ctx: &mut Ctx, world: &World, from: Instant) {
    let garps = world.witness.garps(from, VIP);
    let right = garps.iter().all(|(_, mac)| mac == "00:00:5e:00:01:33");
    let text = format!(
        "{} gratuitous ARP with the virtual router's address",
        garps.len()
    );
    ctx.check(right && garps.len() >= 5, text);
}

/// Somebody removes the interface of the master.
fn taken_away(ctx: &mut Ctx, world: &World) -> Result<()> {
    ctx.step("somebody removes vrrp.51 of d1");
    let at = Instant::now();
    world.one.ip("link delete vrrp.51")?;
    let back = wait_some("vrrp.51 with its VIP", BOUND, || {
        let there = world.one.ip("-o -4 address show dev vrrp.51").ok()?;
        there.contains(&VIP.to_string()).then_some(())
    });
    if ctx.note("it is there again", back).is_some() {
        ctx.bound("after", at.elapsed(), Duration::from_millis(500));
    }
    reached(ctx, world, "d1", "d1 is still master");
    let others = world.two_has.changes(VIP, at);
    ctx.check(others == 0, "d2 did not take over");
    Ok(())
}
