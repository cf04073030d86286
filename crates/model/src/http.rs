//! HTTP_GET and SSL_GET: what is asked, how, and what the answer has to be.

use crate::connect::Connect;
use crate::hmac::Secret;
use crate::units::Name;
use serde::{Deserialize, Serialize};

/// HTTP_GET or SSL_GET: every url must pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HttpCheck {
    /// Whom to ask.
    pub connect: Connect,
    /// At least one, in the order of the file.
    pub urls: Vec<Url>,
    /// SSL_GET.
    pub tls: Option<Box<TlsCheck>>,
    /// What the request says besides.
    pub request: HttpRequest,
}

/// Whether a header is of a connection, not of a request: HTTP/2 has none of them (RFC 9113 s8.2.2).
pub fn is_of_connection(header: &str) -> bool {
    let all = [
        "connection",
        "proxy-connection",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
        "te",
    ];
    all.iter().any(|name| header.eq_ignore_ascii_case(name))
}

/// One `url` block.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Url {
    /// `path`.
    pub path: Name,
    /// The Host header's value: url, checker, real server, virtual server in that order of
    /// preference; none: the target's address and port.
    pub virtualhost: Option<Name>,
    /// `digest`: MD5 of the body.
    pub digest: Option<[u8; 16]>,
    /// `status_code`: inclusive ranges; empty: 200 to 299, unless a digest is given.
    pub status: Vec<(u16, u16)>,
    /// `regex`.
    pub body: Option<Box<BodyMatch>>,
    /// `tls_compliant`: the end of the answer has to be announced.
    pub announced_end: bool,
}

/// `regex` and its kin: what the body has to contain, or must not.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BodyMatch {
    /// As PCRE2 reads it.
    pub pattern: Name,
    /// `regex_options`: PCRE2's bits.
    pub options: u32,
    /// `regex_no_match`: it must not be there.
    pub absent: bool,
    /// `regex_min_offset`: where a match may begin.
    pub least: u64,
    /// `regex_max_offset`: the last byte where it may begin.
    pub most: Option<u64>,
    /// `regex_stack`: bytes for complicated patterns, if more than by default.
    pub memory: u64,
}

/// The words of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HttpRequest {
    /// `http_protocol`, `http2`.
    pub version: HttpVersion,
    /// `http_method`; GET.
    pub method: Option<Name>,
    /// `http_header`: further lines, `Name: value`.
    pub headers: Vec<Name>,
}

/// `http_protocol`, `http2`.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum HttpVersion {
    /// `1.0`.
    #[default]
    V10,
    /// `1.0C`: with `Connection: close`.
    V10Close,
    /// `1.1`: with `Connection: close`.
    V11,
    /// `http2`: over TLS if the server chooses it in the handshake, else from the first byte.
    V2,
}

/// The TLS of an SSL_GET.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TlsCheck {
    /// The name in the handshake.
    pub sni: Sni,
    /// `SSL { }`: who we are.
    pub client: Option<TlsClient>,
    /// `tls_verify`: whom we believe; none: anybody, as keepalived.
    pub verify: Option<TlsVerify>,
    /// `tls_expiry_warning`: days before a certificate's end from which on it is said.
    pub expiry_days: Option<u16>,
}

/// `enable_sni`, `sni_name`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sni {
    /// No name.
    #[default]
    None,
    /// The Host header's, if there is one.
    Virtualhost,
    /// This.
    Name(Name),
}

/// The `SSL` block: files that are read when a check needs them first.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TlsClient {
    /// `certificate`: a chain (PEM).
    pub certificate: Option<Name>,
    /// `key` (PEM).
    pub key: Option<Name>,
    /// `password` of the key.
    pub password: Option<Secret>,
    /// `ca`: loaded as keepalived does, and like there nobody is measured by it.
    pub authorities: Option<Name>,
}

/// `tls_verify`: the certificate has to be good, and of the name that is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TlsVerify {
    /// `tls_ca`: trusted instead of the system's (PEM).
    pub authorities: Option<Name>,
}
