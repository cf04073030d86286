//! BFD sessions with keepalived's speaker, FRR's, and FRR's behind a router (RFC 5883), each
//! watched by an instance: the neighbour dies, the session is down within its detection time, and
//! the other director serves; the neighbour is back, and so is the VIP.

use super::wires::SIX;
use super::world::{GRACE, ONE, World, host, six};
use crate::director::{Director, Program};
use crate::error::{Doing as _, Result};
use crate::frr::Frr;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

const KEEPALIVED: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 30);
const KEEPALIVED6: &str = "fd00::30";
const FRR: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 31);
const ROUTER: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 32);
const FAR: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

/// One packet each 100 ms, three may be missing.
const DETECT: Duration = Duration::from_millis(300);
const INTERVAL: Duration = Duration::from_millis(200);
const FIRST: u8 = 150;
const SECOND: u8 = 100;
/// A session is slow, one packet a second, until it is up.
const UP: Duration = Duration::from_secs(4);

/// How long a flood lasts.
const FLOOD: Duration = Duration::from_secs(2);

/// A session, and the instance that watches it.
struct Watched {
    session: &'static str,
    vip: Ipv4Addr,
    /// How long the second director needs once the first one knows.
    over: Duration,
}

/// (256 - priority) / 256 of the interval (RFC 9568 s6.1).
fn skew() -> Duration {
    INTERVAL * (256 - u32::from(SECOND)) / 256
}

fn watched() -> [Watched; 4] {
    let one = |session, last, over| Watched {
        session,
        vip: Ipv4Addr::new(172, 168, 2, last),
        over,
    };
    [
        // a weight: the backup hears that it is better, and waits its time
        one("keepalived", 20, INTERVAL * 3 + skew() + INTERVAL),
        // a fault: the master resigns
        one("six", 23, skew()),
        one("frr", 21, skew()),
        one("far", 22, skew()),
    ]
}

fn file(priority: u8, sessions: bool) -> String {
    let times = "min_rx 100\nmin_tx 100\nmultiplier 3\n";
    let mut text = String::new();
    if sessions {
        text += &format!(
            "bfd_instance keepalived {{\nneighbor_ip {KEEPALIVED}\nsource_ip {ONE}\n{times}\
             weight -100\n}}\n\
             bfd_instance six {{\nneighbor_ip {KEEPALIVED6}\nsource_ip {}\n{times}}}\n\
             bfd_instance frr {{\nneighbor_ip {FRR}\nsource_ip {ONE}\n{times}}}\n\
             bfd_instance far {{\nneighbor_ip {FAR}\nsource_ip {ONE}\nmultihop\nmax_hops 1\n\
             {times}}}\n",
            SIX[0]
        );
    }
    for (each, vrid) in watched().iter().zip(81..) {
        let track = if sessions {
            format!("track_bfd {{\n{}\n}}\n", each.session)
        } else {
            String::new()
        };
        text += &format!(
            "vrrp_instance V{vrid} {{\ninterface eth0\nvirtual_router_id {vrid}\n\
             priority {priority}\nversion 3\nadvert_int {}\n{track}\
             virtual_ipaddress {{\n{}\n}}\n}}\n",
            INTERVAL.as_secs_f64(),
            each.vip
        );
    }
    text
}

/// keepalived's end of a session.
fn speaker_file(name: &str, neighbor: &str, own: &str) -> String {
    format!(
        "bfd_instance {name} {{\nneighbor_ip {neighbor}\nsource_ip {own}\nmin_rx 100\n\
         min_tx 100\nmultiplier 3\n}}\n"
    )
}

const SINGLE: &str = "bfd\npeer ONE local-address OWN\nTIMESexit\nexit\n";
const MULTI: &str = "bfd\npeer ONE multihop local-address OWN\nminimum-ttl 254\nTIMESexit\nexit\n";

/// A configuration of bfdd.
fn bfdd(pattern: &str, own: Ipv4Addr) -> String {
    let times = "detect-multiplier 3\nreceive-interval 100\ntransmit-interval 100\n";
    let text = pattern.replace("ONE", &ONE.to_string());
    text.replace("OWN", &own.to_string())
        .replace("TIMES", times)
}

