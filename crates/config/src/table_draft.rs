//! What blocks say of the IPVS table: of a virtual server besides its servers, of groups, of the
//! table as a whole.

use holdfast_model::{
    AddressFamily, AddressRange, Forwarding, IfName, Marking, Name, TableSettings,
};
use holdfast_syntax::Span;
use std::collections::BTreeSet;

/// What the kernel is told of a virtual server besides.
#[derive(Debug, Default)]
pub(crate) struct OptionsOfService {
    /// `ops`.
    pub(crate) ops: Option<Span>,
    /// `flag-1` to `flag-3`.
    pub(crate) flags: [bool; 3],
    pub(crate) engine: Option<Name>,
    /// `ip_family`, or what `persistence_granularity` says of it.
    pub(crate) family: Option<AddressFamily>,
    /// `sorry_server_lvs_method`.
    pub(crate) sorry_forwarding: Option<Forwarding>,
}

/// `lvs_*` of global_defs.
#[derive(Debug, Default)]
pub(crate) struct TableDraft {
    pub(crate) settings: TableSettings,
    /// Where `lvs_sync_daemon` is.
    pub(crate) sync: Option<Span>,
    /// Its `id`, if one is given.
    pub(crate) sync_id: Option<u8>,
    /// `lvs_sync_daemon_interface`: the first instance that has one.
    pub(crate) old_sync: Option<(IfName, Name)>,
    /// `nftables_ipvs` is given.
    pub(crate) marks: bool,
    pub(crate) marking: Marking,
}

/// What `virtual_server_group` stands for.
#[derive(Debug, Default)]
pub(crate) struct ServerGroup {
    pub(crate) ranges: Vec<AddressRange>,
    pub(crate) marks: Vec<GroupMark>,
    /// Blocks that name it so far.
    pub(crate) turns: u16,
}

/// `fwmark N [inet|inet6]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GroupMark {
    pub(crate) mark: u32,
    pub(crate) family: Option<AddressFamily>,
}

impl ServerGroup {
    /// Families of its addresses.
    pub(crate) fn families(&self) -> BTreeSet<AddressFamily> {
        let ranges = self.ranges.iter();
        ranges.map(|range| AddressFamily::of(range.first)).collect()
    }
}
