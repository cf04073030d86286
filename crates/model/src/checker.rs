//! Checkers: what is asked of a real server, how often, and how failures count.

use crate::bfd::BfdKey;
use crate::connect::Connect;
use crate::http::HttpCheck;
use crate::network_checks::{DnsCheck, SmtpCheck, UdpCheck};
use crate::notify::Script;
use crate::talk::TalkCheck;
use crate::time::Micros;
use crate::track::{TrackKey, TrackKind};
use crate::units::Name;
use core::fmt;
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// One checker block, inheritance resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checker {
    /// What goes over the wire: the check's identity.
    pub probe: Probe,
    /// When, and how patiently.
    pub timing: Timing,
    /// How its results count.
    pub manner: Manner,
}

/// How a check's results count, and what is said of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    /// `alpha`: failed until the first success.
    pub alpha: bool,
    /// `log_all_failures`, `checker_log_all_failures`: a failure that is forgiven has a line too.
    pub log_all: bool,
    /// `rise`: further successes in a row that a check that is down needs after the first one.
    pub further: u32,
}

/// What a check sends, and whereto. Two checks with equal probes ask the same question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Probe {
    /// TCP_CHECK: connect, then close.
    Tcp(Connect),
    /// HTTP_GET, SSL_GET.
    Http(Box<HttpCheck>),
    /// SMTP_CHECK.
    Smtp(Box<SmtpCheck>),
    /// DNS_CHECK.
    Dns(Box<DnsCheck>),
    /// UDP_CHECK.
    Udp(Box<UdpCheck>),
    /// PING_CHECK; the port says nothing.
    Ping(Connect),
    /// MISC_CHECK; its `connect_timeout` is `misc_timeout`.
    Misc(Box<MiscCheck>),
    /// FILE_CHECK: nobody is asked, what it watches is told.
    File(Box<FileCheck>),
    /// BFD_CHECK: nobody is asked here, the session of that name is watched.
    Bfd(BfdKey),
    /// TCP_CHECK that says something or waits for something.
    Talk(Box<TalkCheck>),
}

impl Probe {
    /// Whom it asks over the network; none: nobody.
    pub const fn connect(&self) -> Option<&Connect> {
        match self {
            Self::Tcp(connect) | Self::Ping(connect) => Some(connect),
            Self::Misc(_) | Self::File(_) | Self::Bfd(_) => None,
            Self::Http(check) => Some(&check.connect),
            Self::Smtp(check) => Some(&check.connect),
            Self::Dns(check) => Some(&check.connect),
            Self::Udp(check) => Some(&check.connect),
            Self::Talk(check) => Some(&check.connect),
        }
    }

    /// Where it connects to; none: nowhere.
    pub fn target(&self) -> Option<SocketAddr> {
        self.connect().map(|connect| connect.target)
    }

    /// What it watches, where nobody is asked.
    pub fn watches(&self) -> Option<TrackKey> {
        match self {
            Self::File(check) => Some(TrackKey::new(TrackKind::File, check.file.clone())),
            Self::Bfd(session) => Some(session.watched()),
            Self::Tcp(_)
            | Self::Ping(_)
            | Self::Misc(_)
            | Self::Http(_)
            | Self::Smtp(_)
            | Self::Dns(_)
            | Self::Udp(_)
            | Self::Talk(_) => None,
        }
    }

    /// The checker's keyword.
    pub const fn keyword(&self) -> &'static str {
        match self {
            Self::Tcp(_) | Self::Talk(_) => "TCP_CHECK",
            Self::Http(check) if check.tls.is_some() => "SSL_GET",
            Self::Http(_) => "HTTP_GET",
            Self::Smtp(_) => "SMTP_CHECK",
            Self::Dns(_) => "DNS_CHECK",
            Self::Udp(_) => "UDP_CHECK",
            Self::Ping(_) => "PING_CHECK",
            Self::Misc(_) => "MISC_CHECK",
            Self::File(_) => "FILE_CHECK",
            Self::Bfd(_) => "BFD_CHECK",
        }
    }
}

/// The keyword and whom it asks: `TCP_CHECK 10.0.0.1:80`.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.keyword())?;
        if let Self::Misc(check) = self {
            return write!(f, " {}", check.script.program());
        }
        if let Self::File(check) = self {
            return write!(f, " {}", check.file);
        }
        if let Self::Bfd(session) = self {
            return write!(f, " {session}");
        }
        self.connect()
            .map_or(Ok(()), |connect| write!(f, " {connect}"))
    }
}

/// MISC_CHECK: a program says how the server is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MiscCheck {
    /// `misc_path`.
    pub script: Script,
    /// `misc_dynamic`: exit codes from 2 on are weights, and two.
    pub dynamic: bool,
}

/// FILE_CHECK: the number in a file, multiplied, is added to the server's weight.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileCheck {
    /// `track_file`, by its name.
    pub file: Name,
    /// What the number is multiplied by. 0: a number other than 0 is a failure.
    pub weight: i32,
    /// `reverse`: the other way round.
    pub reverse: bool,
}

/// The timing of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// `delay_loop`: from one check to the next.
    pub delay_loop: Micros,
    /// `warmup`: the first check comes 1 s after start plus a random part of this.
    pub warmup: Micros,
    /// `retry`: further failures that are forgiven while up.
    pub retry: u32,
    /// `delay_before_retry`.
    pub delay_before_retry: Micros,
    /// `connect_timeout`: for the connection, and for each wait for bytes.
    pub connect_timeout: Micros,
}

impl Default for Timing {
    /// TCP_CHECK's defaults in keepalived 2.2.7.
    fn default() -> Self {
        Self {
            delay_loop: Micros::from_secs(60),
            warmup: Micros::from_secs(60),
            retry: 1,
            delay_before_retry: Micros::from_secs(1),
            connect_timeout: Micros::from_secs(5),
        }
    }
}
