//! The two workers: what they have in common, and where they part.

mod control;
mod effects;
mod link;
mod lvs;
mod stats;
mod vrrp;

use crate::{Context, render};
use control::Control;
use holdfast_supervise::{Bundle, Channel, Role, Sink, WorkerArguments, exit};
use link::Link;
use std::io;

/// Everything a worker starts with.
struct Start {
    control: Control,
    link: Link,
    bundle: Bundle,
}

/// Runs a worker to its end; the result is its exit code.
pub fn run(arguments: WorkerArguments, context: &Context) -> i32 {
    holdfast_kernel::heap::shared_by_threads();
    abort_on_panic();
    let sink = Sink::open(arguments.role.ident(), &context.log);
    let Ok(_logger) = render::start(sink) else {
        return exit::FATAL;
    };
    let result = start(&arguments).and_then(|start| match arguments.role {
        Role::Vrrp => vrrp::run(start, context),
        Role::Lvs => lvs::run(start, context),
    });
    match result {
        Ok(()) => exit::OK,
        Err(error) => {
            tracing::error!("{} worker: {error}", arguments.role.word());
            exit::FATAL
        }
    }
}

fn start(arguments: &WorkerArguments) -> io::Result<Start> {
    let inherited = |number| holdfast_kernel::inherit::adopt(number);
    let signals = holdfast_supervise::signals::Signals::block(true)?;
    let channel = Channel::from_fd(inherited(arguments.channel)?)?;
    let link = Channel::from_fd(inherited(arguments.link)?)?;
    let bundle = Bundle::open(inherited(arguments.model)?)?;
    Ok(Start {
        control: Control::new(channel, signals),
        link: Link::new(link),
        bundle,
    })
}

/// A panic anywhere but in a probe ends the process: half a worker is worse than none, and the
/// supervisor starts a whole one.
fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        std::process::abort();
    }));
}
