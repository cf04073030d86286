//! What stands outside of all blocks.

use super::{
    Own, bfd, check, global_defs, own, server_group, static_objects, sync_group, tracked,
    virtual_server, vrrp_instance,
};
use crate::context::Context;
use crate::draft::{GarpDraft, GroupDraft, InstanceDraft, Objects, ServerGroup, Spanned};
use crate::table::{Arity, Built, Row, Table};
use holdfast_model::{BfdSession, GlobalDefs, Name, VirtualServer};
use holdfast_syntax::{Item, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What the level outside of all blocks is called.
pub(crate) const ROOT_NAME: &str = "the file";

/// The whole file.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) global: GlobalDefs,
    pub(crate) own: Own,
    /// `vrrp_version`.
    pub(crate) version: Option<Spanned<u32>>,
    /// `net_namespace`.
    pub(crate) net_namespace: Option<Spanned<Name>>,
    /// `vrrp_strict`.
    pub(crate) strict: Option<Spanned<bool>>,
    /// `vrrp_garp_*`.
    pub(crate) garp: GarpDraft,
    /// Where `lvs_sync_daemon` is.
    pub(crate) sync_daemon: Option<Span>,
    /// What can be watched.
    pub(crate) objects: Objects,
    /// `bfd_instance`.
    pub(crate) bfd: Vec<BfdSession>,
    /// Where each of them is defined.
    pub(crate) bfd_places: BTreeMap<Name, Span>,
    pub(crate) groups: Vec<GroupDraft>,
    /// Where each group is defined first.
    pub(crate) group_names: BTreeMap<Name, Span>,
    /// Interfaces that are in a `garp_group`.
    pub(crate) garp_grouped: BTreeSet<String>,
    /// `virtual_server_group`, by name.
    pub(crate) server_groups: BTreeMap<String, ServerGroup>,
    pub(crate) instances: Vec<InstanceDraft>,
    /// Where each instance is defined first.
    pub(crate) names: BTreeMap<Name, Span>,
    /// Finished as soon as their block ends; duplicates are still among them.
    pub(crate) virtual_servers: Vec<(VirtualServer, Span)>,
}

/// Root keywords.
pub(crate) const TABLE: Table<Draft> = Table {
    block: ROOT_NAME,
    parts: &[WORKS, FURTHER, static_objects::ROWS],
};

const WORKS: &[Row<Draft>] = &[
    Row {
        name: "virtual_server",
        aliases: &[],
        arity: Arity::NamedBlock("an address and a port, or `fwmark` and a number"),
        repeats: true,
        built: Built::Works,
        doc: "A balanced service: `virtual_server IP PORT {`, `virtual_server fwmark N {`.",
        apply: virtual_server::apply,
    },
    Row {
        name: "vrrp_instance",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "A virtual router on this director: `vrrp_instance NAME {`.",
        apply: vrrp_instance::apply,
    },
    Row {
        name: "global_defs",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "Settings of the whole daemon.",
        apply: global_defs::apply,
    },
    Row {
        name: "holdfast",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "Settings that keepalived does not have. Put `@holdfast` before each of its lines, or the block \
              into `holdfast.conf` beside this file, when keepalived reads the file too.",
        apply: own::apply,
    },
];

const FURTHER: &[Row<Draft>] = &[
    Row::parsed(
        "vrrp_script",
        NAMED,
        "A program that decides on a priority or a fault.",
        tracked::script,
    )
    .repeated(),
    Row::parsed(
        "vrrp_sync_group",
        Arity::Block,
        "Instances that are master together.",
        sync_group::apply,
    )
    .repeated(),
    Row::parsed(
        "track_file",
        NAMED,
        "A file that decides on a priority or a fault.",
        tracked::file,
    )
    .alias(&["vrrp_track_file"])
    .repeated(),
    Row::parsed(
        "vrrp_track_process",
        NAMED,
        "A process that decides on a priority or a fault.",
        tracked::process,
    )
    .repeated(),
    Row::works(
        "bfd_instance",
        NAMED,
        "A BFD session (RFC 5880).",
        bfd::apply,
    )
    .repeated(),
    Row::parsed(
        "virtual_server_group",
        NAMED,
        "Addresses and marks that share their real servers.",
        server_group::apply,
    )
    .repeated(),
    Row::parsed(
        "net_namespace",
        Arity::Needed("a name"),
        "Runs in this network namespace.",
        net_namespace,
    )
    .decisive(),
    Row::parsed(
        "net_namespace_ipvs",
        Arity::Free,
        "The network namespace of IPVS.",
        check::nothing,
    )
    .decisive(),
    Row::parsed(
        "namespace_with_ipsets",
        Arity::Free,
        "ipsets work in network namespaces too.",
        check::nothing,
    ),
    Row::parsed(
        "use_pid_dir",
        Arity::Switch,
        "Keeps pid files in a directory of their own; always so here.",
        check::nothing,
    ),
    Row::parsed(
        "instance",
        Arity::Needed("a name"),
        "Tells several daemons on a host apart.",
        check::nothing,
    ),
    Row::parsed(
        "child_wait_time",
        Arity::Value("seconds"),
        "How long a stop waits for the workers; 5.",
        |c, i, _| check::number(c, i, 0..=u32::MAX),
    ),
    Row::parsed(
        "linkbeat_use_polling",
        Arity::Free,
        "Asks for the state of links instead of being told.",
        check::nothing,
    ),
];

const NAMED: Arity = Arity::NamedBlock("a name");

fn net_namespace(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let value = Name::from(item.text(1).unwrap_or_default().as_ref());
    let span = item.word_span(1);
    draft.net_namespace = Some(Spanned { value, span });
}
