//! What stands outside of all blocks.

use super::{global_defs, virtual_server, vrrp_instance};
use crate::draft::{InstanceDraft, Spanned};
use crate::table::{Arity, Row, Table};
use crate::unbuilt;
use holdfast_model::{GlobalDefs, Name, VirtualServer};
use holdfast_syntax::Span;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) global: GlobalDefs,
    /// `vrrp_version`.
    pub(crate) version: Option<Spanned<u32>>,
    pub(crate) instances: Vec<InstanceDraft>,
    /// Where each instance is defined first.
    pub(crate) names: BTreeMap<Name, Span>,
    /// Finished as soon as their block ends; duplicates are still among them.
    pub(crate) virtual_servers: Vec<(VirtualServer, Span)>,
}

/// Root keywords.
pub(crate) const TABLE: Table<Draft> = Table {
    block: unbuilt::ROOT,
    rows: &[
        Row {
            name: "virtual_server",
            aliases: &[],
            arity: Arity::NamedBlock("an address and a port, or `fwmark` and a number"),
            repeats: true,
            doc: "A balanced service: `virtual_server IP PORT {`, `virtual_server fwmark N {`.",
            apply: virtual_server::apply,
        },
        Row {
            name: "vrrp_instance",
            aliases: &[],
            arity: Arity::Block,
            repeats: true,
            doc: "A virtual router on this director: `vrrp_instance NAME {`.",
            apply: vrrp_instance::apply,
        },
        Row {
            name: "global_defs",
            aliases: &[],
            arity: Arity::Block,
            repeats: true,
            doc: "Settings of the whole daemon.",
            apply: global_defs::apply,
        },
    ],
};
