//! What the file says of macvlan interfaces, nothing filled in.

use core::net::IpAddr;
use holdfast_model::{IfName, Reach};
use holdfast_syntax::Span;

/// What an instance says of a macvlan or ipvlan interface of its own.
#[derive(Debug)]
pub(crate) struct VmacDraft {
    pub(crate) span: Span,
    pub(crate) name: Option<IfName>,
    /// `use_ipvlan`.
    pub(crate) ipvlan: bool,
    /// `use_ipvlan`: where adverts come from.
    pub(crate) address: Option<(IpAddr, u8)>,
    /// `use_ipvlan`: `bridge`, `private` or `vepa`.
    pub(crate) reach: Option<Reach>,
    /// The group of links.
    pub(crate) group: u32,
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
