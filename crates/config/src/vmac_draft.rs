//! What the file says of macvlan interfaces, nothing filled in.

use holdfast_model::IfName;
use holdfast_syntax::Span;

/// What an instance says of a macvlan or ipvlan interface of its own.
#[derive(Debug)]
pub(crate) struct VmacDraft {
    pub(crate) span: Span,
    pub(crate) name: Option<IfName>,
    /// `use_ipvlan`.
    pub(crate) ipvlan: bool,
    /// It names an address.
    pub(crate) addressed: bool,
    pub(crate) mac: Option<[u8; 6]>,
}

/// How names of macvlan interfaces begin.
#[derive(Debug, Default)]
pub(crate) struct VmacNames {
    pub(crate) own: Option<String>,
    pub(crate) addresses: Option<String>,
}

/// `garp_extra_if`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extra {
    /// 0: never.
    pub(crate) seconds: u32,
    pub(crate) all: bool,
}
