//! A whole configuration: tree and facts to model and findings.

use crate::ahead::{Ahead, Both};
use crate::block::{self, Own};
use crate::context::Context;
use crate::draft::Spanned;
use crate::finish;
use crate::finish::objects::statics;
use crate::key_file::KeyFile;
use crate::lost::{self, Lost};
use crate::{code, http_draft, marks, repair, rule, table};
use core::net::IpAddr;
use holdfast_model::{HostFacts, Instance, Model, Name, Program, ServiceKey, VirtualServer};
use holdfast_syntax::{Facts, Finding, Findings, Severity, SourceMap, Span, Tree, code as syntax};
use std::collections::{BTreeMap, BTreeSet};

/// What came of a configuration.
#[derive(Debug)]
pub struct Compiled {
    /// What can run, without what is faulty.
    pub model: Model,
    /// All findings, those of the reader first in line, sorted by place.
    pub findings: Findings,
    /// Findings at which keepalived would exit instead of starting.
    pub fatal: Vec<Finding>,
    /// Keywords that are not built yet, and decide who is master, who may speak or who is
    /// reachable: what runs without them would be something else.
    pub decisive: Vec<Finding>,
    /// `holdfast { }`.
    pub own: Own,
    /// What a test of the configuration (`-t`) says.
    pub outcome: Outcome,
    /// About the text as a whole.
    pub facts: Facts,
    /// What runs here, and would not have run with keepalived.
    pub lost: Vec<Lost>,
    /// The block of each instance, in the model's order.
    pub(crate) instance_blocks: Vec<Span>,
    /// The block of each virtual server, in the model's order.
    pub(crate) virtual_server_blocks: Vec<Span>,
    /// Of those that begin in one file and end in another: where they stand.
    pub(crate) stretches: BTreeMap<Span, Vec<Span>>,
    /// Programs that the file names, each with the word that names it first: see
    /// [`Compiled::advise`].
    pub programs: BTreeMap<String, Span>,
    /// Files that hold a key: see [`Compiled::unlock`].
    pub key_files: Vec<KeyFile>,
}

impl Compiled {
    /// Adds the advice on programs that were looked at, by their names.
    pub fn advise(&mut self, seen: &BTreeMap<String, Program>, sources: &SourceMap) {
        let places = &self.programs;
        let seen: Vec<_> = seen
            .iter()
            .filter_map(|(name, program)| Some((name.as_str(), program, *places.get(name)?)))
            .collect();
        rule::judge_programs(&mut self.findings, &seen);
        // what is louder than advice has been said
        let silenced = &self.own.silenced;
        let _louder = self.findings.silence(|code| silenced.contains_key(code));
        self.findings.sort(sources);
    }
}

/// The verdict of keepalived 2.2.7's `-t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to report.
    Clean,
    /// An error, a warning or an old spelling.
    Faulty,
    /// A keyword without the value it needs.
    MissingParameter,
    /// A file is missing that an `includem` or its like needs.
    MissingFile,
    /// Nothing but that a static address needs the default interface, which does not exist.
    NoDefaultInterface,
}

impl Outcome {
    /// The exit code of `-t`: 0, 5, 2, 6 or 4. A first file that cannot be read is 4 too, which is not ours to say.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Faulty => 5,
            Self::MissingParameter => 2,
            Self::MissingFile => 6,
            Self::NoDefaultInterface => 4,
        }
    }
}

/// Compiles a tree. `read` are the findings made while reading it.
///
/// Advice and "not supported yet" never make a configuration faulty.
pub fn compile(tree: &Tree<'_>, read: Findings, facts: &HostFacts) -> Compiled {
    compile_by(tree, read, facts, &|first, second| {
        first();
        second();
    })
}

