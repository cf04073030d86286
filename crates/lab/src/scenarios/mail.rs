//! Mail about changes: byte for byte what keepalived writes of the same life at the same time; and a
//! mail server that is gone costs nothing.

use super::world::{GRACE, down, host};
use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::Port;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::traffic::{Dialogue, MailSink};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

const FILE: &str = "cases/mail.conf";
/// Our director's and keepalived's addresses where the mail server is, and its own.
const OURS: Ipv4Addr = Ipv4Addr::new(172, 16, 9, 1);
const THEIRS: Ipv4Addr = Ipv4Addr::new(172, 16, 9, 2);
const POST: Ipv4Addr = Ipv4Addr::new(172, 16, 9, 3);
/// Letters: the start, three masters, FAULT, the way back.
const LETTERS: usize = 15;
/// For one thing to happen on both.
const PATIENCE: Duration = Duration::from_secs(12);

/// A director with a cable to its peers, and one to the mail server.
struct Site {
    director: Director,
    cable: Port,
    post: Port,
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let (switch, post) = (ctx.lab.switch("sw")?, ctx.lab.switch("post")?);
    let (server, _cable) = host(ctx, &post, "m", POST)?;
    let ours = ctx.a.clone();
    let mut sites = Vec::new();
    for (name, program, number, address) in [
        ("d1", &ours, 1, OURS),
        ("d2", &Program::Keepalived, 2, THEIRS),
    ] {
        let (director, cable) = host(ctx, &switch, name, Ipv4Addr::new(172, 168, 2, number))?;
        let port = post.plug(&director, "eth1")?;
        director.address(&format!("{address}/16"), "eth1")?;
        let director = ctx.director(&director, program, &["-P"])?;
        director.configure(text(ctx, number)?)?;
        sites.push(Site {
            director,
            cable,
            post: port,
        });
    }
    let sink = MailSink::start(&server)?;
    same_letters(ctx, &mut sites, &sink)?;
    match sites.into_iter().next() {
        Some(site) => no_server(ctx, site, sink),
        None => Ok(()),
    }
}

fn text(ctx: &Ctx, number: u8) -> Result<String> {
    let text = ctx.file(FILE)?;
    let vrid = |which: u8| (number * 10 + which).to_string();
    let text = text.replace("VRID1", &vrid(1)).replace("VRID2", &vrid(2));
    Ok(text.replace("VRID3", &vrid(3)))
}

/// Start, fault, return and deletion, at both directors at once.
fn same_letters(ctx: &mut Ctx, sites: &mut [Site], sink: &MailSink) -> Result<()> {
    let letters = |count: usize| {
        let there = move |peer| sink.heard(peer).len() >= count;
        move || there(OURS) && there(THEIRS)
    };
    ctx.step("both start");
    for site in &mut *sites {
        site.director.start()?;
    }
    wait("letters of three masters", PATIENCE, letters(6))?;
    ctx.step("their cables are cut");
    for site in &*sites {
        site.cable.cut()?;
    }
    wait("letters of three faults", PATIENCE, letters(9))?;
    for site in &*sites {
        site.cable.mend()?;
    }
    wait("letters of the way back", PATIENCE, letters(LETTERS))?;
    ctx.step("the third instance leaves the files");
    for site in &mut *sites {
        let path = site.director.config_path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let cut = |from: &str, to: &str| Some((text.find(from)?, text.find(to)?));
        if let Some((from, to)) = cut("vrrp_instance VI_3", "vrrp_sync_group") {
            let rest = text.get(to..).unwrap_or_default();
            site.director
                .configure(format!("{}{rest}", text.get(..from).unwrap_or_default()))?;
        }
        site.director.reload()?;
    }
    wait("letters of the end", PATIENCE, letters(LETTERS + 1))?;
    for site in &mut *sites {
        site.director.stop(Duration::from_secs(6))?;
    }
    // keepalived's own last letters are lost with its process
    let said = |peer| {
        let mut all: Vec<Vec<String>> = sink.heard(peer).iter().map(undated).collect();
        all.sort();
        all
    };
    let (ours, theirs) = (said(OURS), said(THEIRS));
    let last = |one: &&Vec<String>| one.iter().any(|line| line.ends_with(" - Stopping"));
    let ends = ours.iter().filter(last).count();
    ctx.check(ends == 2, format!("{ends} letters of the stop"));
    let ours: Vec<_> = ours.iter().filter(|one| !last(one)).collect();
    let theirs: Vec<_> = theirs.iter().filter(|one| !last(one)).collect();
    ctx.check(ours == theirs, "the same dialogues, line by line");
    if ours != theirs {
        ctx.step(format!("{ours:#?}\nkeepalived: {theirs:#?}"));
    }
    Ok(())
}

fn undated(dialogue: &Dialogue) -> Vec<String> {
    let lines = dialogue.lines.iter();
    lines
        .map(|line| match line.strip_prefix("Date: ") {
            // its form: Sat, 21 Nov 2026 17:51:21 +0000
            Some(date) => format!("Date of {} letters", date.len()),
            None => line.clone(),
        })
        .collect()
}

/// Nobody answers: not so much as a refusal.
fn no_server(ctx: &mut Ctx, mut site: Site, sink: MailSink) -> Result<()> {
    drop(sink);
    site.post.cut()?;
    site.director.configure(text(ctx, 1)?)?;
    let from = site.director.log().since(0).len();
    ctx.step("the mail server is gone, the director starts again");
    let at = Instant::now();
    site.director.start()?;
    let log = site.director.log();
    let masters = || log.count(from, "Entering MASTER STATE") == 3;
    wait("three masters", PATIENCE, masters)?;
    let bound = down(100) + GRACE * 5;
    ctx.bound("three masters", at.elapsed(), bound);
    let at = Instant::now();
    site.director.stop(Duration::from_secs(6))?;
    ctx.bound("the stop", at.elapsed(), Duration::from_secs(3));
    let lines = log.count(from, "SMTP");
    ctx.check(lines <= 8, format!("{lines} lines about mail"));
    Ok(())
}
