//! The connections of a master are the next one's, too: `lvs_sync_daemon` in both roles, following its instance.

use super::{CONNECTIONS, ECHO, PERIOD, SECOND, survived};
use crate::director::{Director, Program};
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::scenarios::world::{REAL, VIP, World, director, down, host, skew};
use crate::shell::wait;
use crate::table::{TEMPLATE, connections, wait_serving};
use crate::traffic::{Echoes, Kind, Load, Server, request};
use crate::watch::AddressWatch;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

pub(in super::super) const SCENARIO: Scenario = Scenario {
    name: "sync_echo",
    about: "lvs_sync_daemon: 1,000 connections and persistence survive stop, return and death of the master",
    needs: Needs::Ipvs,
    // beside keepalived by hand: `--a`, `--b`; what a thousand connections take is the guest's one processor
    shape: Shape::Single,
    seconds: 45,
    run,
};

const FILES: [&str; 2] = ["cases/sync-1.conf", "cases/sync-2.conf"];
/// A connection is told of when it is established, and every two seconds while packets come. The kernel's own choice is
/// its third packet, and then every fiftieth: one that says little is unknown to a director that comes later.
const SYSCTLS: [(&str, &str); 2] = [
    ("net.ipv4.vs.sync_threshold", "0 0"),
    ("net.ipv4.vs.sync_refresh_period", "2"),
];
/// The kernel sends a message that is not full after two seconds, and the next one may be due in two.
const TOLD: Duration = Duration::from_secs(10);
/// TCP sends a lost packet again after 0.2, 0.6, 1.4, 3, 6.2 seconds: at most as long again as nobody served.
const AGAIN: u32 = 2;
const PRIORITY: u8 = 100;
/// Of the machine in d1's place.
const THREE: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 28);
/// Of port 80.
const CLIENTS: usize = 30;

struct Pair {
    world: World,
    one: Director,
    two: Director,
    echoes: Echoes,
    /// The server of each client of port 80, which has persistence.
    served: BTreeMap<Ipv4Addr, String>,
    /// Each of them asks again and again: the kernel tells of a template when a packet of its client comes.
    load: Load,
    _servers: Vec<Server>,
}

fn run(ctx: &mut Ctx) -> Result<()> {
    let mut pair = begin(ctx)?;
    told(ctx, &pair.world.one, &pair.world.two)?;

    ctx.step("SIGTERM to d1");
    let at = Instant::now();
    pair.one.terminate()?;
    let bound = skew(PRIORITY) + SECOND;
    serves(ctx, &pair, "d2", at, bound, AGAIN * bound + SECOND)?;
    pair.one.wait_end(10 * SECOND)?;

    ctx.step("a new machine in the place of d1: it hears of the connections before it takes over");
    let at = Instant::now();
    pair.replace_one(ctx)?;
    wait_serving(&pair.world.one, ECHO, &REAL, 5 * SECOND)?;
    told(ctx, &pair.world.two, &pair.world.one)?;
    pair.world.one_has.wait(VIP, true, 15 * SECOND)?;
    serves(ctx, &pair, "d1", at, 15 * SECOND, SECOND)?;
    told(ctx, &pair.world.one, &pair.world.two)?;

    // a dead keepalived keeps its VIP
    let at = if ctx.a.is_holdfast() {
        ctx.step("kill -9 of every process of d1, then ExecStopPost");
        let at = pair.one.kill_all()?;
        pair.one.exec_stop_post()?;
        at
    } else {
        ctx.step("cut the cable of d1");
        let at = Instant::now();
        pair.world.one_port.cut()?;
        at
    };
    let bound = down(PRIORITY) + SECOND;
    serves(ctx, &pair, "d2", at, bound, AGAIN * bound + SECOND)?;
    ctx.check(pair.two.lives(), "d2 lives");
    Ok(())
}

impl Pair {
    /// One that knows of no connection.
    fn replace_one(&mut self, ctx: &mut Ctx) -> Result<()> {
        let (host, port) = host(ctx, &self.world.switch, "d3", THREE)?;
        prepare(&host)?;
        let program = ctx.a.clone();
        self.one = director(ctx, &host, &program, FILES[0], &[])?;
        self.world.one_has = AddressWatch::start(&host)?;
        self.world.one_port = port;
        self.world.one = host;
        self.one.start()
    }
}

fn prepare(host: &Host) -> Result<()> {
    let mut each = SYSCTLS.into_iter();
    each.try_for_each(|(name, value)| host.sysctl(name, value))
}