/// The same with the help of another thread: `both` does two things at once. The result is the
/// same, too.
pub fn compile_by(
    tree: &Tree<'_>,
    mut read: Findings,
    facts: &HostFacts,
    both: Both<'_>,
) -> Compiled {
    let mut context = Context::new(facts);
    let original = tree;
    let mended = repair::repair(tree, &mut read);
    let tree = mended.as_ref().unwrap_or(original);
    take(&mut context, read);
    let mut draft = walked(&mut context, tree, both);
    let elsewhere = missing_namespace(&mut context, draft.net_namespace.as_ref());
    let member_of = finish::groups::judge(&mut context, &draft.groups, &draft.instances);
    finish::server_group::finish(&mut context, &mut draft);
    let told = finish::told::told(&mut context, &mut draft);
    let users = told.users;
    let mut tracked = draft.tracked;
    tracked.scripts = users.checks(&mut context, draft.checks);
    tracked.processes = draft.processes.into_values().collect();
    let listening = finish::listening::listening(&draft.listening, &draft.instances);
    let defaults = finish::vrrp::Defaults {
        users,
        version: draft.version,
        strict: draft.strict,
        garp: draft.garp,
        wire: draft.wire,
        groups: draft.groups,
        vmac_names: draft.vmac_names,
        member_of,
        default_interface: finish::objects::default_interface(&draft.statics),
    };
    let instances = finish::vrrp::finish(&mut context, draft.instances, &defaults);
    let servers = finish::unique::unique(&mut context, draft.virtual_servers);
    rule::judge(
        &mut context.findings,
        &rule::Whole::of(facts, &instances, &servers),
    );
    let (mut instances, instance_blocks): (Vec<_>, Vec<_>) = instances.into_iter().unzip();
    let (virtual_servers, virtual_server_blocks): (Vec<_>, Vec<_>) = servers.into_iter().unzip();
    mark_ipvs(&mut instances, &virtual_servers);
    let (held, listens) = (&mut draft.statics, &draft.listening);
    finish::listening::follow(&mut context, held, listens, &mut instances);

    let mut model = Model {
        process: told.process,
        ..Model::default()
    };
    model.vrrp.groups = finish::groups::finish(&mut context, defaults, &instances);
    model.lvs.tracked = finish::tracks::checked(&tracked.files, &virtual_servers);
    model.vrrp.tracked = finish::tracks::watched(tracked, &instances);
    (model.vrrp.instances, model.vrrp.notices) = (instances, told.notices);
    model.vrrp.statics = statics(&mut context, draft.statics, &model.vrrp.instances);
    (model.vrrp.hold, model.vrrp.firewall) = (draft.hold, draft.firewall);
    (model.vrrp.bfd, model.vrrp.listening) = (draft.bfd, listening);
    model.lvs.virtual_servers = virtual_servers;
    finish::checks::whole_file(&mut model.lvs, draft.log_all_failures, told.programs);
    http_draft::introduce(&mut model.lvs, draft.tls_client);
    (model.lvs.told, model.lvs.suspends) = (told.servers, told.suspends);
    finish::table::finish(&mut context, draft.table, &mut model);
    marks::assign(&mut model.lvs, None);
    block::hush(&mut context, &draft.own);
    let mut findings = context.findings;
    let blocks = [&*instance_blocks, &*virtual_server_blocks];
    let lost = losses(original, tree, &mut findings, context.shifted, blocks);
    findings.sort(tree.sources());
    Compiled {
        outcome: if elsewhere {
            Outcome::Clean
        } else {
            outcome(&findings, context.missing_parameter, tree.facts())
        },
        model,
        findings,
        own: draft.own,
        fatal: context.fatal,
        decisive: context.decisive,
        facts: tree.facts(),
        lost,
        instance_blocks,
        virtual_server_blocks,
        stretches: context.stretches,
        programs: context.programs,
        key_files: context.key_files,
    }
}

/// What all blocks say.
fn walked(context: &mut Context<'_>, tree: &Tree<'_>, both: Both<'_>) -> block::Draft {
    let mut draft = block::Draft::default();
    context.ahead = Ahead::read(tree, context.facts, both);
    table::walk(context, tree.items(), &block::ROOT, &mut draft);
    block::beside(context, tree.beside(), &mut draft);
    draft
}

/// Some of what was found while reading leaves nothing to run.
fn take(context: &mut Context<'_>, read: Findings) {
    for finding in &read {
        if matches!(finding.code, syntax::INCLUDE_NEEDED | syntax::EXPANSION) {
            context.fatal.push(finding.clone());
        }
    }
    context.findings.append(read);
}

/// What runs here, and would not have run with keepalived; its findings say so.
fn losses(
    original: &Tree<'_>,
    tree: &Tree<'_>,
    findings: &mut Findings,
    shifted: bool,
    [instances, virtual_servers]: [&[Span]; 2],
) -> Vec<Lost> {
    let mut lost = Vec::new();
    if lost::is_possible(shifted, findings) {
        let running: Vec<Span> = [instances, virtual_servers].concat();
        lost = lost::find(original, tree, findings, &running);
    }
    if !virtual_servers.is_empty() {
        lost.extend(lost::crash(findings));
    }
    lost::blame(findings, &lost);
    lost
}

/// keepalived looks no further when it cannot enter the file's network namespace: its `-t` says
/// nothing then.
fn missing_namespace(context: &mut Context<'_>, namespace: Option<&Spanned<Name>>) -> bool {
    let (Some(wanted), Some(there)) = (namespace, &context.facts.namespaces) else {
        return false;
    };
    if there.contains(&wanted.value) {
        return false;
    }
    let finding = Finding::error(
        code::NO_NAMESPACE,
        wanted.span,
        format!("there is no network namespace `{}`", wanted.value),
    )
    .label("no such namespace")
    .help("create it first (`ip netns add NAME`), or correct its name");
    context.fatal(finding);
    true
}

fn outcome(findings: &Findings, missing_parameter: bool, facts: Facts) -> Outcome {
    let no_default = |finding: &Finding| {
        let harmless = finding.severity == Severity::Advice || finding.is_uncounted();
        harmless || finding.code == code::NO_DEFAULT_INTERFACE
    };
    if missing_parameter {
        Outcome::MissingParameter
    } else if facts.lacks_file {
        Outcome::MissingFile
    } else if findings.is_faulty() && findings.iter().all(no_default) {
        Outcome::NoDefaultInterface
    } else if findings.is_faulty() {
        Outcome::Faulty
    } else {
        Outcome::Clean
    }
}

/// Which instances carry the address of a virtual server of this file.
fn mark_ipvs(instances: &mut [Instance], servers: &[VirtualServer]) {
    if instances.is_empty() {
        return;
    }
    let services = servers.iter().flat_map(VirtualServer::services);
    let served: BTreeSet<IpAddr> = services
        .filter_map(|service| match service {
            ServiceKey::Address { address, .. } => Some(*address),
            ServiceKey::Fwmark { .. } => None,
        })
        .collect();
    for instance in instances {
        let mut vips = instance.addresses.iter().map(|vip| vip.address);
        instance.serves_ipvs = vips.any(|vip| served.contains(&vip));
    }
}
