//! Half-written files: an editor without a rename, a full disk.

use super::world::{VIP, World};
use crate::director::{Director, Reload};
use crate::error::Result;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::table::saved;
use std::time::{Duration, Instant};

const FILE: &str = "seeds/pair-1.conf";
/// After so many failures the rest says nothing new.
const ENOUGH: usize = 5;

/// The VRRP half: every byte.
pub(super) fn every_byte(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let director = alone(ctx, &world, &["-P"])?;
    let text = ctx.file(FILE)?;
    let bytes = text.as_bytes();
    let from = Instant::now();
    let (mut refused, mut failures) = (0, 0);
    for length in 0..bytes.len() {
        let (outcome, said) = cut(&director, bytes, length);
        let outcome = ctx.note(&format!("reload of the first {length} bytes"), outcome);
        let held = world.one_has.has(VIP);
        refused += usize::from(outcome == Some(Reload::Refused));
        let unnamed = outcome == Some(Reload::Refused) && !names_a_line(&director, &said);
        if !held || unnamed || outcome.is_none() {
            failures += 1;
            ctx.fail(format!(
                "{length} bytes: VIP held {held}, {outcome:?}, line named {}; said {said:#?}",
                !unnamed
            ));
        }
        if failures >= ENOUGH {
            break;
        }
    }
    ctx.step(format!("{refused} of {} reloads refused", bytes.len()));
    let most = refused * 2 > bytes.len();
    ctx.check(most, "most of them, since most end inside a block");
    let whole = cut(&director, bytes, bytes.len()).0;
    ctx.check(
        matches!(whole, Ok(Reload::Complete)),
        format!("the whole file: {whole:?}"),
    );
    let moved = world.one_has.changes(VIP, from);
    ctx.check(moved == 0, format!("the VIP moved {moved} times"));
    Ok(())
}

/// With the table: every line, and the middle of every line.
pub(super) fn every_line(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let _real = world.real_servers(ctx)?;
    let servers = [_real[0].clone(), _real[1].clone()];
    let _http = [
        crate::traffic::Server::named(&servers[0], 80)?,
        crate::traffic::Server::named(&servers[1], 80)?,
    ];
    let director = alone(ctx, &world, &[])?;
    let text = ctx.file(FILE)?;
    let full = saved(&world.one)?;
    ctx.check(full.len() == 3, format!("the table: {full:#?}"));
    let from = Instant::now();
    let mut failures = 0;
    for length in places(&text) {
        let before = saved(&world.one)?;
        let (outcome, said) = cut(&director, text.as_bytes(), length);
        let outcome = ctx.note(&format!("reload of the first {length} bytes"), outcome);
        let after = saved(&world.one)?;
        let stayed = after == before;
        // a file that ends before the virtual server is a valid one without it
        let valid = !text[..length].contains("virtual_server ");
        let right = match outcome {
            Some(Reload::Refused) => stayed && names_a_line(&director, &said),
            Some(Reload::Complete) => stayed || valid,
            None => false,
        };
        if !right {
            failures += 1;
            ctx.fail(format!(
                "{length} bytes: {outcome:?}, table {after:#?}, said {said:#?}"
            ));
        }
        if failures >= ENOUGH {
            break;
        }
        if !stayed {
            let (_, _) = cut(&director, text.as_bytes(), text.len());
            let host = world.one.clone();
            wait("the whole table again", Duration::from_secs(3), || {
                saved(&host).is_ok_and(|now| now == full)
            })?;
        }
    }
    let moved = world.one_has.changes(VIP, from);
    ctx.check(moved == 0, format!("the VIP moved {moved} times"));
    Ok(())
}

fn alone(ctx: &mut Ctx, world: &World, extra: &[&str]) -> Result<Director> {
    let program = ctx.a.clone();
    let mut director = super::world::director(ctx, &world.one, &program, FILE, extra)?;
    director.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    ctx.step("d1 is master");
    Ok(director)
}

/// Reloads the first `length` bytes; how it ended and what was said.
fn cut(director: &Director, bytes: &[u8], length: usize) -> (Result<Reload>, Vec<String>) {
    let mark = director.log().mark();
    let part = bytes.get(..length).unwrap_or(bytes);
    let outcome = director.configure(part).and_then(|()| director.reload());
    let said = director
        .log()
        .since(mark)
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    (outcome, said)
}

/// True if a line says `FILE:LINE:`.
fn names_a_line(director: &Director, said: &[String]) -> bool {
    let start = format!("{}:", director.config_path().display());
    said.iter().any(|line| {
        let rest = line.split_once(&start).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    })
}

fn places(text: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let middle = (start..start + line.len()).rev().nth(line.len() / 2);
        places.extend(middle.filter(|&place| text.is_char_boundary(place)));
        start += line.len();
        places.push(start);
    }
    places.retain(|&place| place < text.len());
    places
}
