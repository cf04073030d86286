//! The two workers: what they have in common, and where they part.

#[cfg(not(panic = "unwind"))]
compile_error!("a probe that panics must not end the lvs worker: build with panic = unwind");

mod adopt;
mod bfd;
mod boundary;
mod control;
mod effects;
mod followed;
mod history;
mod keeper;
mod link;
mod lvs;
mod lvs_wants;
mod memory;
mod recorder;
mod signing;
mod stats;
mod urgency;
mod vrrp;

use crate::{Context, load, render};
use control::Control;
use holdfast_control::Questions;
use holdfast_model::VrrpModel;
use holdfast_supervise::{Bundle, Channel, Role, Sink, WorkerArguments, exit};
use link::Link;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;

pub use recorder::Recording;

/// Everything a worker starts with.
struct Start {
    control: Control,
    link: Link,
    questions: Questions,
    bundle: Bundle,
    /// What the worker before this one wrote down, and its sockets.
    memory: OwnedFd,
    kept: BTreeMap<u64, OwnedFd>,
    /// Somebody served here until a moment ago: where nothing is remembered of it, the kernel tells.
    adopts: bool,
}

/// Runs a worker to its end; the result is its exit code.
pub fn run(arguments: &WorkerArguments, context: &Context) -> i32 {
    holdfast_kernel::heap::limit(1);
    boundary::abort_on_panic();
    let sink = Sink::open(arguments.role.ident(), &context.log);
    let Ok(_logger) = render::start(sink) else {
        return exit::FATAL;
    };
    let result = start(arguments, context).and_then(|start| match arguments.role {
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

fn start(arguments: &WorkerArguments, context: &Context) -> io::Result<Start> {
    let inherited = |number| holdfast_kernel::inherit::adopt(number);
    let signals = holdfast_supervise::signals::Signals::block(context.interrupt)?;
    let channel = Channel::from_fd(inherited(arguments.channel)?)?;
    let link = Channel::from_fd(inherited(arguments.link)?)?;
    let questions = Channel::from_fd(inherited(arguments.questions)?)?;
    let bundle = Bundle::open(inherited(arguments.model)?)?;
    let kept = arguments.kept.iter();
    let kept = kept.map(|(id, fd)| Ok((*id, inherited(*fd)?)));
    let mask = load::process_section(&bundle)
        .ok()
        .and_then(|process| process.umask);
    if let Some(mask) = mask.filter(|_| !context.umask_given) {
        nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(mask));
    }
    let keep = match arguments.role {
        Role::Vrrp => context.keep_vips,
        Role::Lvs => context.keep_ipvs,
    };
    Ok(Start {
        control: Control::new(channel, signals, !keep),
        link: Link::new(link),
        questions: Questions::new(questions),
        bundle,
        memory: inherited(arguments.memory)?,
        kept: kept.collect::<io::Result<_>>()?,
        adopts: arguments.adopts,
    })
}

/// What the vrrp worker runs, beside an lvs worker or not. The reader of a FIFO that both workers tell is the lvs worker's, which
/// ends last.
fn vrrp_section(bundle: &Bundle, shares: bool) -> io::Result<VrrpModel> {
    let mut model = load::vrrp_section(bundle)?;
    if shares && bundle.header.lvs {
        let fifos = model.notices.fifos.iter_mut();
        fifos
            .filter(|fifo| fifo.shared)
            .for_each(|fifo| fifo.reader = None);
    }
    Ok(model)
}
