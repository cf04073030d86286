//! How adverts are proved to be a neighbour's, on the way to the model.

use crate::draft::Spanned;
use holdfast_model::{AntiReplay, HmacMode};
use holdfast_syntax::Span;

/// `authentication`.
#[derive(Debug, Default)]
pub(crate) struct AuthDraft {
    pub(crate) kind: Option<Spanned<AuthKind>>,
    /// `auth_type` was refused where it stands.
    pub(crate) kind_refused: bool,
    /// Where `auth_pass` is.
    pub(crate) given: Option<Span>,
    pub(crate) password: [u8; 8],
}

/// `auth_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthKind {
    /// PASS.
    Pass,
    /// AH, the IPsec header.
    Ah,
}

/// `auth_hmac`.
#[derive(Debug)]
pub(crate) struct HmacDraft {
    pub(crate) span: Span,
    /// In the order of the file.
    pub(crate) keys: Vec<KeyDraft>,
    pub(crate) active: Option<Spanned<u8>>,
    /// Seconds.
    pub(crate) window: Option<u32>,
    pub(crate) replay: AntiReplay,
    pub(crate) mode: HmacMode,
}

/// `key`.
#[derive(Debug)]
pub(crate) struct KeyDraft {
    pub(crate) id: u8,
    pub(crate) text: String,
    pub(crate) span: Span,
}
