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

use holdfast_model::{HostFacts, Instance, Program, Step, VirtualServer};
use holdfast_syntax::{Finding, Findings, Severity, Span};

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<'a> {
    pub(crate) facts: &'a HostFacts,
    /// Instances that would run, each with its block.
    pub(crate) instances: &'a [(Instance, Span)],
    /// Virtual servers that would run, each with its block.
    pub(crate) servers: &'a [(VirtualServer, Span)],
}

impl<'a> Whole<'a> {
    /// All that would run.
    pub(crate) const fn of(
        facts: &'a HostFacts,
        instances: &'a [(Instance, Span)],
        servers: &'a [(VirtualServer, Span)],
    ) -> Self {
        Self {
            facts,
            instances,
            servers,
        }
    }
}

/// A program that was looked at, and the word that names it first.
pub(crate) type Seen<'a> = (&'a str, &'a Program, Span);

/// One rule over everything.
type Rule = fn(&Whole<'_>, &mut Advice<'_>);
/// One rule over each instance.
type InstanceRule = fn(&Instance, Span, &Whole<'_>, &mut Advice<'_>);
/// One rule over each virtual server.
type ServerRule = fn(&VirtualServer, Span, &Whole<'_>, &mut Advice<'_>);
/// One rule over each program that exists.
type ProgramRule = fn(&str, &Program, Span, &mut Advice<'_>);

const WHOLE: &[Rule] = &[two_owners::judge, nobody_owns::judge];

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
pub(crate) struct Advice<'f> {
    findings: &'f mut Findings,
}

impl Advice<'_> {
    fn say(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl FnOnce() -> String,
        help: &str,
    ) {
        // a large file has thousands of the same
        if self.findings.is_full(Severity::Advice) {
            self.findings.count(Severity::Advice, false);
            return;
        }
        let finding = Finding::advice(code, span, message()).help(help);
        self.findings.push(finding);
    }
}

/// stat(2): the type of a file, in its mode.
const TYPE: u32 = 0o170_000;

/// A plain file?
const fn is_file(step: &Step) -> bool {
    step.mode & TYPE == 0o100_000
}

/// Runs every rule over programs.
pub(crate) fn judge_programs(findings: &mut Findings, programs: &[Seen<'_>]) {
    let mut advice = Advice { findings };
    no_program::judge(programs, &mut advice);
    let there = programs.iter();
    for (name, program, span) in there.filter(|(_, program, _)| program.missing.is_none()) {
        for rule in PROGRAMS {
            rule(name, program, *span, &mut advice);
        }
    }
}

/// Runs every other rule.
pub(crate) fn judge(findings: &mut Findings, whole: &Whole<'_>) {
    let mut advice = Advice { findings };
    for rule in WHOLE {
        rule(whole, &mut advice);
    }
    for (instance, span) in whole.instances {
        for rule in INSTANCES {
            rule(instance, *span, whole, &mut advice);
        }
    }
    for (server, span) in whole.servers {
        for rule in SERVERS {
            rule(server, *span, whole, &mut advice);
        }
    }
}
