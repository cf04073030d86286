//! FRR's vrrpd as peer, each plain form twice: once Holdfast is the better one, once FRR. Each is
//! stopped and comes back, `HOLDFAST_LAB_ROUNDS` times, 2 without it.

use super::bytes::router;
use super::wires::{FIRST, Form, SECOND, SIX, forms};
use super::world::{GRACE, ONE, World, six};
use crate::error::Result;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::wire::{Capture, RawAdvert};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How long a program may take from its start to its first listening; FRR asks zebra first.
const START: Duration = Duration::from_secs(1);

/// A virtual router.
struct Cell {
    form: &'static Form,
    vrid: u8,
    /// Holdfast has the higher priority.
    ours: bool,
}

impl Cell {
    fn name(&self) -> String {
        let who = if self.ours { "holdfast" } else { "FRR" };
        format!("{} of {who}", self.form.name)
    }

    /// Who sent it: FRR's IPv6 adverts come from the macvlan's own address.
    fn is_ours(&self, advert: &RawAdvert) -> bool {
        let one = if self.form.vip().is_ipv6() {
            SIX_LOCAL.parse().ok()
        } else {
            Some(IpAddr::from(ONE))
        };
        Some(advert.source) == one
    }

    fn adverts(&self, capture: &Capture) -> Vec<RawAdvert> {
        let six = self.form.vip().is_ipv6();
        capture.adverts(|each| {
            each.vrid() == self.vrid && each.source.is_ipv6() == six && each.priority() > 0
        })
    }

    /// Waits until the one has taken over: when its first advert came.
    fn taken(&self, ctx: &mut Ctx, capture: &Capture, ours: bool, from: Instant, bound: Duration) {
        let first = || {
            let adverts = self.adverts(capture);
            let later = adverts.into_iter().filter(|each| each.at >= from);
            let mut theirs = later.filter(|each| self.is_ours(each) == ours);
            theirs.next().map(|each| each.at)
        };
        let who = if ours { "holdfast" } else { "FRR" };
        let what = format!("{}: {who} is master", self.name());
        // FRR's first IPv6 advert meets a macvlan that is not up yet, and is lost
        let lost = !ours && self.form.vip().is_ipv6();
        let bound = bound + self.form.interval() * u32::from(lost);
        let patience = bound + Duration::from_secs(5);
        let came = wait(&what, patience, || first().is_some());
        ctx.note(&what, came);
        if let Some(at) = first() {
            ctx.bound(&what, at.saturating_duration_since(from), bound);
        }
    }

    /// How long both were master: while one speaks, the other speaks before and after it.
    fn both(&self, capture: &Capture) -> Duration {
        let adverts = self.adverts(capture);
        let patience = self.form.interval() * 3 / 2;
        let (ours, theirs): (Vec<_>, Vec<_>) = adverts.iter().partition(|each| self.is_ours(each));
        let mut longest = Duration::ZERO;
        for (one, other) in [(&ours, &theirs), (&theirs, &ours)] {
            for advert in one {
                let at = advert.at;
                let follows = |each: &&&RawAdvert| each.at > at && each.at - at < patience;
                if let Some(start) = run_until(other, at, patience)
                    && other.iter().any(|each| follows(&each))
                {
                    let own = run_until(one, at, patience).unwrap_or(at);
                    longest = longest.max(at - start.max(own));
                }
            }
        }
        longest
    }
}

/// Since when somebody has been speaking without a pause at `at`, if he has.
fn run_until(adverts: &[&RawAdvert], at: Instant, patience: Duration) -> Option<Instant> {
    let mut start = None;
    let mut next = at;
    for advert in adverts.iter().rev().filter(|each| each.at <= at) {
        if next - advert.at > patience {
            break;
        }
        start = Some(advert.at);
        next = advert.at;
    }
    start
}

/// The link-local address of the first director.
const SIX_LOCAL: &str = "fe80::18";

