//! The table as a whole: what empties it, its sync daemons, its network namespace. Both programs at
//! the same time, each on a wire of its own.

use super::world::{ONE, REAL, host};
use crate::director::{Director, Program, Reload};
use crate::error::{Doing as _, Result};
use crate::net::{Host, Port};
use crate::scenario::Ctx;
use crate::shell::{self, wait_some, words};
use crate::traffic::Server;
use std::time::{Duration, Instant};

/// A file's daemon is there, and its instance master, by then.
const PATIENCE: Duration = Duration::from_secs(8);
const FOREIGN: &str = "-A -t 9.9.9.9:80 -s rr";
const OURS: [&str; 2] = [
    "-A -t 172.168.2.20:80 -s rr",
    "-a -t 172.168.2.20:80 -r 172.168.2.15:80 -g -w 1",
];

/// One program's place.
struct Side {
    host: Host,
    port: Port,
    /// Another network namespace.
    other: Host,
    director: Director,
    /// The check stays with the daemon, wherever the table is.
    _checked: Server,
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let ours = ctx.a.clone();
    let mut sides = [
        side(ctx, "k", &Program::Keepalived)?,
        side(ctx, "h", &ours)?,
    ];
    flush_and_follow(ctx, &mut sides)?;
    old_spelling(ctx, &mut sides)?;
    both_roles(ctx, &mut sides)?;
    elsewhere(ctx, &mut sides)?;
    first_namespace(ctx, &mut sides)
}

fn side(ctx: &mut Ctx, name: &str, program: &Program) -> Result<Side> {
    let switch = ctx.lab.switch(&format!("s{name}"))?;
    let (host, port) = self::host(ctx, &switch, &format!("d{name}"), ONE)?;
    let (other, _) = self::host(ctx, &switch, &format!("o{name}"), REAL[1])?;
    let checked = Server::named(&host, 8001)?;
    let director = ctx.director(&host, program, &[])?;
    Ok(Side {
        host,
        port,
        other,
        director,
        _checked: checked,
    })
}

/// `lvs_flush`, `lvs_flush_on_stop VS`, and a sync daemon with every option.
fn flush_and_follow(ctx: &mut Ctx, sides: &mut [Side]) -> Result<()> {
    ctx.step("lvs_flush, and a sync daemon that follows its instance");
    let sync = "lvs_sync_daemon eth0 inst VI_1 id 7 maxlen 1200 port 8850 ttl 3 group 224.0.0.90";
    let global = format!("lvs_flush\nlvs_flush_on_stop VS\n{sync}");
    for side in sides.iter_mut() {
        side.host.exec(&format!("ipvsadm {FOREIGN}"))?;
        start(ctx, side, ["", &global, ""])?;
    }
    let told = "(mcast=eth0, syncid=7, maxlen=1200, group=224.0.0.90, port=8850, ttl=3)";
    let (master, backup) = (format!("master {told}"), format!("backup {told}"));
    same(ctx, sides, "backup", daemons, &[&backup])?;
    same(ctx, sides, "the foreign service is gone", table, &OURS)?;
    same(ctx, sides, "master", daemons, &[&master])?;
    for side in sides.iter() {
        side.port.cut()?;
    }
    same(ctx, sides, "its cable is cut", daemons, &[&backup])?;
    for side in sides.iter() {
        side.host.exec(&format!("ipvsadm {FOREIGN}"))?;
    }
    stop(sides)?;
    for side in sides.iter() {
        side.port.mend()?;
    }
    same(ctx, sides, "stop, VS: foreign", table, &[FOREIGN])?;
    same(ctx, sides, "stop", daemons, &[])
}

/// `lvs_sync_daemon_interface`, no `lvs_flush`, `lvs_flush_on_stop` of everything.
fn old_spelling(ctx: &mut Ctx, sides: &mut [Side]) -> Result<()> {
    ctx.step("lvs_sync_daemon_interface, and lvs_flush_on_stop");
    for side in sides.iter_mut() {
        let old = "lvs_sync_daemon_interface eth0";
        start(ctx, side, ["", "lvs_flush_on_stop", old])?;
    }
    let told = "backup (mcast=eth0, syncid=0, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)";
    same(ctx, sides, "backup", daemons, &[told])?;
    let all = [OURS[0], FOREIGN, OURS[1]];
    same(ctx, sides, "the foreign service stands", table, &all)?;
    stop(sides)?;
    same(ctx, sides, "stop: nothing stands", table, &[])
}

/// Without an instance; and no `lvs_flush_on_stop`.
fn both_roles(ctx: &mut Ctx, sides: &mut [Side]) -> Result<()> {
    ctx.step("lvs_sync_daemon without an instance");
    for side in sides.iter_mut() {
        side.host.exec(&format!("ipvsadm {FOREIGN}"))?;
        start(ctx, side, ["", "lvs_sync_daemon eth0 id 9", ""])?;
    }
    let told = |id| {
        ["master", "backup"].map(|role| {
            format!(
                "{role} (mcast=eth0, syncid={id}, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)"
            )
        })
    };
    let [master, backup] = told(9);
    same(ctx, sides, "both", daemons, &[&master, &backup])?;
    // of keepalived's own, those of the start go on after a reload, and after the stop
    let ours = sides.get(1..).unwrap_or_default();
    for side in ours {
        bare(ctx, side, "lvs_sync_daemon eth0 id 8")?;
        side.director.reload()?;
    }
    let [master, backup] = told(8);
    let what = "another id, and no virtual server";
    same(ctx, ours, what, daemons, &[&master, &backup])?;
    for side in ours {
        configure(ctx, side, [""; 3])?;
        side.director.reload()?;
    }
    same(ctx, ours, "a reload without it", daemons, &[])?;
    stop(sides)?;
    let what = "stop: the foreign one stands";
    same(ctx, sides, what, table, &[FOREIGN])
}

