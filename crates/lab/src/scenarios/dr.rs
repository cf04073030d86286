//! Direct routing as the seed documents set it up: what happens to the table and to a client.

use super::world::{ONE, REAL, VIP, World, sorry_servers};
use crate::director::Director;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::table::{TableWatch, saved, serving, wait_serving};
use crate::traffic::{Load, Server, request};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

const SERVICE: &str = "TCP 172.168.2.20:80";
const SORRY: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// `delay_loop`, then `retry` times `delay_before_retry`, and what the issue grants.
const REFUSED: Duration = Duration::from_millis(5000 + 3 * 1000 + 300);
/// `retry` times `delay_before_retry`.
const RETRIES: Duration = Duration::from_secs(3);
/// One success brings a server back.
const BACK: Duration = Duration::from_millis(5000 + 300);

struct Story {
    world: World,
    one: Director,
    _two: Director,
    real: [Host; 2],
    http: [Option<Server>; 2],
    load: Load,
    watch: TableWatch,
    _sorry: [Server; 2],
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let mut story = begin(ctx)?;
    both_serve(ctx, &story)?;
    refuses(ctx, &mut story)?;
    silent(ctx, &mut story)?;
    sorry(ctx, &mut story)?;
    edit(ctx, &mut story)?;
    let empty = story.watch.empty_since(ctx.start());
    ctx.check(empty == 0, format!("{empty} looks found an empty table"));
    Ok(())
}

fn begin(ctx: &mut Ctx) -> Result<Story> {
    let world = World::new(ctx)?;
    let real = world.real_servers(ctx)?;
    let http = [
        Some(Server::named(&real[0], 80)?),
        Some(Server::named(&real[1], 80)?),
    ];
    let sorry = sorry_servers(&world)?;
    let (mut one, mut two) =
        world.directors(ctx, ["seeds/pair-1.conf", "seeds/pair-2.conf"], &[])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    wait_serving(&world.one, SERVICE, &REAL, Duration::from_secs(1))?;
    let (first, second) = (saved(&world.one)?, saved(&world.two)?);
    ctx.check(
        first == second,
        format!("both directors have the same table: {first:#?}"),
    );
    // a server's first check removes it on one failure; the promises below are about later ones
    wait(
        "a check of both real servers",
        Duration::from_secs(8),
        || http.iter().flatten().all(|server| server.met(ONE)),
    )?;
    let watch = TableWatch::start(&world.one, SERVICE);
    let load = world.load(Duration::from_millis(40), Duration::from_millis(500));
    Ok(Story {
        world,
        one,
        _two: two,
        real,
        http,
        load,
        watch,
        _sorry: sorry,
    })
}

fn both_serve(ctx: &mut Ctx, story: &Story) -> Result<()> {
    let from = Instant::now();
    let patience = Duration::from_secs(5);
    story.load.wait_answer("rs15", from, patience)?;
    story.load.wait_answer("rs17", from, patience)?;
    let (all, failed) = story.load.failures(from);
    ctx.check(
        failed.is_empty(),
        format!("both serve; {all} requests, failed: {failed:?}"),
    );
    Ok(())
}

/// One refuses connections and comes back.
fn refuses(ctx: &mut Ctx, story: &mut Story) -> Result<()> {
    ctx.step("rs17 refuses");
    let at = Instant::now();
    story.http[1] = None;
    let out = wait_serving(&story.world.one, SERVICE, &REAL[..1], REFUSED * 2)?;
    let took = out.saturating_duration_since(at);
    ctx.bound("rs17 is out", took, REFUSED);
    ctx.check(
        took >= RETRIES,
        format!("and not before its retries: {RETRIES:?}"),
    );
    served_by(ctx, story, &["rs15"])?;
    ctx.step("rs17 is back");
    let at = Instant::now();
    story.http[1] = Some(Server::named(&story.real[1], 80)?);
    let back = wait_serving(&story.world.one, SERVICE, &REAL, BACK * 2)?;
    ctx.bound("rs17 is in", back.saturating_duration_since(at), BACK);
    Ok(())
}

/// One says nothing: its packets are dropped.
fn silent(ctx: &mut Ctx, story: &mut Story) -> Result<()> {
    ctx.step("rs17 drops packets");
    // four connections time out after 1 s each (connect_timeout of that server)
    let bound = REFUSED + Duration::from_secs(4);
    let at = Instant::now();
    story.real[1].drop_tcp(80)?;
    let out = wait_serving(&story.world.one, SERVICE, &REAL[..1], bound * 2)?;
    ctx.bound("rs17 is out", out.saturating_duration_since(at), bound);
    served_by(ctx, story, &["rs15"])
}

