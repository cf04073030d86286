//! `holdfast realserver` and `holdfast director`: a host made ready, and taken back.

use super::world::{REAL, VIP, host};
use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::traffic::{Server, request};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

const CLIENT: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 100);
/// A net behind the director.
const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 2);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
const PATIENCE: Duration = Duration::from_secs(1);

/// What a call of ours left.
pub(super) struct Said {
    status: Option<i32>,
    pub(super) out: String,
    err: String,
}

fn call(ctx: &Ctx, host: &Host, line: &str) -> Result<Said> {
    let Program::Holdfast(path) = &ctx.a else {
        return Err(Error::Failed("this scenario is Holdfast's own".into()));
    };
    let folder = ctx.path(&format!("prepare-{}", host.name()));
    let mut command = host.command(&path.display().to_string());
    command.args(line.split(' ')).arg("--run-dir").arg(folder);
    let output = command.output().doing("run holdfast")?;
    Ok(Said {
        status: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A call and its exit status.
pub(super) fn expect(ctx: &mut Ctx, host: &Host, line: &str, status: i32) -> Result<Said> {
    let said = call(ctx, host, line)?;
    let good = said.status == Some(status);
    ctx.check(
        good,
        format!("{line}: {:?} {}{}", said.status, said.out, said.err),
    );
    Ok(said)
}

fn setting(host: &Host, name: &str) -> Result<String> {
    let path = format!("/proc/sys/net/{name}");
    let text = host.within(|| std::fs::read_to_string(&path))?;
    Ok(text.doing(format!("read {path}"))?.trim().to_owned())
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let switch = ctx.lab.switch("sw")?;
    let (real, _) = host(ctx, &switch, "rs", REAL[0])?;
    let (client, _) = host(ctx, &switch, "c", CLIENT)?;
    real_server(ctx, &real, &client)?;
    let inside = ctx.lab.switch("in")?;
    director(ctx, &switch, &inside, &client)?;
    super::way_back::run(ctx, &switch, &inside, &client)
}

/// Makes `host` a real server behind a tunnel; false where the program is not ours.
pub(super) fn tunnel(ctx: &mut Ctx, host: &Host) -> Result<bool> {
    if !ctx.a.is_holdfast() {
        return Ok(false);
    }
    let line = format!("realserver start --tunnel --vip {VIP}");
    expect(ctx, host, &line, 0)?;
    expect(ctx, host, "realserver status", 0)?;
    Ok(true)
}

fn real_server(ctx: &mut Ctx, real: &Host, client: &Host) -> Result<()> {
    let _server = Server::named(real, 80)?;
    let line = format!("realserver start --vip {VIP},172.168.2.21,fd00::20");
    expect(ctx, real, "realserver status", 1)?;
    expect(ctx, real, &line, 0)?;
    let again = expect(ctx, real, &line, 0)?;
    ctx.check(again.out.is_empty(), "a second start changes nothing");
    expect(ctx, real, "realserver status", 0)?;
    let ask =
        |client: &Host| client.within(|| request(CLIENT, SocketAddrV4::new(VIP, 80), PATIENCE));
    let silent = ask(client)?;
    ctx.check(
        silent.is_err(),
        format!("nobody answers ARP for the VIP: {silent:?}"),
    );
    let link = real.ip("link show eth0")?;
    let mac = link
        .split_whitespace()
        .skip_while(|word| *word != "link/ether")
        .nth(1);
    let mac = mac.unwrap_or_default().to_owned();
    client.ip(&format!(
        "neigh replace {VIP} lladdr {mac} dev eth0 nud permanent"
    ))?;
    let served = ask(client)?;
    ctx.check(
        served.is_ok(),
        format!("what comes for the VIP is served: {served:?}"),
    );
    real.ip(&format!("address del {VIP}/32 dev lo"))?;
    let missing = expect(ctx, real, "realserver status", 1)?;
    ctx.check(
        missing.out.contains(&format!("MISSING {VIP} on lo")),
        "status says what is missing",
    );
    expect(ctx, real, &line, 0)?;
    expect(ctx, real, "realserver stop --vip 172.168.2.21", 0)?;
    let left = real.addresses()?;
    ctx.check(
        setting(real, "ipv4/conf/all/arp_ignore")? == "1",
        format!("one VIP has gone: {left:?}"),
    );
    // an operator's own value is the operator's
    real.sysctl("net.ipv4.conf.all.arp_ignore", "2")?;
    expect(ctx, real, "realserver stop", 0)?;
    let lo = real.ip("-o address show dev lo")?;
    ctx.check(
        !lo.contains("172.168.2.2") && !lo.contains("fd00::20"),
        format!("no VIP is left: {lo}"),
    );
    let settings = [
        setting(real, "ipv4/conf/all/arp_ignore")?,
        setting(real, "ipv4/conf/all/arp_announce")?,
    ];
    ctx.check(
        settings == ["2", "0"],
        format!("arp_ignore and arp_announce: {settings:?}"),
    );
    expect(ctx, real, "realserver status", 1)?;
    by_rules(ctx, real, client)
}

/// The same by rules for ARP packets: nobody hears of the VIP, nor of who asks in its name.
fn by_rules(ctx: &mut Ctx, real: &Host, client: &Host) -> Result<()> {
    real.sysctl("net.ipv4.conf.all.arp_ignore", "0")?;
    client.ip(&format!("neigh flush to {VIP} dev eth0 nud permanent"))?;
    let line = format!("realserver start --arptables --vip {VIP},172.168.2.21");
    expect(ctx, real, &line, 0)?;
    let again = expect(ctx, real, &line, 0)?;
    ctx.check(again.out.is_empty(), "a second start changes nothing");
    expect(ctx, real, "realserver status", 0)?;
    let target = SocketAddrV4::new(VIP, 80);
    let silent = client.within(|| request(CLIENT, target, PATIENCE))?;
    ctx.check(
        silent.is_err(),
        format!("nobody answers ARP for the VIP: {silent:?}"),
    );
    // somebody whom nobody has spoken to yet is asked in the VIP's name
    real.ip("neigh flush dev eth0")?;
    let asked = real.within(|| request(VIP, SocketAddrV4::new(CLIENT, 9), PATIENCE))?;
    let known = client.ip(&format!("neigh show {VIP} dev eth0"))?;
    let learnt = known.contains("lladdr");
    ctx.check(
        !learnt,
        format!("and nobody learns where it is: {known:?} {asked:?}"),
    );
    expect(ctx, real, "realserver stop --vip 172.168.2.21", 0)?;
    expect(ctx, real, "realserver stop", 0)?;
    let rules = real.exec("nft list tables")?;
    ctx.check(
        rules.trim().is_empty(),
        format!("no rules are left: {rules:?}"),
    );
    Ok(())
}

fn director(
    ctx: &mut Ctx,
    outside: &crate::net::Switch,
    within: &crate::net::Switch,
    client: &Host,
) -> Result<()> {
    let (one, _) = host(ctx, outside, "d1", VIP)?;
    let _port = within.plug(&one, "eth1")?;
    one.address(&format!("{GATEWAY}/16"), "eth1")?;
    let real = ctx.lab.host("inner")?;
    let _port = within.plug(&real, "eth0")?;
    real.address(&format!("{INSIDE}/16"), "eth0")?;
    real.route(&format!("default via {GATEWAY}"))?;
    let server = Server::named(client, 81)?;
    client.ip(&format!("neigh flush to {VIP} dev eth0 nud permanent"))?;
    // another's, of the name that ours would have
    one.exec("nft add table ip holdfast_director")?;
    expect(ctx, &one, "director status", 1)?;
    let line = "director start --nat 10.1.0.0/16";
    expect(ctx, &one, line, 0)?;
    let again = expect(ctx, &one, line, 0)?;
    ctx.check(again.out.is_empty(), "a second start changes nothing");
    expect(ctx, &one, "director status", 0)?;
    let target = SocketAddrV4::new(CLIENT, 81);
    let answer = real.within(|| request(INSIDE, target, PATIENCE))?;
    ctx.check(
        answer.is_ok() && server.met(VIP) && !server.met(INSIDE),
        format!("a real server's own call leaves as the director's: {answer:?}"),
    );
    let redirects = ["all", "default", "eth0", "eth1"]
        .map(|name| setting(&one, &format!("ipv4/conf/{name}/send_redirects")).unwrap_or_default());
    ctx.check(
        redirects == ["0", "0", "0", "0"],
        format!("send_redirects: {redirects:?}"),
    );
    expect(ctx, &one, "director stop", 0)?;
    let rules = one.exec("nft list tables")?;
    ctx.check(
        rules.trim() == "table ip holdfast_director",
        format!("others' tables stay: {rules:?}"),
    );
    let settings = [
        setting(&one, "ipv4/ip_forward")?,
        setting(&one, "ipv4/conf/all/send_redirects")?,
        setting(&one, "ipv4/conf/all/accept_redirects")?,
    ];
    ctx.check(
        settings == ["0", "1", "1"],
        format!("what was is again: {settings:?}"),
    );
    expect(ctx, &one, "director start --dr", 0)?;
    expect(ctx, &one, "director status", 0)?;
    expect(ctx, &one, "director stop", 0).map(drop)
}
