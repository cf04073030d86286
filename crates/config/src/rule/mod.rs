//! Advice over the whole file: one rule a file, its doc comment the manual.
//!
//! A rule looks at what would run. It never changes anything, and never counts for an exit code.

mod already_stuck;
mod always_asking;
mod empty_weights;
mod fixed_owner;
mod known_password;
mod loose_program;
mod many_addresses;
mod nat_in_one_subnet;
mod no_program;
mod nobody_owns;
mod not_a_file;
mod not_executable;
mod own_address;
mod persistence_below_delay;
mod plain_on_tls;
mod slow_check;
mod sorry_is_real;
mod source_hash;
mod tcp_for_udp;
mod two_owners;
mod unchecked;
mod useless_weights;

use crate::context::Context;
use holdfast_model::{HostFacts, Instance, Program, Step, VirtualServer};
use holdfast_syntax::{Finding, Severity, Span};

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<'a> {
    pub(crate) facts: &'a HostFacts,
    /// Instances that would run, each with its block.
    pub(crate) instances: &'a [(Instance, Span)],
    /// Virtual servers that would run, each with its block.
    pub(crate) servers: &'a [(VirtualServer, Span)],
    /// Programs that were looked at, each with the word that names it first.
    pub(crate) programs: &'a [(&'a str, &'a Program, Span)],
}

/// One rule over everything.
type Rule = fn(&Whole<'_>, &mut Advice<'_, '_>);
/// One rule over each instance.
type InstanceRule = fn(&Instance, Span, &Whole<'_>, &mut Advice<'_, '_>);
/// One rule over each virtual server.
type ServerRule = fn(&VirtualServer, Span, &Whole<'_>, &mut Advice<'_, '_>);
/// One rule over each program that exists.
type ProgramRule = fn(&str, &Program, Span, &mut Advice<'_, '_>);

const WHOLE: &[Rule] = &[two_owners::judge, nobody_owns::judge, no_program::judge];

const INSTANCES: &[InstanceRule] = &[
    fixed_owner::judge,
    known_password::judge,
    many_addresses::judge,
];

const SERVERS: &[ServerRule] = &[
    already_stuck::judge,
    always_asking::judge,
    empty_weights::judge,
    nat_in_one_subnet::judge,
    own_address::judge,
    persistence_below_delay::judge,
    plain_on_tls::judge,
    slow_check::judge,
    sorry_is_real::judge,
    source_hash::judge,
    tcp_for_udp::judge,
    unchecked::judge,
    useless_weights::judge,
];

const PROGRAMS: &[ProgramRule] = &[
    not_a_file::judge,
    not_executable::judge,
    loose_program::judge,
];

/// Where rules speak.
pub(crate) struct Advice<'c, 'f> {
    context: &'c mut Context<'f>,
}

impl Advice<'_, '_> {
    fn say(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl FnOnce() -> String,
        help: &str,
    ) {
        // a large file has thousands of the same
        if self.context.findings.is_full(Severity::Advice) {
            self.context.findings.count(Severity::Advice, false);
            return;
        }
        let finding = Finding::advice(code, span, message()).help(help);
        self.context.push(finding);
    }
}

/// stat(2): the type of a file, in its mode.
const TYPE: u32 = 0o170_000;

/// A plain file?
const fn is_file(step: &Step) -> bool {
    step.mode & TYPE == 0o100_000
}

/// Runs every rule.
pub(crate) fn judge(context: &mut Context<'_>, whole: &Whole<'_>) {
    let mut advice = Advice { context };
    for rule in WHOLE {
        rule(whole, &mut advice);
    }
    for (instance, span) in whole.instances {
        for rule in INSTANCES {
            rule(instance, *span, whole, &mut advice);
        }
    }
    let there = whole.programs.iter();
    for (name, program, span) in there.filter(|(_, program, _)| program.missing.is_none()) {
        for rule in PROGRAMS {
            rule(name, program, *span, &mut advice);
        }
    }
    for (server, span) in whole.servers {
        for rule in SERVERS {
            rule(server, *span, whole, &mut advice);
        }
    }
}
