//! What an operator orders of real servers, beside checks, reloads, deaths and `ipvsadm`.

use super::control::{ask, fails, says};
use super::world::{VIP, World};
use crate::director::{Director, Role};
use crate::error::{Error, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::table::saved;
use crate::traffic::Server;
use nix::sys::signal::Signal;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const BOUND: Duration = Duration::from_secs(4);

/// Real servers of a service and their weights, by `ipvsadm -Sn`: `15=2 17=1`.
fn rows(host: &Host, service: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let short = |text: &str| {
        let text = text.trim_start_matches("172.168.2.");
        text.trim_end_matches(":80")
            .trim_end_matches(":0")
            .to_owned()
    };
    for line in saved(host).unwrap_or_default() {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let after = |flag: &str| {
            let at = parts.iter().position(|word| *word == flag)?;
            parts.get(at + 1).copied()
        };
        let mark = after("-f").map(|mark| format!("fwm{mark}"));
        let name = after("-t").map(short).or(mark);
        if parts.first() == Some(&"-a") && name.as_deref() == Some(service) {
            let server = after("-r").map(short).unwrap_or_default();
            words.push(format!("{server}={}", after("-w").unwrap_or("?")));
        }
    }
    words.join(" ")
}

/// `20 15=2 17=1`: the service and all of its rows.
fn becomes(ctx: &mut Ctx, host: &Host, what: &str, wanted: &str) -> Result<()> {
    let (service, wanted) = wanted.split_once(' ').unwrap_or((wanted, ""));
    let seen = wait(what, BOUND, || rows(host, service) == wanted);
    let now = rows(host, service);
    ctx.check(
        seen.is_ok(),
        format!("{what}: {service} has {now}, wanted {wanted}"),
    );
    Ok(())
}

fn order(ctx: &mut Ctx, one: &Director, words: &str, said: &str, table: &str) -> Result<()> {
    says(ctx, one, words, &[said])?;
    becomes(ctx, one.host(), words, table)
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let real = world.real_servers(ctx)?;
    let mut http = Server::named(&real[0], 80).map(Some)?;
    let _other = Server::named(&real[1], 80)?;
    let _sorry = Server::named(&world.one, 80)?;
    let program = ctx.a.clone();
    let mut one = ctx.director(&world.one, &program, &[])?;
    let text = ctx.file("cases/orders.conf")?;
    one.configure(&text)?;
    one.start()?;
    becomes(ctx, &world.one, "the start", "20 15=2 17=1")?;

    beside_checks(ctx, &one, &real[0], &mut http)?;
    slowly(ctx, &one)?;
    lasting(ctx, &one, &text)?;
    named(ctx, &one)?;
    beside_ipvsadm(ctx, &one)?;
    drained(ctx, &one, &world)?;
    one.stop(Duration::from_secs(5)).map(drop)
}

fn beside_checks(
    ctx: &mut Ctx,
    one: &Director,
    real: &Host,
    http: &mut Option<Server>,
) -> Result<()> {
    ctx.step("orders beside checks");
    let drain = "drain 172.168.2.20:80 172.168.2.15:80";
    order(
        ctx,
        one,
        drain,
        "weight 0: drained by an operator",
        "20 15=0 17=1",
    )?;
    *http = None;
    becomes(ctx, one.host(), "its check fails", "20 17=1")?;
    let disable = "disable 172.168.2.20:80 172.168.2.15:80";
    order(ctx, one, disable, "disabled by an operator", "20 17=1")?;
    *http = Some(Server::named(real, 80)?);
    let up = || {
        let said = ask(one, "status").ok()?;
        let mut lines = said.out.lines();
        let line = lines.find(|line| line.contains("172.168.2.15:80"))?;
        line.contains(" up ").then_some(())
    };
    wait("its check passes again", BOUND, || up().is_some())?;
    becomes(ctx, one.host(), "a disabled server stays away", "20 17=1")?;
    let last = "disable 172.168.2.20:80 172.168.2.17";
    let said = "stays with weight 0 (inhibit_on_failure)";
    order(ctx, one, last, said, "20 127.0.0.1=1 17=0")?;
    let enable = "enable 172.168.2.20:80 172.168.2.17";
    order(ctx, one, enable, "weight 1: its check passes", "20 17=1")?;
    let enable = "enable 172.168.2.20:80 172.168.2.15";
    order(
        ctx,
        one,
        enable,
        "weight 2: its check passes",
        "20 15=2 17=1",
    )
}

/// The same server is in another virtual server with `slow_start 3`.
fn slowly(ctx: &mut Ctx, one: &Director) -> Result<()> {
    ctx.step("slow_start: a server that is enabled takes its share little by little");
    let server = "172.168.2.23:80 172.168.2.15:80";
    order(ctx, one, &format!("disable {server}"), "disabled", "23 ")?;
    let at = Instant::now();
    let begins = "slow_start: weight 1 for now";
    says(ctx, one, &format!("enable {server}"), &[begins])?;
    let mut seen = std::collections::BTreeSet::new();
    wait("its whole weight", BOUND * 2, || {
        seen.insert(rows(one.host(), "23"));
        seen.contains("15=6")
    })?;
    let took = at.elapsed();
    ctx.check(took >= Duration::from_secs(3), format!("it takes {took:?}"));
    ctx.bound("its whole weight", took, Duration::from_secs(5));
    let between = ["15=1", "15=2", "15=4"]
        .iter()
        .filter(|row| seen.contains(**row));
    let between = between.count();
    ctx.check(between == 3, format!("by steps: {seen:?}"));
    slowly_by_another(ctx, one, server, "a process dies", |one| {
        one.signal(Role::Lvs, Signal::SIGKILL)
    })?;
    slowly_by_another(ctx, one, server, "an upgrade", |one| one.upgrade(None))
}

/// Another checking process comes while the weight grows: it goes on there.
fn slowly_by_another(
    ctx: &mut Ctx,
    one: &Director,
    server: &str,
    what: &str,
    change: impl Fn(&Director) -> Result<()>,
) -> Result<()> {
    order(ctx, one, &format!("disable {server}"), "disabled", "23 ")?;
    let at = Instant::now();
    says(ctx, one, &format!("enable {server}"), &["slow_start"])?;
    let weight = || rows(one.host(), "23");
    // written down by then
    let part = "15=4".to_owned();
    wait("a part of it", BOUND, || weight() == part)?;
    let before = one.pid(Role::Lvs);
    change(one)?;
    let mut seen = vec![part];
    wait("its whole weight", BOUND, || {
        let now = weight();
        if seen.last() != Some(&now) {
            seen.push(now);
        }
        seen.last().is_some_and(|last| last == "15=6")
    })?;
    let took = at.elapsed();
    // never gone, and never less than before; the next process looks at once, between two seconds
    ctx.check(
        seen.is_sorted(),
        format!("{what} on the way, and nobody sees it: {seen:?}"),
    );
    let other = one.pid(Role::Lvs);
    ctx.check(other.is_some() && other != before, "it was another process");
    ctx.check(took >= Duration::from_secs(3), format!("it takes {took:?}"));
    ctx.bound("its whole weight", took, Duration::from_secs(5));
    Ok(())
}

fn lasting(ctx: &mut Ctx, one: &Director, text: &str) -> Result<()> {
    ctx.step("orders outlast a reload and the death of the checking process, and end in time");
    let weight = "weight 172.168.2.20:80 172.168.2.15:80 9";
    order(
        ctx,
        one,
        weight,
        "with weight 9 by an operator",
        "20 15=9 17=1",
    )?;
    one.configure(text.replace("weight 2", "weight 4"))?;
    one.reload()?;
    becomes(ctx, one.host(), "a reload", "20 15=9 17=1")?;
    one.configure(text)?;
    one.reload()?;
    one.signal(Role::Lvs, Signal::SIGKILL)?;
    says(ctx, one, "status", &["with weight 9 by an operator"])?;
    becomes(ctx, one.host(), "a death", "20 15=9 17=1")?;
    let at = Instant::now();
    let short = "disable 172.168.2.20:80 172.168.2.15:80 --for 2s";
    order(
        ctx,
        one,
        short,
        "disabled by an operator for another",
        "20 17=1",
    )?;
    let back = wait("the order's end", BOUND, || {
        rows(one.host(), "20").contains("15=2")
    });
    ctx.note("it is back by itself", back);
    ctx.bound("the end", at.elapsed(), Duration::from_millis(3500));
    Ok(())
}

fn named(ctx: &mut Ctx, one: &Director) -> Result<()> {
    ctx.step("groups and marks by name; who is not there");
    let weight = "weight group:many 172.168.2.15 9";
    order(ctx, one, weight, "weight 9", "21 15=9")?;
    for service in ["22 15=9", "fwm7 15=9", "fwm5 17=1"] {
        becomes(ctx, one.host(), "all services of the group", service)?;
    }
    order(
        ctx,
        one,
        "enable many 172.168.2.15",
        "weight 3",
        "fwm7 15=3",
    )?;
    let note = "expire_quiescent_template";
    order(ctx, one, "drain fwmark:5 172.168.2.17", note, "fwm5 17=0")?;
    order(
        ctx,
        one,
        "enable fwmark:5 172.168.2.17",
        "weight 1",
        "fwm5 17=1",
    )?;
    let missing = "no real server of 172.168.2.20:80/tcp is called '10.0.0.1:80': there are \
                   172.168.2.15:80, 172.168.2.17:80";
    fails(ctx, one, "drain 172.168.2.20:80 10.0.0.1:80", missing)?;
    let missing = "no virtual server is called '10.0.0.1:80'";
    fails(ctx, one, "disable 10.0.0.1:80 172.168.2.15:80", missing)
}

fn beside_ipvsadm(ctx: &mut Ctx, one: &Director) -> Result<()> {
    ctx.step("enable takes back what ipvsadm changed");
    let host = one.host().clone();
    let server = "-t 172.168.2.20:80 -r 172.168.2.15:80";
    for command in [
        format!("ipvsadm -d {server}"),
        format!("ipvsadm -e {server} -g -w 7"),
    ] {
        host.exec(&command)?;
        if command.contains("-d") {
            // seen, and left as it is
            one.log().wait(0, "stays so until its check", BOUND)?;
        }
        let enable = "enable 172.168.2.20:80 172.168.2.15:80";
        order(ctx, one, enable, "weight 2", "20 15=2 17=1")?;
    }
    Ok(())
}

fn drained(ctx: &mut Ctx, one: &Director, world: &World) -> Result<()> {
    ctx.step("a drain that waits for its connections");
    world.one.address(&format!("{VIP}/32"), "eth0")?;
    let only = "disable 172.168.2.20:80 172.168.2.17";
    order(ctx, one, only, "disabled", "20 15=2 17=0")?;
    let talk = || -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect((VIP, 80))?;
        stream.write_all(b"GET")?;
        Ok(stream)
    };
    let stream = world.client.within(talk)?;
    let mut stream = stream.map_err(|error| Error::Failed(format!("connect: {error}")))?;
    let wait_short = "drain 172.168.2.20:80 172.168.2.15:80 --wait=1";
    fails(
        ctx,
        one,
        wait_short,
        "still has 1 active connections after 1 s",
    )?;
    becomes(
        ctx,
        &world.one,
        "it is drained all the same",
        "20 127.0.0.1=1 15=0 17=0",
    )?;
    let waiting = std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(one, "drain 172.168.2.20:80 172.168.2.15:80 --wait=20"));
        let _some = stream.write_all(b" / HTTP/1.0\r\n\r\n");
        let mut answer = Vec::new();
        let _any = stream.read_to_end(&mut answer);
        drop(stream);
        asked.join()
    });
    let said = waiting.map_err(|_| Error::Failed("a thread broke".to_owned()))??;
    let good = said.status == Some(0) && said.err.contains("has no active connection after");
    ctx.check(good, format!("{:?} {}", said.status, said.err));
    Ok(())
}
