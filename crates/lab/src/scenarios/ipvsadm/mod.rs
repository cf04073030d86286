//! `holdfast ipvsadm` beside Debian's ipvsadm 1.31: the same bytes, the same exit status.

mod draw;
mod errors;
mod traffic;

use super::world::{ONE, host, six};
use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Generated tables.
const TABLES: u64 = 200;
/// Services of the table that is restored for time; each has four real servers.
const LARGE: usize = 500;

/// Forms of the list in which nothing moves while nobody is served; a table is listed in some.
const LISTS: [&str; 3] = [
    "-Ln --stats\n-LnX --rate\n-Ln --thresholds\n-Ln --nosort\n",
    "-LnX --stats\n-Ln --persistent-conn\n-Ln --tun-info\n-Lnc\n",
    "-ln --rate\n-Ln --sort --stats --rate\n-L --daemon\n-LnX --tun-info --nosort\n",
];
/// With names; the resolver makes it slow.
const NAMED: &str = "-L\n-S\n-L --stats\n";
/// Its line stands between the lists and the save.
const MARK: &str = "-L --timeout\n";
const MARKED: &str = "Timeout (tcp tcpfin udp): 900 120 300\n";

/// How to call one of the two.
#[derive(Debug, Clone)]
struct Tool {
    words: Vec<String>,
}

/// What a call left.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Tool {
    fn theirs() -> Self {
        Self {
            words: vec!["ipvsadm".to_owned()],
        }
    }

    fn ours(ctx: &Ctx) -> Self {
        match &ctx.a {
            Program::Holdfast(path) => Self {
                words: vec![path.display().to_string(), "ipvsadm".to_owned()],
            },
            Program::Keepalived => Self::theirs(),
        }
    }

    fn call(&self, host: &Host, words: &[&str], input: &str) -> Result<Said> {
        let (program, first) = self
            .words
            .split_first()
            .ok_or_else(|| Error::Failed("no program".into()))?;
        host.within(|| {
            let mut child = Command::new(program)
                .args(first)
                .args(words)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .doing("start ipvsadm")?;
            if let Some(mut pipe) = child.stdin.take() {
                // one that is wrong about its options does not read
                let _closed = pipe.write_all(input.as_bytes());
            }
            let output = child.wait_with_output().doing("wait for ipvsadm")?;
            Ok(Said {
                status: output.status.code(),
                out: String::from_utf8_lossy(&output.stdout).into_owned(),
                err: String::from_utf8_lossy(&output.stderr).into_owned(),
            })
        })?
    }
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let one = ctx.lab.host("t")?;
    let (theirs, ours) = (Tool::theirs(), Tool::ours(ctx));
    tables(ctx, &one, &theirs, &ours)?;
    large(ctx, &one, &theirs, &ours)?;
    by_name(ctx, &one)?;
    errors::run(ctx, &one, &theirs, &ours)?;
    let switch = ctx.lab.switch("sw")?;
    let (director, _) = host(ctx, &switch, "d1", ONE)?;
    six(&director, "fd00::18")?;
    errors::daemons(ctx, &director, &theirs, &ours)?;
    traffic::run(ctx, &switch, &director, &theirs, &ours)
}

/// What one call left for the next, which is the other program's.
struct Before {
    lists: String,
    listed: String,
    saved: String,
}

/// Each table is written by one and listed by both, byte for byte; the other restores what the
/// first saved. What was restored has the same rows, in an order that may differ: ipvsadm's
/// depends on the kernel's where addresses are far apart. One call does the second half of a table
/// and the first half of the next.
fn tables(ctx: &mut Ctx, host: &Host, theirs: &Tool, ours: &Tool) -> Result<()> {
    let (mut rows, mut bytes, mut wrong) = (0, 0, 0);
    let mut before = Before {
        lists: format!("{MARK}-Sn\n"),
        listed: String::new(),
        saved: String::new(),
    };
    for seed in 0..=TABLES {
        let tool = if seed % 2 == 0 { theirs } else { ours };
        let drawn = draw::table(seed);
        let named = if seed % 20 == 0 { NAMED } else { "" };
        let forms = LISTS.get(seed as usize % LISTS.len()).unwrap_or(&"");
        let lists = format!("-Ln\n{forms}{}{named}{MARK}-Sn\n", draw::singles(&drawn));
        let (again, saved) = (&before.lists, &before.saved);
        let input = format!("{again}-C\n{saved}{MARK}-Sn\n{MARK}-C\n{drawn}{lists}");
        let said = tool.call(host, &["-R"], &input)?.out;
        let mut parts = said.splitn(5, MARKED);
        let [listed_again, saved_again, restored, listed, saved] =
            [(); 5].map(|()| parts.next().unwrap_or_default());
        let facts = [
            before.listed == listed_again,
            before.saved == saved_again,
            sorted(&before.saved) == sorted(restored),
            sorted(saved).len() >= draw::services(&drawn),
        ];
        if facts.contains(&false) {
            wrong += 1;
            ctx.step(format!(
                "before seed {seed}: listed alike, saved alike, restored, written: {facts:?}"
            ));
            show_difference(ctx, &before.listed, listed_again);
            show_difference(ctx, &before.saved, saved_again);
        }
        rows += restored.lines().count();
        bytes += listed_again.len() + saved_again.len();
        before = Before {
            listed: listed.to_owned(),
            saved: saved.to_owned(),
            lists,
        };
    }
    ctx.check(
        wrong == 0,
        format!("{TABLES} tables, {rows} rows, {bytes} bytes of lists and saves: {wrong} differ"),
    );
    Ok(())
}