fn cells() -> Vec<Cell> {
    let plain = forms(false).into_iter().filter(|form| form.of_frr());
    let cells = plain.flat_map(|form| [(form, true), (form, false)]);
    let cell = |((form, ours), vrid)| Cell { form, vrid, ours };
    cells.zip(91..).map(cell).collect()
}

/// Addresses that both ends know, and the two configurations.
fn prepare(world: &World, cells: &[Cell]) -> Result<(String, String)> {
    for (host, address) in [&world.one, &world.two].into_iter().zip(SIX) {
        // no link-local address but the one given here
        host.sysctl("net.ipv6.conf.eth0.addr_gen_mode", "1")?;
        six(host, address)?;
    }
    let line = format!("address add {SIX_LOCAL}/64 dev eth0 nodad");
    world.one.ip(&line)?;
    world
        .stranger
        .sysctl("net.ipv6.conf.eth0.disable_ipv6", "0")?;
    let (mut ours, mut theirs) = (String::new(), "interface eth0\n".to_owned());
    for cell in cells {
        let (own, other) = if cell.ours {
            (FIRST, SECOND)
        } else {
            (SECOND, FIRST)
        };
        let instance = cell.form.instance(usize::from(cell.vrid), own, true);
        ours += &instance.replacen(cell.form.name, &format!("V{}", cell.vrid), 1);
        theirs += &router(&world.two, cell.form, cell.vrid, other)?;
    }
    Ok((ours, theirs))
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let rounds = std::env::var("HOLDFAST_LAB_ROUNDS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(2);
    let (world, cells) = (World::new(ctx)?, cells());
    let (ours, theirs) = prepare(&world, &cells)?;
    let program = ctx.a.clone();
    let mut one = ctx.director(&world.one, &program, &["-P"])?;
    one.configure(ours)?;
    let mut frr = ctx.frr(&world.two)?;
    let capture = Capture::start(&world.stranger)?;
    let up = |form: &Form| START + form.down(FIRST) + GRACE;

    ctx.step("start holdfast and FRR");
    let at = Instant::now();
    frr.run("vrrpd", &theirs)?;
    one.start()?;
    for cell in &cells {
        cell.taken(ctx, &capture, cell.ours, at, up(cell.form));
    }
    let (mine, frrs): (Vec<_>, Vec<_>) = cells.iter().partition(|cell| cell.ours);
    for round in 1..=rounds {
        ctx.step(format!("round {round}: SIGTERM to holdfast"));
        let at = Instant::now();
        one.terminate()?;
        for cell in &mine {
            cell.taken(ctx, &capture, false, at, cell.form.skew(SECOND) + GRACE);
        }
        one.wait_end(Duration::from_secs(8))?;
        ctx.step("start it again");
        let at = Instant::now();
        one.start()?;
        for cell in &mine {
            cell.taken(ctx, &capture, true, at, up(cell.form));
        }
        ctx.step("SIGTERM to FRR");
        let at = frr.stop("vrrpd")?;
        for cell in &frrs {
            cell.taken(ctx, &capture, true, at, cell.form.down(SECOND) + GRACE);
        }
        ctx.step("start it again");
        let at = Instant::now();
        frr.run("vrrpd", &theirs)?;
        for cell in &frrs {
            cell.taken(ctx, &capture, false, at, up(cell.form));
        }
    }
    for cell in &cells {
        let what = format!("{}: both were master", cell.name());
        ctx.bound(&what, cell.both(&capture), GRACE);
        let adverts = cell.adverts(&capture);
        let wrong = adverts.iter().filter(|each| !each.checksum_ok()).count();
        let what = format!("{}: {wrong} wrong checksums", cell.name());
        ctx.check(wrong == 0, what);
    }
    let stats = one.vrrp_stats()?;
    ctx.check(!stats.contains("Rejected"), "no advert of FRR was rejected");
    Ok(())
}