/// `net_namespace_ipvs`, and the old form of a sync daemon with its instance's VRID.
fn elsewhere(ctx: &mut Ctx, sides: &mut [Side]) -> Result<()> {
    ctx.step("net_namespace_ipvs");
    for side in sides.iter_mut() {
        let root = format!("net_namespace_ipvs {}", side.other.namespace());
        start(ctx, side, [&root, "lvs_sync_daemon eth0 VI_1", ""])?;
    }
    same(ctx, sides, "there", other, &OURS)?;
    same(ctx, sides, "not here", table, &[FOREIGN])?;
    let told = "backup (mcast=eth0, syncid=51, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)";
    same(ctx, sides, "there", others_daemons, &[told])?;
    if let [_, ours] = sides {
        configure(ctx, ours, [""; 3])?;
        let outcome = ours.director.reload()?;
        let refused = outcome == Reload::Refused;
        ctx.check(refused, format!("a reload that moves it: {outcome:?}"));
    }
    stop(sides)?;
    same(ctx, sides, "stop: nothing there", other, &[])?;
    same(ctx, sides, "stop: nothing there", others_daemons, &[])
}

/// `net_namespace_ipvs` without a name.
fn first_namespace(ctx: &mut Ctx, sides: &mut [Side]) -> Result<()> {
    ctx.step("net_namespace_ipvs without a name");
    // keepalived's would be the same place
    let ours = sides.get_mut(1..).unwrap_or_default();
    for side in ours.iter_mut() {
        start(ctx, side, ["net_namespace_ipvs", "", ""])?;
    }
    same(ctx, ours, "there", first, &OURS)?;
    stop(ours)?;
    same(ctx, ours, "stop: nothing there", first, &[])
}

fn configure(ctx: &Ctx, side: &Side, [root, global, instance]: [&str; 3]) -> Result<()> {
    let text = ctx.file("cases/whole.conf")?;
    let text = text.replace("\nROOT\n", &format!("\n{root}\n"));
    let text = text.replace("\n    GLOBAL\n", &format!("\n{global}\n"));
    let text = text.replace("    INSTANCE\n", &format!("{instance}\n"));
    side.director.configure(text)
}

/// Without virtual servers.
fn bare(ctx: &Ctx, side: &Side, global: &str) -> Result<()> {
    configure(ctx, side, ["", global, ""])?;
    let text = std::fs::read_to_string(side.director.config_path()).doing("read the file")?;
    let bare = text.split("virtual_server ").next().unwrap_or_default();
    side.director.configure(bare)
}

fn start(ctx: &Ctx, side: &mut Side, words: [&str; 3]) -> Result<()> {
    configure(ctx, side, words)?;
    side.director.start()
}

fn stop(sides: &mut [Side]) -> Result<()> {
    for side in sides.iter() {
        side.director.terminate()?;
    }
    for side in sides {
        side.director.wait_end(Duration::from_secs(10))?;
    }
    Ok(())
}

fn table(side: &Side) -> Result<Vec<String>> {
    crate::table::saved(&side.host)
}

fn other(side: &Side) -> Result<Vec<String>> {
    crate::table::saved(&side.other)
}

/// The table of the first network namespace.
fn first(_: &Side) -> Result<Vec<String>> {
    let text = shell::run(&mut words("nsenter -t 1 -n ipvsadm -Sn"))?;
    let mut rows: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    rows.sort();
    Ok(rows)
}

fn daemons(side: &Side) -> Result<Vec<String>> {
    synchronising(&side.host)
}

fn others_daemons(side: &Side) -> Result<Vec<String>> {
    synchronising(&side.other)
}

/// `ROLE (OPTIONS)`, the master first.
fn synchronising(host: &Host) -> Result<Vec<String>> {
    let text = host.exec("ipvsadm -Ln --daemon")?;
    let lines = text.lines().map(|line| line.replace("sync daemon ", ""));
    let mut lines: Vec<String> = lines.collect();
    lines.sort_by(|a, b| b.cmp(a));
    Ok(lines)
}

/// Waits until each program has had it so.
fn same(
    ctx: &mut Ctx,
    sides: &[Side],
    what: &str,
    look: fn(&Side) -> Result<Vec<String>>,
    wanted: &[&str],
) -> Result<()> {
    let start = Instant::now();
    let mut found = vec![Vec::new(); sides.len()];
    let mut had = vec![false; sides.len()];
    wait_some(what, PATIENCE * 2, || {
        for ((side, found), had) in sides.iter().zip(&mut found).zip(&mut had) {
            if !*had {
                *found = look(side).unwrap_or_default();
                *had = found == wanted;
            }
        }
        let done = had.iter().all(|had| *had) || start.elapsed() >= PATIENCE;
        done.then_some(())
    })?;
    for ((side, found), had) in sides.iter().zip(found).zip(had) {
        let program = side.director.program();
        ctx.check(had, format!("{what}: {program}: {found:?}"));
    }
    Ok(())
}