fn sorted(rows: &str) -> Vec<&str> {
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.sort_unstable();
    rows
}

fn show_difference(ctx: &Ctx, one: &str, other: &str) {
    let lines = one.lines().zip(other.lines());
    for (one, other) in lines.filter(|(one, other)| one != other).take(5) {
        ctx.step(format!("  {one:?}\n  {other:?}"));
    }
}

/// A large table, restored by each.
fn large(ctx: &mut Ctx, host: &Host, theirs: &Tool, ours: &Tool) -> Result<()> {
    let text = draw::large(LARGE);
    let mut took = Vec::new();
    let mut saves = Vec::new();
    for tool in [theirs, ours] {
        tool.call(host, &["-C"], "")?;
        let begun = Instant::now();
        let said = tool.call(host, &["-R"], &text)?;
        took.push(begun.elapsed());
        ctx.check(said.status == Some(0), format!("restored: {:?}", said.err));
        saves.push(tool.call(host, &["-Sn"], "")?.out);
    }
    let rows = text.lines().count();
    ctx.check(
        saves.first() == saves.last()
            && saves
                .first()
                .is_some_and(|text| text.lines().count() == rows),
        format!("{rows} rows, saved alike by both"),
    );
    let (theirs, ours) = (
        took.first().copied().unwrap_or_default(),
        took.last().copied(),
    );
    let bound = theirs / 3;
    ctx.bound(
        &format!("-R of {rows} rows (ipvsadm {theirs:.3?})"),
        ours.unwrap_or(Duration::MAX),
        bound,
    );
    Ok(())
}

/// Called as ipvsadm-save and ipvsadm-restore.
fn by_name(ctx: &mut Ctx, one: &Host) -> Result<()> {
    let Program::Holdfast(path) = ctx.a.clone() else {
        return Ok(());
    };
    let named = |name: &str| -> Result<Tool> {
        let link: PathBuf = ctx.path(name);
        let folder = link.parent().unwrap_or(&link);
        std::fs::create_dir_all(folder).doing("make the scenario's folder")?;
        std::os::unix::fs::symlink(&path, &link).doing("link the program")?;
        Ok(Tool {
            words: vec![link.display().to_string()],
        })
    };
    let (save, restore) = (named("ipvsadm-save")?, named("ipvsadm-restore")?);
    let theirs = Tool {
        words: vec!["ipvsadm-save".to_owned()],
    };
    let text = "# a table\n-A -f 3 -s rr\n-a -f 3 -r 10.0.0.2:80 -m\n";
    let said = restore.call(one, &[], text)?;
    ctx.check(said.status == Some(0), format!("ipvsadm-restore: {said:?}"));
    let saved = save.call(one, &["-n"], "")?;
    let expected = theirs.call(one, &["-n"], "")?;
    let rows = "-A -f 3 -s rr\n-a -f 3 -r 10.0.0.2:80 -m -w 1\n";
    ctx.check(
        saved == expected && saved.out == rows,
        format!("ipvsadm-save: {saved:?}"),
    );
    let broken = restore.call(one, &[], "-A -f 4\n-A -f 0\n")?;
    let after = save.call(one, &["-n"], "")?;
    ctx.check(
        broken.status == Some(2) && after.out == rows && broken.err.contains("line 2"),
        format!("a broken text changes nothing: {:?}", broken.err),
    );
    Ok(())
}
