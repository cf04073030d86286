//! TCP_CHECK with `send`, `expect` and `rise`: a server that accepts connections and says that it
//! does not serve is taken out, and is back after three good answers in a row. A file takes another one out, whose way back takes
//! as long as so many successes would, whichever process counts.

use super::beside::reached;
use super::world::{ONE, host};
use crate::director::{Director, Role};
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use nix::sys::signal::Signal;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const SERVER: Ipv4Addr = Ipv4Addr::new(172, 168, 3, 3);
const GATE: &str = "/run/talk-gate";
const QUESTION: &[u8] = b"PING\r\n";
const GOOD: &str = "+PONG\r\n";
const BAD: &str = "-LOADING dataset\r\n";

/// What it answers, the first one first; the last one for ever.
#[derive(Clone)]
struct Answers {
    plan: Arc<Mutex<Vec<&'static str>>>,
    given: Arc<AtomicU32>,
}

impl Answers {
    fn set(&self, plan: &[&'static str]) {
        let mut kept = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = plan.iter().rev().copied().collect();
        self.given.store(0, Ordering::SeqCst);
    }

    /// None: it was not asked anything, as with the other check.
    fn serve(&self, mut client: TcpStream) -> Option<()> {
        client.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        let mut question = [0; QUESTION.len()];
        client.read_exact(&mut question).ok()?;
        let answer = if question == QUESTION {
            let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
            self.given.fetch_add(1, Ordering::SeqCst);
            let last = plan.len() == 1;
            if last {
                plan.last().copied()
            } else {
                plan.pop()
            }
        } else {
            Some("-ERR unknown\r\n")
        };
        client.write_all(answer?.as_bytes()).ok()
    }
}

fn serve(host: &Host) -> Result<Answers> {
    let answers = Answers {
        plan: Arc::new(Mutex::new(vec![GOOD])),
        given: Arc::default(),
    };
    let listener = host.within(|| TcpListener::bind("0.0.0.0:6379"))?;
    let listener = listener.doing("listen on port 6379")?;
    let served = answers.clone();
    let _until_the_end = host.spawn(move || {
        for client in listener.incoming().flatten() {
            served.serve(client);
        }
    });
    Ok(answers)
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (server, _) = host(ctx, &switch, "rs", SERVER)?;
    let answers = serve(&server)?;
    gate("0")?;
    let program = ctx.a.clone();
    let mut director = ctx.director(&one, &program, &[])?;
    director.configure(ctx.file("cases/talk.conf")?)?;
    director.start()?;
    reached(ctx, &program, &one, ("it serves", "6379:1 6380:2 6381:3"));
    let asked = || (answers.given.load(Ordering::SeqCst) > 1).then_some(());
    let checked = wait_some("it was asked", Duration::from_secs(8), asked);
    ctx.check(checked.is_ok(), "and was asked");

    answers.set(&[BAD]);
    let what = "it is there, and says that it is loading";
    reached(ctx, &program, &one, (what, "6380:2 6381:3"));

    answers.set(&[GOOD, GOOD, BAD, GOOD, GOOD, GOOD]);
    let what = "it serves twice, not once more, then again and again";
    reached(ctx, &program, &one, (what, "6379:1 6380:2 6381:3"));
    let given = answers.given.load(Ordering::SeqCst);
    // the row is looked for a moment after it came
    ctx.check(
        (6..=8).contains(&given),
        format!("it was believed after {given} answers, of which 6 are needed"),
    );
    watched(ctx, &one)?;
    counted(ctx, &director, "a process dies", |one| {
        one.signal(Role::Lvs, Signal::SIGKILL)
    })?;
    counted(ctx, &director, "an upgrade", |one| one.upgrade(None))?;
    director.stop(Duration::from_secs(10)).map(drop)
}

/// FILE_CHECK with `rise 11` and a `delay_loop` of 0.3 s.
fn watched(ctx: &mut Ctx, one: &Host) -> Result<()> {
    let program = ctx.a.clone();
    gate("1")?;
    let what = "a file takes it out at once";
    reached(ctx, &program, one, (what, "6379:1 6380:2"));
    let start = Instant::now();
    gate("0")?;
    let what = "and brings it back";
    reached(ctx, &program, one, (what, "6379:1 6380:2 6381:3"));
    let took = start.elapsed();
    let bounds = Duration::from_millis(2900)..Duration::from_secs(6);
    ctx.check(
        bounds.contains(&took),
        format!("after {took:.1?}, of which 3 s are needed"),
    );
    Ok(())
}

/// The same, and another checking process comes on the way: the time before counts.
fn counted(
    ctx: &mut Ctx,
    one: &Director,
    what: &str,
    change: impl Fn(&Director) -> Result<()>,
) -> Result<()> {
    let program = ctx.a.clone();
    gate("1")?;
    let out = "the file takes it out again";
    reached(ctx, &program, one.host(), (out, "6379:1 6380:2"));
    let start = Instant::now();
    gate("0")?;
    // it writes down what turned at most once a second
    std::thread::sleep(Duration::from_secs(2));
    change(one)?;
    let what = &format!("{what} on the way back");
    reached(ctx, &program, one.host(), (what, "6379:1 6380:2 6381:3"));
    let took = start.elapsed();
    let bounds = Duration::from_millis(2900)..Duration::from_millis(4700);
    ctx.check(
        bounds.contains(&took),
        format!("after {took:.1?}: 3 s, of which 2 before it"),
    );
    Ok(())
}

fn gate(number: &str) -> Result<()> {
    fs::write(GATE, number).doing(format!("write {GATE}"))
}