fn begin(ctx: &mut Ctx) -> Result<Pair> {
    let world = World::new(ctx)?;
    doctor(ctx, &world.one)?;
    prepare(&world.one)?;
    prepare(&world.two)?;
    let mut servers = Vec::new();
    for host in world.real_servers(ctx)? {
        servers.push(Server::start(&host, 7, Kind::Echo)?);
        servers.push(Server::named(&host, 80)?);
    }
    let (mut one, mut two) = world.directors(ctx, FILES, &[])?;
    // the other way round d1 would wait for its preempt_delay
    one.start()?;
    world.one_has.wait(VIP, true, 9 * SECOND)?;
    two.start()?;
    ctx.step(format!(
        "d1 ({}) has the VIP, d2 ({})",
        one.program(),
        two.program()
    ));
    for host in [&world.one, &world.two] {
        wait_serving(host, ECHO, &REAL, 2 * SECOND)?;
    }
    let ways = [VIP, REAL[0]].map(|address| SocketAddrV4::new(address, 7));
    let echoes = Echoes::open(&world.client, &world.sources, ways, CONNECTIONS, PERIOD)?;
    ctx.step(format!("{CONNECTIONS} connections are open"));
    let served = persistent(&world)?;
    let load = Load::start(
        &world.client,
        &served.keys().copied().collect::<Vec<_>>(),
        SocketAddrV4::new(VIP, 80),
        SECOND / 20,
        SECOND / 2,
    );
    let names: Vec<&String> = served.values().collect();
    let both = ["rs15", "rs17"].map(|name| names.iter().filter(|it| **it == name).count());
    ctx.check(
        both.iter().all(|count| *count > 0),
        format!("port 80: clients of each server: {both:?}"),
    );
    Ok(Pair {
        world,
        one,
        two,
        echoes,
        served,
        load,
        _servers: servers,
    })
}

/// Who looks after a host knows of the kernel's own choice.
fn doctor(ctx: &mut Ctx, host: &Host) -> Result<()> {
    let Program::Holdfast(path) = &ctx.a else {
        return Ok(());
    };
    let mut command = host.command(&path.display().to_string());
    let file = ctx.data.join(FILES[0]);
    let output = command.arg("doctor").arg(&file).arg("--json").output();
    let output = output.doing("run holdfast doctor")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let found = text.contains("\"about\": \"sync\"");
    ctx.check(found, "holdfast doctor finds the kernel's own settings");
    if !found {
        ctx.step(text);
    }
    Ok(())
}

/// Who serves each client of port 80. They do not come in the order in which they ask later: servers in turn (`rr`) would
/// give each its own without knowing it.
fn persistent(world: &World) -> Result<BTreeMap<Ipv4Addr, String>> {
    let target = SocketAddrV4::new(VIP, 80);
    let mut clients: Vec<&Ipv4Addr> = world.sources.iter().chain(&world.fresh).collect();
    clients.sort_by_key(|client| u32::from(client.octets()[3]) * 7 % 31);
    let clients = clients.into_iter();
    let ask = |source: &Ipv4Addr| Ok((*source, request(*source, target, 2 * SECOND)?));
    let answers = world
        .client
        .within(|| clients.map(ask).collect::<std::io::Result<_>>())?;
    answers.doing("ask port 80")
}

/// The other director has every connection of this one, with its real server, and every template.
fn told(ctx: &mut Ctx, from: &Host, to: &Host) -> Result<()> {
    let kinds = [
        (&["ESTABLISHED"][..], ":0007", CONNECTIONS),
        (TEMPLATE, ":0050", CLIENTS),
    ];
    for (states, port, least) in kinds {
        let mut missing = (0, 0);
        let here = wait("the other director knows as much", TOLD, || {
            let all = |host| connections(host, states).unwrap_or_default();
            let theirs = all(to);
            let ours = all(from);
            let ours = ours.iter().filter(|entry| entry.ends_with(port));
            let (known, unknown): (Vec<_>, Vec<_>) =
                ours.partition(|entry| theirs.contains(*entry));
            missing = (known.len(), unknown.len());
            known.len() >= least && unknown.is_empty()
        });
        let (known, unknown) = missing;
        let words = format!(
            "{} knows {known} connections {states:?}, not {unknown}",
            to.name()
        );
        ctx.check(here.is_ok(), format!("{words} after {here:.1?}"));
    }
    Ok(())
}

/// This director serves all connections, and each client of port 80 with the server that it had.
fn serves(
    ctx: &mut Ctx,
    pair: &Pair,
    name: &str,
    at: Instant,
    bound: Duration,
    silence: Duration,
) -> Result<()> {
    let watch = match name {
        "d1" => &pair.world.one_has,
        _ => &pair.world.two_has,
    };
    let since = watch.wait(VIP, true, 15 * SECOND)?;
    let took = since.saturating_duration_since(at);
    ctx.bound(&format!("{name} has the VIP"), took, bound);
    let all = pair.echoes.wait_all(Instant::now(), 15 * SECOND);
    ctx.note("an echo on each connection", all);
    survived(ctx, &pair.echoes, at, silence);
    stay(ctx, pair, since);
    Ok(())
}

/// Every client of port 80 is served, by the server that it had.
fn stay(ctx: &mut Ctx, pair: &Pair, from: Instant) {
    let mut asked = BTreeMap::new();
    let all = wait("an answer to each client", 10 * SECOND, || {
        let requests = pair.load.since(from).into_iter();
        let answers = requests.filter_map(|one| Some((one.source, one.outcome.ok()?)));
        asked = answers.fold(BTreeMap::new(), |mut asked, (source, server)| {
            asked
                .entry(source)
                .or_insert_with(BTreeSet::new)
                .insert(server);
            asked
        });
        asked.len() == CLIENTS
    });
    let had = |client| pair.served.get(client).into_iter().collect::<BTreeSet<_>>();
    let moved: Vec<_> = asked
        .iter()
        .filter(|(client, servers)| servers.iter().collect::<BTreeSet<_>>() != had(*client))
        .collect();
    let count = asked.len();
    ctx.check(
        all.is_ok() && moved.is_empty(),
        format!("{count} clients of port 80 have an answer, with another server: {moved:?}"),
    );
}