/// A host behind a router.
fn far(ctx: &Ctx, world: &World) -> Result<Host> {
    let (router, _) = host(ctx, &world.switch, "r", ROUTER)?;
    let other = ctx.lab.switch("sw1")?;
    let _cable = other.plug(&router, "eth1")?;
    router.address("10.77.0.1/24", "eth1")?;
    router.sysctl("net.ipv4.ip_forward", "1")?;
    let far = ctx.lab.host("m")?;
    let _cable = other.plug(&far, "eth0")?;
    far.address(&format!("{FAR}/24"), "eth0")?;
    far.route("default via 10.77.0.1")?;
    world.one.route(&format!("10.77.0.0/24 via {ROUTER}"))?;
    Ok(far)
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (on_k, _) = host(ctx, &world.switch, "k", KEEPALIVED)?;
    let (on_f, _) = host(ctx, &world.switch, "f", FRR)?;
    let on_m = far(ctx, &world)?;
    six(&world.one, SIX[0])?;
    six(&on_k, KEEPALIVED6)?;
    let pid = ctx.path("bfd.pid").to_string_lossy().into_owned();
    let mut speaker = ctx.director(&on_k, &Program::Keepalived, &["-b", &pid])?;
    let four = speaker_file("one", &ONE.to_string(), &KEEPALIVED.to_string());
    speaker.configure(four + &speaker_file("six", SIX[0], KEEPALIVED6))?;
    let (mut frr, mut multi) = (ctx.frr(&on_f)?, ctx.frr(&on_m)?);
    let (single_file, multi_file) = (bfdd(SINGLE, FRR), bfdd(MULTI, FAR));

    let (a, b) = (ctx.a.clone(), ctx.b.clone());
    let mut one = ctx.director(&world.one, &a, &["-P"])?;
    let mut two = ctx.director(&world.two, &b, &["-P"])?;
    one.configure(file(FIRST, true))?;
    two.configure(file(SECOND, false))?;
    ctx.step("start all of them");
    speaker.start()?;
    frr.run("bfdd", &single_file)?;
    multi.run("bfdd", &multi_file)?;
    one.start()?;
    two.start()?;
    let [keepalived, over_six, single, hop] = watched();
    for each in [&keepalived, &over_six, &single, &hop] {
        back(ctx, &world, &one, 0, each)?;
    }
    seen_by_frr(ctx, &frr, "up");
    seen_by_frr(ctx, &multi, "up");

    flooded(ctx, &world, &one)?;
    let mark = one.log().mark();
    ctx.step("kill keepalived, the neighbour");
    let at = speaker.kill_all()?;
    over(ctx, &world, &one, mark, &keepalived, at)?;
    over(ctx, &world, &one, mark, &over_six, at)?;
    let mark = one.log().mark();
    ctx.step("kill bfdd, the neighbour");
    let at = frr.kill("bfdd")?;
    over(ctx, &world, &one, mark, &single, at)?;
    let mark = one.log().mark();
    ctx.step("kill bfdd behind the router");
    let at = multi.kill("bfdd")?;
    over(ctx, &world, &one, mark, &hop, at)?;

    ctx.step("start them again");
    let mark = one.log().mark();
    speaker.start()?;
    frr.run("bfdd", &single_file)?;
    multi.run("bfdd", &multi_file)?;
    for each in [&keepalived, &over_six, &single, &hop] {
        back(ctx, &world, &one, mark, each)?;
    }

    ctx.step("SIGTERM to d1: its neighbours are told");
    let told = speaker.log().mark();
    one.stop(Duration::from_secs(8))?;
    let words = "Entering Down state (Local diagnostic - Neighbor Signaled Session Down, Remote \
                 diagnostic - Administratively Down)";
    let said = speaker.log().wait(told, words, GRACE);
    ctx.note("keepalived heard it", said);
    for neighbour in [&frr, &multi] {
        seen_by_frr(ctx, neighbour, "administratively down");
    }
    Ok(())
}

/// Somebody floods the port with packets of no session: none goes down.
fn flooded(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    ctx.step("a flood on BFD's port");
    let mark = one.log().mark();
    let sent = world.stranger.within(|| {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.set_ttl(255)?;
        socket.connect((ONE, 3784))?;
        let (end, mut sent) = (Instant::now() + FLOOD, 0_u32);
        while Instant::now() < end {
            for name in [0_u32, 0x1234] {
                let mut packet = [0x20, 0xc0, 3, 24, 0, 0, 0, 77].to_vec();
                packet.extend(name.to_be_bytes());
                packet.resize(24, 0);
                // a full queue is a flood, too
                sent += u32::from(socket.send(&packet).is_ok());
            }
        }
        Ok::<_, std::io::Error>(sent)
    })?;
    let sent = sent.doing("flood")?;
    let down = one.log().count(mark, "Entering Down state");
    ctx.check(down == 0, format!("{down} sessions down by {sent} packets"));
    Ok(())
}

/// bfdd agrees.
fn seen_by_frr(ctx: &mut Ctx, frr: &Frr, words: &str) {
    let bound = Duration::from_secs(2);
    let seen = wait(&format!("bfdd says `{words}`"), bound, || {
        let said = frr.ask("show bfd peers");
        said.is_ok_and(|said| said.contains(words))
    });
    ctx.note("bfdd", seen);
}

/// The session is down in time, and the other director has the VIP.
fn over(
    ctx: &mut Ctx,
    world: &World,
    one: &Director,
    mark: usize,
    what: &Watched,
    from: Instant,
) -> Result<()> {
    let Watched { session, vip, over } = what;
    let words = format!("({session}) Entering Down state");
    let (at, _) = one.log().wait(mark, &words, DETECT * 4)?;
    let took = at.saturating_duration_since(from);
    ctx.bound(&format!("{session} is down"), took, DETECT + GRACE);
    let has = world.two_has.wait(*vip, true, Duration::from_secs(5))?;
    let took = has.saturating_duration_since(from);
    ctx.bound(&format!("d2 has {vip}"), took, DETECT + *over + GRACE);
    ctx.note("alone", world.only("d2", *vip, Duration::from_secs(3)));
    Ok(())
}

/// The session is up, and d1 has the VIP.
fn back(ctx: &mut Ctx, world: &World, one: &Director, mark: usize, what: &Watched) -> Result<()> {
    let words = format!("({}) Entering Up state", what.session);
    one.log().wait(mark, &words, UP)?;
    world.only("d1", what.vip, UP + Duration::from_secs(1))?;
    ctx.step(format!("{} is up, d1 has {}", what.session, what.vip));
    Ok(())
}
