//! `startup_script` and `shutdown_script`: a process of its own runs the one, to its end or its limit.

use super::spawner::{Outcome, Spawner};
use crate::{Context, load};
use holdfast_kernel::inherit;
use holdfast_kernel::time::now;
use holdfast_model::Once;
use holdfast_supervise::signals::{Asked, Signals};
use holdfast_supervise::{Bundle, Level, Moment, Sink, exit};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io;
use std::os::fd::AsFd as _;

/// The process. What the script does is its own affair, so the result is its exit code: 0.
pub fn run(moment: Moment, memfd: i32, context: &Context) -> i32 {
    let mut log = Sink::open("Keepalived", &context.log).hasty();
    let result = Signals::block(true).and_then(|signals| {
        let bundle = Bundle::open(inherit::adopt(memfd)?)?;
        let process = load::process_section(&bundle)?;
        let once = match moment {
            Moment::Startup => process.startup,
            Moment::Shutdown => process.shutdown,
        };
        once.map_or(Ok(()), |once| to_its_end(moment, &once, &signals, &mut log))
    });
    match result {
        Ok(()) => exit::OK,
        Err(error) => {
            let line = format!("Call of {} script failed: {error}", moment.word());
            log.write(Level::Error, &line);
            exit::FATAL
        }
    }
}

fn to_its_end(moment: Moment, once: &Once, signals: &Signals, log: &mut Sink) -> io::Result<()> {
    let word = moment.word();
    let program = once.script.program();
    log.write(Level::Info, &format!("Running {word} script {program}"));
    let mut spawner = Spawner::new(1)?;
    spawner.start((), &once.script, &[], Some(now() + once.limit))?;
    let mut asked = false;
    loop {
        wait(&spawner, signals);
        while let Some(signal) = signals.next() {
            if signal == Asked::Stop && !std::mem::replace(&mut asked, true) {
                spawner.hurry(now(), |()| true);
            }
        }
        if let Some(ended) = spawner.collect(now()).pop() {
            if let Some(line) = complaint(word, program, ended.outcome, asked) {
                log.write(Level::Info, &line);
            }
            return Ok(());
        }
    }
}

fn wait(spawner: &Spawner<()>, signals: &Signals) {
    let left = spawner.deadline().map(|deadline| deadline.since(now()));
    let timeout = left.map_or(PollTimeout::NONE, |left| {
        PollTimeout::from(u16::try_from(left.as_millis() + 1).unwrap_or(u16::MAX))
    });
    let mut fds = [
        PollFd::new(spawner.as_fd(), PollFlags::POLLIN),
        PollFd::new(signals.as_fd(), PollFlags::POLLIN),
    ];
    let _interrupted = poll(&mut fds, timeout);
}

/// keepalived's words, and what it leaves out.
fn complaint(word: &str, program: &str, outcome: Outcome, asked: bool) -> Option<String> {
    Some(match outcome {
        Outcome::Exited(0) => return None,
        Outcome::Exited(super::NOT_FOUND) => {
            format!("Call of {word} script {program} failed: it does not exist")
        }
        Outcome::Exited(super::NOT_RUN) => format!(
            "Call of {word} script {program} failed: it cannot be run; is it executable for its user?"
        ),
        Outcome::Exited(status) => format!("{word} script script failed, status {status}"),
        Outcome::Killed(number) => format!("{word} script {program} was killed by signal {number}"),
        Outcome::TimedOut if asked => {
            format!("{word} script {program}: ended, since the daemon was told to stop")
        }
        Outcome::TimedOut => format!("{word} script timed out"),
    })
}
