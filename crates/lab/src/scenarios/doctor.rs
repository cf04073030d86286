//! `holdfast doctor`: a host that is as it should be has nothing; each wrong setting has its finding.

use super::world::{ONE, TWO, VIP, host};
use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::net::{Host, Port};
use crate::scenario::Ctx;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

const THREE: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 22);
const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);

/// What it says, and its exit code.
fn examine(ctx: &Ctx, host: &Host) -> Result<(Option<i32>, String)> {
    let Program::Holdfast(path) = &ctx.a else {
        return Err(Error::Failed("this scenario is Holdfast's own".into()));
    };
    let file = ctx.path("doctor.conf");
    let mut command = host.command(&path.display().to_string());
    command.arg("doctor").arg(&file).arg("--json");
    let output = command.output().doing("run holdfast")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output.status.code(), text))
}

/// What the findings are about; a kernel without IPVS is the lab's affair.
fn about(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let word = line.trim().strip_prefix("\"about\": \"")?;
        word.strip_suffix("\",").map(str::to_owned)
    });
    let theirs = |word: &String| !matches!(word.as_str(), "ipvs" | "scheduler");
    lines.filter(theirs).collect()
}

fn expect(ctx: &mut Ctx, host: &Host, what: &str, expected: &[&str]) -> Result<()> {
    let (code, text) = examine(ctx, host)?;
    let found = about(&text);
    ctx.check(found == expected, format!("{what}: {found:?}"));
    if found != expected {
        ctx.step(text);
    }
    let quiet = code == Some(0);
    if quiet && !expected.is_empty() {
        ctx.fail(format!("{what}: exit code {code:?}"));
    }
    Ok(())
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (two, cable) = host(ctx, &switch, "d2", TWO)?;
    let (third, _) = host(ctx, &switch, "d3", THREE)?;
    let inside = ctx.lab.switch("in")?;
    let _port = inside.plug(&one, "eth1")?;
    one.address(&format!("{INSIDE}/16"), "eth1")?;
    one.ip("link set eth1 mtu 1600")?;
    let text = ctx.file("cases/doctor.conf")?;
    let file = ctx.path("doctor.conf");
    for (name, value) in [
        ("net.ipv4.ip_forward", "1"),
        ("net.ipv4.conf.all.send_redirects", "0"),
        ("net.ipv4.conf.eth1.send_redirects", "0"),
        ("net.ipv4.conf.all.rp_filter", "0"),
        ("net.ipv4.conf.eth0.rp_filter", "0"),
        ("net.ipv4.conf.eth1.rp_filter", "0"),
    ] {
        one.sysctl(name, value)?;
    }
    let program = ctx.a.clone();
    let mut master = ctx.director(&two, &program, &["--without-ipvs"])?;
    master.configure(text.clone())?;
    let mut beside = super::world::director(
        ctx,
        &third,
        &program,
        "cases/doctor.conf",
        &["--without-ipvs"],
    )?;
    std::fs::write(&file, &text).doing("write a configuration")?;
    expect(ctx, &one, "nobody has the VIP", &["vip"])?;
    master.start()?;
    crate::watch::AddressWatch::start(&two)?.wait(VIP, true, Duration::from_secs(9))?;
    expect(ctx, &one, "all is well", &[])?;
    vanished(ctx, (&one, &two), &cable, VIP)?;
    settings(ctx, &one)?;
    six(ctx, (&one, &two), &cable, &file)?;
    std::fs::write(&file, &text).doing("write a configuration")?;
    legacy(ctx, &one)?;
    wire(ctx, &one, (&two, &third), &mut beside)?;
    beside.stop(Duration::from_secs(10))?;
    master.stop(Duration::from_secs(10)).map(drop)
}

/// One wrong setting after the other.
fn settings(ctx: &mut Ctx, one: &Host) -> Result<()> {
    for (name, wrong, right, finding) in [
        ("net.ipv4.ip_forward", "0", "1", "forwarding"),
        ("net.ipv4.conf.all.send_redirects", "1", "0", "redirects"),
        ("net.ipv4.conf.eth1.rp_filter", "1", "0", "path_filter"),
    ] {
        one.sysctl(name, wrong)?;
        expect(ctx, one, &format!("{name} = {wrong}"), &[finding])?;
        one.sysctl(name, right)?;
    }
    one.address("172.168.2.99/32", "lo")?;
    expect(
        ctx,
        one,
        "a VIP on lo that this host answers for",
        &["arp", "arp"],
    )?;
    one.sysctl("net.ipv4.conf.all.arp_ignore", "1")?;
    one.sysctl("net.ipv4.conf.all.arp_announce", "2")?;
    expect(ctx, one, "and is silent about", &[])?;
    one.ip("address del 172.168.2.99/32 dev lo")?;
    one.ip("link set eth1 mtu 1500")?;
    expect(
        ctx,
        one,
        "a tunnel that 1500 bytes do not fit through",
        &["mtu"],
    )?;
    one.ip("link set eth1 mtu 1600").map(drop)
}

