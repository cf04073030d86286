//! One configuration, several programs: their adverts are the same bytes.

use super::wires::{FIRST, Form, SIX, file, forms};
use super::world::{World, six};
use crate::director::Program;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::wire::{Capture, RawAdvert};
use std::collections::BTreeMap;
use std::time::Duration;

/// The master-down time of the slowest form, and its start.
const ELECTED: Duration = Duration::from_secs(8);
/// As `wires` numbers its forms.
const VRIDS: std::ops::RangeInclusive<u8> = 61..=70;

/// By virtual router.
type Adverts = BTreeMap<u8, RawAdvert>;

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    for (host, address) in [&world.one, &world.two].into_iter().zip(SIX) {
        six(host, address)?;
    }
    let ours = of_program(ctx, &world.one, &ctx.a.clone())?;
    let theirs = of_program(ctx, &world.one, &Program::Keepalived)?;
    let frrs = of_frr(ctx, &world.one)?;
    for (form, vrid) in forms(false).into_iter().zip(VRIDS) {
        let Some(own) = ours.get(&vrid) else {
            continue;
        };
        ctx.check(own.checksum_ok(), format!("{}: its checksum", form.name));
        if let Some(other) = theirs.get(&vrid) {
            compare(ctx, form, "keepalived", own, other);
        }
        if let Some(other) = frrs.get(&vrid) {
            compare(ctx, form, "FRR", own, other);
        }
    }
    Ok(())
}

/// Waits for an advert of each virtual router.
fn collect(ctx: &mut Ctx, capture: &Capture, vrids: &[u8]) -> Adverts {
    let find = |vrid: u8| capture.last(|each| each.vrid() == vrid && each.priority() == FIRST);
    let all = || vrids.iter().filter_map(|vrid| find(*vrid)).count();
    let came = wait("adverts of all forms", ELECTED, || all() == vrids.len());
    ctx.note("adverts", came);
    let found = vrids.iter().filter_map(|vrid| Some((*vrid, find(*vrid)?)));
    found.collect()
}

fn of_program(ctx: &mut Ctx, host: &Host, program: &Program) -> Result<Adverts> {
    ctx.step(format!("start {program}"));
    let mut director = ctx.director(host, program, &["-P"])?;
    director.configure(file(&forms(false), FIRST, true))?;
    let capture = Capture::start(host)?;
    director.start()?;
    let adverts = collect(ctx, &capture, &VRIDS.collect::<Vec<_>>());
    director.stop(Duration::from_secs(8))?;
    Ok(adverts)
}

/// What FRR can: the group, no password.
fn of_frr(ctx: &mut Ctx, host: &Host) -> Result<Adverts> {
    ctx.step("start FRR");
    let mut text = "interface eth0\n".to_owned();
    let mut vrids = Vec::new();
    for (form, vrid) in forms(false).into_iter().zip(VRIDS) {
        if form.of_frr() {
            text += &router(host, form, vrid, FIRST)?;
            vrids.push(vrid);
        }
    }
    let mut frr = ctx.frr(host)?;
    let capture = Capture::start(host)?;
    frr.run("vrrpd", &text)?;
    let adverts = collect(ctx, &capture, &vrids);
    frr.stop("vrrpd")?;
    Ok(adverts)
}

/// The interface that FRR wants for a virtual router, and its lines.
pub(super) fn router(host: &Host, form: &Form, vrid: u8, priority: u8) -> Result<String> {
    let six = form.vip().is_ipv6();
    let name = format!("vr{vrid}");
    let family = if six { 2 } else { 1 };
    host.ip(&format!(
        "link add {name} link eth0 type macvlan mode bridge"
    ))?;
    host.ip(&format!(
        "link set {name} address 00:00:5e:00:{family:02x}:{vrid:02x}"
    ))?;
    let off = if six { "0" } else { "1" };
    host.sysctl(&format!("net.ipv6.conf.{name}.disable_ipv6"), off)?;
    if six {
        host.sysctl(&format!("net.ipv6.conf.{name}.accept_dad"), "0")?;
    }
    for vip in form.vips {
        let line = if six {
            format!("{vip}/64 dev {name} nodad")
        } else {
            format!("{vip}/16 dev {name}")
        };
        host.ip(&format!("address add {line}"))?;
    }
    host.ip(&format!("link set {name} up"))?;
    let (interval, version) = (form.interval().as_millis(), form.version);
    let mut text = format!(
        "vrrp {vrid} version {version}\nvrrp {vrid} priority {priority}\n\
         vrrp {vrid} advertisement-interval {interval}\n"
    );
    let word = if six { "ipv6" } else { "ip" };
    for vip in form.vips {
        text += &format!("vrrp {vrid} {word} {vip}\n");
    }
    Ok(text)
}

/// The message is the same to the byte, and the IP header but for what is each packet's own.
fn compare(ctx: &mut Ctx, form: &Form, who: &str, own: &RawAdvert, other: &RawAdvert) {
    let what = format!("{} as {who}", form.name);
    let same_source = own.source == other.source;
    let message = |advert: &RawAdvert| {
        let mut bytes = advert.message.clone();
        // the checksum of version 3 covers the addresses of the packet
        if !same_source && let Some(sum) = bytes.get_mut(6..8) {
            sum.fill(0);
        }
        bytes
    };
    ctx.check(other.checksum_ok(), format!("{what}: their checksum"));
    same(
        ctx,
        &format!("{what}: message"),
        &message(own),
        &message(other),
    );
    let header = |advert: &RawAdvert| comparable(advert, form, same_source, who == "FRR");
    let (own, other) = (header(own), header(other));
    same(ctx, &format!("{what}: header"), &own, &other);
}

/// The IP header without what is each packet's own, and what the peers do otherwise.
fn comparable(advert: &RawAdvert, form: &Form, same_source: bool, frr: bool) -> Vec<u8> {
    let mut bytes = advert.header.clone();
    let mut clear = |from: usize, to: usize| {
        if let Some(part) = bytes.get_mut(from..to) {
            part.fill(0);
        }
    };
    if advert.source.is_ipv4() {
        // the packet's number, and the checksum that covers it
        clear(4, 6);
        clear(10, 12);
        if frr {
            // "don't fragment": nobody asks for it, nothing is that long
            clear(6, 8);
        }
        return bytes;
    }
    // the flow label is the kernel's, of 20 bits
    clear(2, 4);
    if !form.plain() {
        // keepalived 2.2.7 leaves it at the kernel's 64 for a peer, ours is 255 as for the group
        clear(7, 8);
    }
    if !same_source {
        clear(8, 24);
    }
    if let Some(byte) = bytes.get_mut(1) {
        *byte &= 0xf0;
    }
    bytes
}

fn same(ctx: &mut Ctx, what: &str, own: &[u8], other: &[u8]) {
    let hex = |bytes: &[u8]| -> String {
        let words = bytes.chunks(4);
        let words = words.map(|word| word.iter().map(|byte| format!("{byte:02x}")).collect());
        words.collect::<Vec<String>>().join(" ")
    };
    if own == other {
        ctx.check(true, format!("{what}: {}", hex(own)));
    } else {
        ctx.fail(format!("{what}: ours {}, theirs {}", hex(own), hex(other)));
    }
}
