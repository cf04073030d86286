//! HTTP_GET and SSL_GET of many servers: each is up or down as keepalived says, but for a few
//! that serve and that keepalived does not understand.

mod plain;
mod second;
mod secure;
mod servers;

use super::world::{ONE, TWO, host};
use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::table;
use crate::traffic::Odd;
use servers::Servers;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

/// Everybody who is asked.
const SERVERS: Ipv4Addr = Ipv4Addr::new(172, 168, 3, 1);
/// The service whose table is read.
const SERVICE: &str = "TCP 172.168.9.9:80";
/// The first server's port.
const FIRST: u16 = 8001;

/// A server, how it is asked, and what comes of it.
#[derive(Debug)]
struct Variant {
    name: &'static str,
    server: Kind,
    /// The checker's keyword and its lines; `url`'s `path /` and the times are added.
    check: &'static str,
    url: &'static str,
    verdict: Verdict,
}

/// Who serves.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// A small one of our own.
    Odd(Odd),
    /// `openssl s_server` with these arguments.
    OpenSsl(&'static str),
    /// nginx with these lines in its `server` block; `ssl` behind the port.
    Nginx {
        listen: &'static str,
        lines: &'static str,
    },
}

/// Up or down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Up,
    Down,
    /// docs/differences.md has it: it serves, and keepalived does not understand it.
    UpHere,
    /// We asked for more than keepalived can.
    UpThere,
}

impl Verdict {
    fn is_up(self, holdfast: bool) -> bool {
        match self {
            Self::Up => true,
            Self::Down => false,
            Self::UpHere => holdfast,
            Self::UpThere => !holdfast,
        }
    }
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let variants: Vec<&Variant> = {
        let all = plain::ALL.iter().chain(secure::ALL);
        all.chain(second::ALL).collect()
    };
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (two, _) = host(ctx, &switch, "d2", TWO)?;
    let (everybody, _) = host(ctx, &switch, "rs", SERVERS)?;
    let _servers = Servers::start(ctx, &everybody, &variants)?;
    let text = configuration(&variants);
    let ours = ctx.a.clone();
    let mut directors = Vec::new();
    for (host, program) in [(&one, &ours), (&two, &Program::Keepalived)] {
        let mut director = ctx.director(host, program, &["-C"])?;
        director.configure(&text)?;
        director.start()?;
        directors.push((host.clone(), director));
    }
    for (host, director) in &mut directors {
        judge(ctx, host, director, &variants)?;
    }
    for (_, director) in &mut directors {
        director.stop(Duration::from_secs(5))?;
    }
    Ok(())
}

/// Waits until the table is as it has to be, and says where it is not.
fn judge(ctx: &mut Ctx, host: &Host, director: &Director, variants: &[&Variant]) -> Result<()> {
    let program = director.program().clone();
    let wanted: BTreeSet<u16> = (FIRST..)
        .zip(variants)
        .filter(|(_, variant)| variant.verdict.is_up(program.is_holdfast()))
        .map(|(port, _)| port)
        .collect();
    let settled = wait("the verdicts", Duration::from_secs(20), || {
        ports(host).is_ok_and(|up| up == wanted)
    });
    // a wrong one might be right by chance for a moment
    std::thread::sleep(Duration::from_secs(2));
    let up = ports(host)?;
    let count = variants.len();
    let words = format!("{program}: {} of {count} are up", up.len());
    ctx.check(settled.is_ok() && up == wanted, words);
    for (port, variant) in (FIRST..).zip(variants) {
        if up.contains(&port) != wanted.contains(&port) {
            let state = if up.contains(&port) { "up" } else { "down" };
            ctx.step(format!("{program}: {} ({port}) is {state}", variant.name));
        }
    }
    Ok(())
}

/// Ports with a row.
fn ports(host: &Host) -> Result<BTreeSet<u16>> {
    let table = table::read(host)?;
    let services = table.iter().filter(|service| service.name == SERVICE);
    let rows = services.flat_map(|service| &service.rows);
    Ok(rows.map(|row| row.port).collect())
}

fn configuration(variants: &[&Variant]) -> String {
    let mut text = String::from(
        "global_defs {\n router_id web\n}\n\
         virtual_server 172.168.9.9 80 {\n delay_loop 2\n lb_algo rr\n lb_kind NAT\n protocol TCP\n",
    );
    for (port, variant) in (FIRST..).zip(variants) {
        let (keyword, lines) = variant.check.split_once(' ').unwrap_or((variant.check, ""));
        let url = variant.url;
        let path = if url.contains("path ") { "" } else { "path /" };
        text.push_str(&format!(
            " # {}\n real_server {SERVERS} {port} {{\n  {keyword} {{\n   connect_timeout 2\n   retry 0\n   \
             delay_before_retry 1\n   warmup 1\n   {lines}\n   url {{\n    {path}\n    {url}\n   }}\n  }}\n }}\n",
            variant.name
        ));
    }
    text.push_str("}\n");
    text
}
