//! What checker blocks say before the levels around them are asked.

use crate::draft::{Spanned, TimingDraft};
use core::net::IpAddr;
use holdfast_model::{IfName, Name, Url};
use holdfast_syntax::Span;

/// A checker block.
#[derive(Debug, Default)]
pub(crate) struct CheckerDraft {
    pub(crate) head: Span,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) origin: OriginDraft,
    pub(crate) alpha: Option<bool>,
    /// `log_all_failures`.
    pub(crate) log_all: bool,
    pub(crate) timing: TimingDraft,
    pub(crate) kind: CheckerKind,
}

/// Where its packets come from.
#[derive(Debug, Default)]
pub(crate) struct OriginDraft {
    pub(crate) address: Option<Spanned<IpAddr>>,
    pub(crate) port: u16,
    pub(crate) interface: Option<IfName>,
    pub(crate) mark: u32,
}

/// What a checker block asks.
#[derive(Debug, Default)]
pub(crate) enum CheckerKind {
    /// TCP_CHECK.
    #[default]
    Tcp,
    /// HTTP_GET.
    Http {
        /// The checker's `virtualhost`.
        virtualhost: Option<Name>,
        /// `url` blocks.
        urls: Vec<Url>,
    },
}