/// The last one goes too; then both are back.
fn sorry(ctx: &mut Ctx, story: &mut Story) -> Result<()> {
    ctx.step("rs15 refuses too");
    let at = Instant::now();
    story.http[0] = None;
    let out = wait_serving(&story.world.one, SERVICE, &[SORRY], REFUSED * 2)?;
    ctx.bound(
        "the sorry server steps in",
        out.saturating_duration_since(at),
        REFUSED,
    );
    served_by(ctx, story, &["d1"])?;
    ctx.step("both are back");
    let at = Instant::now();
    story.real[1].undrop()?;
    story.http[0] = Some(Server::named(&story.real[0], 80)?);
    // the silent one may hang in a connection attempt
    let bound = BACK + Duration::from_secs(1);
    let host = story.world.one.clone();
    wait("the sorry server leaves", bound, || {
        serving(&host, SERVICE).is_ok_and(|now| !now.is_empty() && !now.contains(&SORRY))
    })?;
    // a request that it was answering when it left may be lost: its row was there
    let left = Instant::now();
    let leaving = left - Duration::from_millis(300)..left;
    let back = wait_serving(&story.world.one, SERVICE, &REAL, bound * 2)?;
    ctx.bound(
        "both serve, no sorry server",
        back.saturating_duration_since(at),
        bound,
    );
    let failed: Vec<_> = story
        .load
        .since(at)
        .into_iter()
        .filter(|request| request.outcome.is_err() && !leaving.contains(&request.at))
        .map(|request| (request.at.saturating_duration_since(at), request.outcome))
        .collect();
    ctx.check(
        failed.is_empty(),
        format!("requests on the way back, failed: {failed:?}"),
    );
    newcomers(ctx, story)
}

/// The seeds' edit: a real_server block commented out, reload, and in again.
fn edit(ctx: &mut Ctx, story: &mut Story) -> Result<()> {
    let text = ctx.file("seeds/pair-1.conf")?;
    ctx.step("comment rs17 out, reload");
    story.one.configure(comment_out(&text, "172.168.2.17"))?;
    let at = Instant::now();
    let outcome = story.one.reload()?;
    let out = wait_serving(
        &story.world.one,
        SERVICE,
        &REAL[..1],
        Duration::from_secs(2),
    )?;
    ctx.bound(
        "rs17 is out",
        out.saturating_duration_since(at),
        Duration::from_secs(1),
    );
    ctx.step(format!("reload: {outcome:?}; comment it in, reload"));
    let moves = story.world.one_has.changes(VIP, at);
    story.one.configure(&text)?;
    let at = Instant::now();
    story.one.reload()?;
    let back = wait_serving(&story.world.one, SERVICE, &REAL, Duration::from_secs(2))?;
    ctx.bound(
        "rs17 is in",
        back.saturating_duration_since(at),
        Duration::from_secs(1),
    );
    let moves = moves + story.world.one_has.changes(VIP, at);
    ctx.check(moves == 0, "the VIP stayed");
    let (all, failed) = story.load.failures(at);
    ctx.check(
        failed.is_empty(),
        format!("{all} requests, failed: {failed:?}"),
    );
    newcomers(ctx, story)
}

/// Puts `#` before every line of the real server's block (its braces are balanced).
pub(super) fn comment_out(text: &str, address: &str) -> String {
    let mut depth = 0;
    let mut result = String::new();
    for line in text.lines() {
        let begins = line.contains("real_server") && line.contains(address);
        if begins || depth > 0 {
            depth += line.matches('{').count();
            depth = depth.saturating_sub(line.matches('}').count());
            result.push('#');
        }
        result.push_str(line);
        result.push('\n');
    }
    result
}

/// Persistence keeps known clients where they are; those who come now are spread over both.
fn newcomers(ctx: &mut Ctx, story: &mut Story) -> Result<()> {
    let target = SocketAddrV4::new(VIP, 80);
    let sources: Vec<Ipv4Addr> = story.world.fresh.split_off(story.world.fresh.len() / 2);
    let ask = |source| request(source, target, Duration::from_secs(1));
    let answers: Vec<std::io::Result<String>> = story
        .world
        .client
        .within(|| sources.into_iter().map(ask).collect())?;
    let failed: Vec<_> = answers
        .iter()
        .filter_map(|each| each.as_ref().err())
        .collect();
    ctx.check(
        failed.is_empty(),
        format!("new clients, failed: {failed:?}"),
    );
    let names: BTreeSet<String> = answers.into_iter().flatten().collect();
    let both = names.iter().eq(["rs15", "rs17"]);
    ctx.check(both, format!("new clients are served by {names:?}"));
    Ok(())
}

/// From now on, once every server has answered, only these answer and nothing fails.
fn served_by(ctx: &mut Ctx, story: &Story, names: &[&str]) -> Result<()> {
    let from = Instant::now();
    for name in names {
        story.load.wait_answer(name, from, Duration::from_secs(5))?;
    }
    let served = story.load.servers(from);
    let (_, failed) = story.load.failures(from);
    let only = served.keys().all(|name| names.contains(&name.as_str()));
    ctx.check(
        only && failed.is_empty(),
        format!("served by {served:?}, failed: {failed:?}"),
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::comment_out;

    #[test]
    fn a_block_is_commented_out() {
        let text = "v {\n    real_server 10.0.0.1 80 {\n        T {\n        }\n    }\n}\n";
        let wanted = "v {\n#    real_server 10.0.0.1 80 {\n#        T {\n#        }\n#    }\n}\n";
        assert_eq!(comment_out(text, "10.0.0.1"), wanted);
        assert_eq!(comment_out(text, "10.0.0.2"), text);
    }
}
