//! What checker blocks say before the levels around them are asked.

use crate::draft::{ScriptDraft, Spanned, TimingDraft, Weighing};
use crate::http_draft::HttpDraft;
use core::net::IpAddr;
use holdfast_model::{BodyMatch, IfName, Micros, Name};
use holdfast_syntax::Span;

/// A checker block.
#[derive(Debug, Default, Clone)]
pub(crate) struct CheckerDraft {
    pub(crate) head: Span,
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: Option<u16>,
    pub(crate) origin: OriginDraft,
    pub(crate) alpha: Option<bool>,
    /// `log_all_failures`.
    pub(crate) log_all: bool,
    /// `rise`.
    pub(crate) rise: Option<u32>,
    pub(crate) timing: TimingDraft,
    pub(crate) kind: CheckerKind,
}

impl CheckerDraft {
    /// What it leaves open is taken from the checker around it, and what it asks.
    pub(crate) fn within(self, outer: &Self) -> Self {
        let (own, around) = (self.origin, &outer.origin);
        Self {
            head: self.head,
            address: self.address.or(outer.address),
            port: self.port.or(outer.port),
            origin: OriginDraft {
                address: own.address.or_else(|| around.address.clone()),
                port: if own.port == 0 { around.port } else { own.port },
                interface: own.interface.or_else(|| around.interface.clone()),
                mark: if own.mark == 0 { around.mark } else { own.mark },
            },
            alpha: self.alpha.or(outer.alpha),
            log_all: self.log_all || outer.log_all,
            rise: self.rise.or(outer.rise),
            timing: self.timing.or(outer.timing),
            kind: outer.kind.clone(),
        }
    }
}

/// Where its packets come from.
#[derive(Debug, Default, Clone)]
pub(crate) struct OriginDraft {
    pub(crate) address: Option<Spanned<IpAddr>>,
    pub(crate) port: u16,
    pub(crate) interface: Option<IfName>,
    pub(crate) mark: u32,
}

/// What a checker block asks.
#[derive(Debug, Default, Clone)]
pub(crate) enum CheckerKind {
    /// TCP_CHECK.
    #[default]
    Tcp,
    /// TCP_CHECK with `send` or `expect`.
    Talk(Box<TalkDraft>),
    /// HTTP_GET, SSL_GET.
    Http(Box<HttpDraft>),
    /// SMTP_CHECK.
    Smtp {
        /// `helo_name`.
        helo: Option<Name>,
        /// `host` blocks, on the way.
        hosts: Vec<CheckerDraft>,
    },
    /// DNS_CHECK.
    Dns {
        /// `name`.
        name: Option<Name>,
        /// `type`.
        record: u16,
    },
    /// UDP_CHECK.
    Udp(UdpDraft),
    /// PING_CHECK.
    Ping,
    /// MISC_CHECK.
    Misc(Box<MiscDraft>),
    /// FILE_CHECK.
    File(FileDraft),
    /// BFD_CHECK, with the session's name.
    Bfd(Name),
}

/// What a TCP_CHECK says, and has to hear.
#[derive(Debug, Default, Clone)]
pub(crate) struct TalkDraft {
    pub(crate) send: Vec<u8>,
    pub(crate) expect: Option<Box<BodyMatch>>,
}

/// What a FILE_CHECK watches.
#[derive(Debug, Default, Clone)]
pub(crate) struct FileDraft {
    pub(crate) file: Name,
    /// None: as the `track_file` says.
    pub(crate) weight: Option<Weighing>,
}

/// What a MISC_CHECK runs.
#[derive(Debug, Default, Clone)]
pub(crate) struct MiscDraft {
    /// `misc_path` names something.
    pub(crate) named: bool,
    pub(crate) script: Option<ScriptDraft>,
    /// `user`, and its group.
    pub(crate) user: Option<(Name, Option<Name>)>,
    pub(crate) timeout: Option<Micros>,
    pub(crate) dynamic: bool,
}

/// What a UDP_CHECK sends and wants.
#[derive(Debug, Default, Clone)]
pub(crate) struct UdpDraft {
    pub(crate) payload: Vec<u8>,
    /// `require_reply`, with the bits that count.
    pub(crate) reply: Option<Vec<(u8, u8)>>,
    pub(crate) least: Option<u16>,
    pub(crate) most: Option<u16>,
}
