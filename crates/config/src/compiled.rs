//! A whole configuration: tree and facts to model and findings.

use crate::block::{self, Own};
use crate::context::Context;
use crate::draft::Spanned;
use crate::finish;
use crate::{code, rule, table};
use core::net::IpAddr;
use holdfast_model::{HostFacts, Instance, Model, Name, ServiceKey, VirtualServer};
use holdfast_syntax::{Facts, Finding, Findings, Span, Tree, code as syntax};
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
    /// The block of each instance, in the model's order.
    pub(crate) instance_blocks: Vec<Span>,
    /// The block of each virtual server, in the model's order.
    pub(crate) virtual_server_blocks: Vec<Span>,
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
}

impl Outcome {
    /// The exit code of `-t`: 0, 5, 2 or 6. A first file that cannot be read is 4, which is not ours to say.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Faulty => 5,
            Self::MissingParameter => 2,
            Self::MissingFile => 6,
        }
    }
}

/// Compiles a tree. `read` are the findings made while reading it.
///
/// Advice and "not supported yet" never make a configuration faulty.
pub fn compile(tree: &Tree<'_>, read: Findings, facts: &HostFacts) -> Compiled {
    let mut context = Context::new(facts);
    for finding in &read {
        if matches!(finding.code, syntax::INCLUDE_NEEDED | syntax::EXPANSION) {
            context.fatal.push(finding.clone());
        }
    }
    context.findings.append(read);
    let mut draft = block::Draft::default();
    table::walk(&mut context, tree.items(), &block::ROOT, &mut draft);

    let elsewhere = missing_namespace(&mut context, draft.net_namespace.as_ref());
    finish::groups::judge(&mut context, &draft.groups, &draft.instances);
    let defaults = finish::vrrp::Defaults {
        version: draft.version,
        strict: draft.strict,
        garp: draft.garp,
    };
    let instances = finish::vrrp::finish(&mut context, draft.instances, &defaults);
    let servers = unique(&mut context, draft.virtual_servers);
    let whole = rule::Whole {
        facts,
        instances: &instances,
        servers: &servers,
    };
    rule::judge(&mut context, &whole);
    let (mut instances, instance_blocks): (Vec<_>, Vec<_>) = instances.into_iter().unzip();
    let (virtual_servers, virtual_server_blocks): (Vec<_>, Vec<_>) = servers.into_iter().unzip();
    mark_ipvs(&mut instances, &virtual_servers);

    let mut model = Model::default();
    model.process.global = draft.global;
    model.vrrp.instances = instances;
    model.vrrp.bfd = draft.bfd;
    model.lvs.virtual_servers = virtual_servers;
    block::hush(&mut context, &draft.own);
    let mut findings = context.findings;
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
        instance_blocks,
        virtual_server_blocks,
    }
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

const fn outcome(findings: &Findings, missing_parameter: bool, facts: Facts) -> Outcome {
    if missing_parameter {
        Outcome::MissingParameter
    } else if facts.lacks_file {
        Outcome::MissingFile
    } else if findings.is_faulty() {
        Outcome::Faulty
    } else {
        Outcome::Clean
    }
}

/// keepalived merges blocks of one identity in the kernel; here the first counts.
fn unique(
    context: &mut Context<'_>,
    servers: Vec<(VirtualServer, Span)>,
) -> Vec<(VirtualServer, Span)> {
    let mut seen = BTreeMap::new();
    let mut list = Vec::with_capacity(servers.len());
    for (server, block) in servers {
        if let Some(first) = seen.get(&server.key) {
            let finding = Finding::error(
                code::SAME_VIRTUAL_SERVER,
                block,
                format!(
                    "virtual server {} stands here twice, merging them is not supported yet: the first counts",
                    server.key
                ),
            )
            .also(*first, "first defined here")
            .help("write all its real servers in one block");
            context.push(finding);
            continue;
        }
        seen.insert(server.key.clone(), block);
        list.push((server, block));
    }
    list
}

/// Which instances carry the address of a virtual server of this file.
fn mark_ipvs(instances: &mut [Instance], servers: &[VirtualServer]) {
    if instances.is_empty() {
        return;
    }
    let served: BTreeSet<IpAddr> = servers
        .iter()
        .filter_map(|server| match server.key.0 {
            ServiceKey::Address { address, .. } => Some(address),
            ServiceKey::Fwmark { .. } => None,
        })
        .collect();
    for instance in instances {
        let mut vips = instance.addresses.iter();
        instance.serves_ipvs = vips.any(|vip| served.contains(&vip.address));
    }
}
