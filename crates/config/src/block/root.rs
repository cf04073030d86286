//! What stands outside of all blocks.

use super::{
    Own, bfd, check, global_defs, name, own, server_group, static_objects, sync_group, track_file,
    track_process, track_script, virtual_server, vrrp_instance,
};
use crate::context::Context;
use crate::draft::{
    CheckDraft, GarpDraft, GroupDraft, InstanceDraft, MailDraft, NoticesDraft, Objects,
    ServerGroup, ServersDraft, Spanned, StaticsDraft, SystemDraft, TableDraft, VirtualServerDraft,
    VmacNames, WireDraft,
};
use crate::listening_draft::ListeningDraft;
use crate::table::{Arity, Built, Row, Table};
use holdfast_model::track::TrackProcess;
use holdfast_model::{
    BfdSession, Firewall, GlobalDefs, Hold, Name, TlsClient, Tracked, VirtualServer,
};
use holdfast_syntax::{Item, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What the level outside of all blocks is called.
pub(crate) const ROOT_NAME: &str = "the file";

/// The whole file.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) global: GlobalDefs,
    pub(crate) notices: NoticesDraft,
    pub(crate) servers: ServersDraft,
    pub(crate) mail: MailDraft,
    pub(crate) system: SystemDraft,
    pub(crate) own: Own,
    /// `vrrp_version`.
    pub(crate) version: Option<Spanned<u32>>,
    /// `net_namespace`.
    pub(crate) net_namespace: Option<Spanned<Name>>,
    /// `vrrp_strict`.
    pub(crate) strict: Option<Spanned<bool>>,
    /// What instances that say nothing do on the wire.
    pub(crate) wire: WireDraft,
    /// `vrrp_garp_*`.
    pub(crate) garp: GarpDraft,
    /// `vrrp_startup_delay`, `vrrp_delay_after_boot`.
    pub(crate) hold: Hold,
    /// `vmac_prefix`, `vmac_addr_prefix`.
    pub(crate) vmac_names: VmacNames,
    /// `nftables`, `nftables_priority`.
    pub(crate) firewall: Firewall,
    /// What is said of the table as a whole.
    pub(crate) table: TableDraft,
    /// What can be watched.
    pub(crate) objects: Objects,
    /// The same, as it is run.
    pub(crate) tracked: Tracked,
    /// `vrrp_script`.
    pub(crate) checks: BTreeMap<Name, CheckDraft>,
    /// `vrrp_track_process`.
    pub(crate) processes: BTreeMap<Name, TrackProcess>,
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
    /// `virtual_server group`: finished when all groups are known.
    pub(crate) grouped: Vec<VirtualServerDraft>,
    pub(crate) statics: StaticsDraft,
    /// `checker_log_all_failures`.
    pub(crate) log_all_failures: bool,
    pub(crate) listening: ListeningDraft,
    /// `SSL { }`.
    pub(crate) tls_client: Option<TlsClient>,
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
        arity: Arity::NamedBlock(
            "an address and a port, or `fwmark` and a number, or `group` and a name",
        ),
        repeats: true,
        built: Built::Works,
        doc: "A balanced service: `virtual_server IP PORT {`, `virtual_server fwmark N {`, `virtual_server group NAME {`.",
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
    Row::works(
        "vrrp_script",
        NAMED,
        "A program that decides on a priority or a fault.",
        track_script::apply,
    )
    .repeated(),
    Row::works(
        "vrrp_sync_group",
        Arity::Block,
        "Instances that are master together.",
        sync_group::apply,
    )
    .repeated(),
    Row::works(
        "track_file",
        NAMED,
        "A file that decides on a priority or a fault.",
        track_file::apply,
    )
    .alias(&["vrrp_track_file"])
    .repeated(),
    Row::works(
        "vrrp_track_process",
        NAMED,
        "A process that decides on a priority or a fault.",
        track_process::apply,
    )
    .repeated(),
    Row::works(
        "bfd_instance",
        NAMED,
        "A BFD session (RFC 5880).",
        bfd::apply,
    )
    .repeated(),
    Row::works(
        "virtual_server_group",
        NAMED,
        "Addresses, ranges of them and marks that share their real servers.",
        server_group::apply,
    )
    .repeated(),
    Row::works(
        "net_namespace",
        Arity::Needed("a name"),
        "Runs in this network namespace, with a run directory of its own there; -s wins.",
        net_namespace,
    ),
    Row::works(
        "net_namespace_ipvs",
        Arity::Free,
        "The network namespace of the IPVS table, checks stay where they are; without a name that of the host. A reload cannot change it.",
        |_, i, d| d.table.settings.namespace = Some((i.len() > 1).then(|| name(i, 1))),
    ),
    Row::works(
        "namespace_with_ipsets",
        Arity::Free,
        "ipsets work in network namespaces too; nothing to do here, where nftables is used.",
        check::nothing,
    ),
    Row::works(
        "use_pid_dir",
        Arity::Switch,
        "Keeps pid files in a directory of their own; always so here.",
        check::nothing,
    ),
    Row::works(
        "instance",
        Arity::Needed("a name"),
        "Tells several daemons on a host apart: each has a run directory of its own.",
        |_, i, d| {
            let name = name(i, 1);
            let fits = !name.as_str().contains(['/', '\n']) && !name.as_str().is_empty();
            d.system.instance = fits.then_some(name);
        },
    ),
    Row::works(
        "child_wait_time",
        Arity::Value("seconds"),
        "How long a stop waits for the workers; 5.",
        |c, i, d| d.system.stop_limit = check::whole_number(c, i, 0..=u32::MAX),
    ),
    Row::works(
        "linkbeat_use_polling",
        Arity::Free,
        "Asks all links once a second whether they are up, besides being told.",
        |_, _, d| d.listening.model.polls_all = true,
    ),
];

const NAMED: Arity = Arity::NamedBlock("a name");

fn net_namespace(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let value = Name::from(item.text(1).unwrap_or_default().as_ref());
    let span = item.word_span(1);
    draft.net_namespace = Some(Spanned { value, span });
}
