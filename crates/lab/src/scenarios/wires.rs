//! Every form of the protocol at once, an instance each: the master is stopped, its backup serves,
//! it comes back and is handed everything again. `HOLDFAST_LAB_ROUNDS` of that, 2 without it.

use super::world::{GRACE, ONE, TWO, World, six};
use crate::error::Result;
use crate::scenario::Ctx;
use crate::watch::{AddressWatch, settle};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// A form of the protocol.
pub(super) struct Form {
    pub(super) name: &'static str,
    pub(super) version: u8,
    /// In the instance; `OWN` and `PEER` stand for addresses.
    words: &'static [&'static str],
    /// The first is watched.
    pub(super) vips: &'static [&'static str],
}

const UNICAST: &str = "unicast_src_ip OWN\nunicast_peer {\nPEER\n}\n";
const PASSWORD: &str = "authentication {\nauth_type PASS\nauth_pass wires\n}\n";

/// keepalived signs since 2.4 only.
const SIGNED: &str = "auth_hmac {\nkey 1 0123456789abcdef0123456789abcdef\n}\n";

const FORMS: [Form; 13] = [
    form("M2", 2, &[], &["172.168.3.1"]),
    form("M2P", 2, &[PASSWORD], &["172.168.3.2"]),
    form("U2", 2, &[UNICAST], &["172.168.3.3"]),
    form("U2P", 2, &[UNICAST, PASSWORD], &["172.168.3.4"]),
    form("M3", 3, &[], &["172.168.3.5"]),
    form("U3", 3, &[UNICAST], &["172.168.3.6"]),
    form("M36", 3, &[], &["fe80::aaaa:7", "fd00::107"]),
    form("U36", 3, &[UNICAST], &["fd00::108"]),
    form("M26", 2, &[], &["fe80::aaaa:9", "fd00::109"]),
    form("U26", 2, &[UNICAST], &["fd00::10a"]),
    form("M2H", 2, &[SIGNED], &["172.168.3.9"]),
    form("U3H", 3, &[UNICAST, SIGNED], &["172.168.3.10"]),
    form("M36H", 3, &[SIGNED], &["fe80::aaaa:11", "fd00::111"]),
];

const fn form(
    name: &'static str,
    version: u8,
    words: &'static [&'static str],
    vips: &'static [&'static str],
) -> Form {
    Form {
        name,
        version,
        words,
        vips,
    }
}

pub(super) const FIRST: u8 = 150;
pub(super) const SECOND: u8 = 100;
/// How long a program may take from its start to its first listening.
const START: Duration = Duration::from_millis(500);
pub(super) const SIX: [&str; 2] = ["fd00::18", "fd00::19"];

impl Form {
    /// To the group, without password.
    pub(super) fn plain(&self) -> bool {
        self.words.is_empty()
    }

    /// What FRR speaks, too: its version 2 knows IPv4 only.
    pub(super) fn of_frr(&self) -> bool {
        self.plain() && (self.version == 3 || self.vip().is_ipv4())
    }

    pub(super) fn interval(&self) -> Duration {
        Duration::from_millis(if self.version == 2 { 1000 } else { 300 })
    }

    /// RFC 3768 s6.1, RFC 9568 s6.1.
    pub(super) fn skew(&self, priority: u8) -> Duration {
        self.interval() * (256 - u32::from(priority)) / 256
    }

    pub(super) fn down(&self, priority: u8) -> Duration {
        self.interval() * 3 + self.skew(priority)
    }

    pub(super) fn vip(&self) -> IpAddr {
        let vip = self.vips.first().and_then(|vip| vip.parse().ok());
        vip.unwrap_or(IpAddr::from([0, 0, 0, 0]))
    }

    pub(super) fn instance(&self, vrid: usize, priority: u8, first: bool) -> String {
        let (four, six) = ([ONE.to_string(), TWO.to_string()], SIX.map(str::to_owned));
        let ends = if self.vip().is_ipv6() { six } else { four };
        let [one, two] = ends;
        let (own, peer) = if first { (one, two) } else { (two, one) };
        let words = self
            .words
            .concat()
            .replace("OWN", &own)
            .replace("PEER", &peer);
        let interval = self.interval().as_secs_f64();
        let mut text = format!(
            "vrrp_instance {} {{\ninterface eth0\nvirtual_router_id {vrid}\npriority {priority}\n\
             version {}\nadvert_int {interval}\n{words}virtual_ipaddress {{\n",
            self.name, self.version
        );
        for vip in self.vips {
            let _ = writeln!(text, "{vip}");
        }
        text + "}\n}\n"
    }
}