/// An address of IPv6 that nobody has, and that somebody has.
fn six(ctx: &mut Ctx, (one, two): (&Host, &Host), cable: &Port, file: &Path) -> Result<()> {
    let six = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x20);
    let text = "vrrp_instance SIX {\n state BACKUP\n interface eth0\n virtual_router_id 52\n priority 100\n \
                version 3\n advert_int 0.5\n virtual_ipaddress {\n fd00::20/64\n }\n}\n";
    std::fs::write(file, text).doing("write a configuration")?;
    super::world::six(one, "fd00::11")?;
    super::world::six(two, "fd00::12")?;
    expect(ctx, one, "nobody has the VIP of IPv6", &["vip"])?;
    two.ip("address add fd00::20/64 dev eth0 nodad")?;
    expect(ctx, one, "somebody has it", &[])?;
    vanished(ctx, (one, two), cable, six)?;
    two.ip("address del fd00::20/64 dev eth0").map(drop)
}

/// Who had the VIP is gone, and the kernel remembers him for a while.
fn vanished(
    ctx: &mut Ctx,
    (one, two): (&Host, &Host),
    cable: &Port,
    vip: impl Into<IpAddr>,
) -> Result<()> {
    let vip = vip.into();
    // nobody is left who could tell where it is
    cable.block(true)?;
    let known = one.ip(&format!("neighbour show to {vip} dev eth0"))?;
    ctx.check(
        known.contains("lladdr"),
        format!("its hardware address is remembered: {}", known.trim()),
    );
    let what = format!("{} has {vip}, and is gone", two.name());
    expect(ctx, one, &what, &["vip"])?;
    cable.block(false)?;
    expect(ctx, one, "it is there again", &[])
}

/// The same firewall as below, by iptables-legacy.
fn legacy(ctx: &mut Ctx, one: &Host) -> Result<()> {
    for rule in [
        "-A INPUT -p tcp -j ACCEPT",
        "-A INPUT -p icmp -j ACCEPT",
        "-P INPUT DROP",
    ] {
        one.exec(&format!("iptables-legacy -w {rule}"))?;
    }
    expect(
        ctx,
        one,
        "iptables-legacy that knows no VRRP",
        &["firewall"],
    )?;
    // the line that it says
    one.exec("iptables-legacy -w -t filter -I INPUT -i eth0 -p 112 -j ACCEPT")?;
    expect(ctx, one, "and with the line that doctor says", &[])?;
    one.exec("iptables-legacy -w -P INPUT ACCEPT")?;
    one.exec("iptables-legacy -w -F").map(drop)
}

/// A firewall that drops adverts on both sides, and what comes of it.
fn wire(
    ctx: &mut Ctx,
    one: &Host,
    (two, third): (&Host, &Host),
    beside: &mut crate::director::Director,
) -> Result<()> {
    one.exec("nft add table inet lab")?;
    one.exec("nft add chain inet lab in { type filter hook input priority 0 ; policy drop ; }")?;
    one.exec("nft add rule inet lab in ip protocol { tcp, icmp } accept")?;
    expect(ctx, one, "a firewall that knows no VRRP", &["firewall"])?;
    one.exec("nft add rule inet lab in meta l4proto 112 accept")?;
    expect(ctx, one, "and one that does", &[])?;
    one.exec("nft delete table inet lab")?;
    // neither hears the other: both are masters, and who listens hears them
    for host in [two, third] {
        host.exec("nft add table inet lab")?;
        host.exec("nft add chain inet lab in { type filter hook input priority 0 ; }")?;
        host.exec("nft add rule inet lab in meta l4proto 112 drop")?;
    }
    beside.start()?;
    crate::watch::AddressWatch::start(third)?.wait(VIP, true, Duration::from_secs(9))?;
    expect(
        ctx,
        one,
        "two masters, of whom neither hears the other",
        &["two_masters"],
    )
}