/// All that both programs speak.
fn spoken(ctx: &Ctx) -> Vec<&'static Form> {
    forms(ctx.a.is_holdfast() && ctx.b.is_holdfast())
}

/// All of them, or those that keepalived has, too.
pub(super) fn forms(ours: bool) -> Vec<&'static Form> {
    let signed = |form: &&Form| form.words.contains(&SIGNED);
    let all = FORMS.iter();
    all.filter(|form| ours || !signed(form)).collect()
}

pub(super) fn file(forms: &[&Form], priority: u8, first: bool) -> String {
    let forms = forms.iter().zip(61..);
    forms
        .map(|(form, vrid)| form.instance(vrid, priority, first))
        .collect()
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let rounds = std::env::var("HOLDFAST_LAB_ROUNDS").ok();
    let rounds = rounds.and_then(|text| text.parse().ok()).unwrap_or(2);
    let world = World::new(ctx)?;
    let forms = spoken(ctx);
    for (host, address) in [&world.one, &world.two].into_iter().zip(SIX) {
        six(host, address)?;
    }
    let (a, b) = (ctx.a.clone(), ctx.b.clone());
    let mut one = ctx.director(&world.one, &a, &["-P"])?;
    let mut two = ctx.director(&world.two, &b, &["-P"])?;
    one.configure(file(&forms, FIRST, true))?;
    two.configure(file(&forms, SECOND, false))?;
    ctx.step(format!("start d1 ({a}) and d2 ({b})"));
    let begin = Instant::now();
    one.start()?;
    two.start()?;
    moved(ctx, &forms, &world.one_has, begin, |form| {
        START + form.down(FIRST) + GRACE
    });
    for round in 1..=rounds {
        ctx.step(format!("round {round}: SIGTERM to d1"));
        let at = Instant::now();
        one.terminate()?;
        moved(ctx, &forms, &world.two_has, at, |form| {
            form.skew(SECOND) + GRACE
        });
        one.wait_end(Duration::from_secs(8))?;
        ctx.step("start it again");
        let at = Instant::now();
        one.start()?;
        moved(ctx, &forms, &world.one_has, at, |form| {
            START + form.down(FIRST) + GRACE
        });
    }
    let (watches, patience) = ([&world.one_has, &world.two_has], Duration::from_secs(2));
    for form in &forms {
        let alone = settle(&watches, form.vip(), "d1", patience, GRACE);
        ctx.note(form.name, alone);
        judge(ctx, &world, form, begin);
    }
    Ok(())
}

/// Waits until a host has everything; how long each form took.
fn moved(
    ctx: &mut Ctx,
    forms: &[&Form],
    to: &AddressWatch,
    from: Instant,
    bound: impl Fn(&Form) -> Duration,
) {
    for form in forms {
        let taken = to.wait(form.vip(), true, bound(form) + Duration::from_secs(5));
        if let Some(at) = ctx.note(form.name, taken) {
            let took = at.saturating_duration_since(from);
            ctx.bound(form.name, took, bound(form));
        }
    }
}

/// Over all rounds: how long both had the address.
fn judge(ctx: &mut Ctx, world: &World, form: &Form, begin: Instant) {
    let (one, two) = (
        world.one_has.turns(form.vip()),
        world.two_has.turns(form.vip()),
    );
    let mut turns: Vec<(Instant, usize, bool)> = Vec::new();
    for (host, list) in [one, two].into_iter().enumerate() {
        let later = list.into_iter().filter(|(at, _)| *at >= begin);
        turns.extend(later.map(|(at, has)| (at, host, has)));
    }
    turns.sort_by_key(|(at, ..)| *at);
    let (mut has, mut since, mut longest) = ([false; 2], begin, Duration::ZERO);
    for (at, host, now) in turns {
        if has == [true, true] {
            longest = longest.max(at.saturating_duration_since(since));
        }
        if let Some(slot) = has.get_mut(host) {
            *slot = now;
        }
        since = at;
    }
    let what = format!("{}: both had the address", form.name);
    ctx.bound(&what, longest, GRACE);
}
