//! TLS of SSL_GET.
//!
//! Nobody's certificate is looked at unless the file asks for it, as with keepalived: that is
//! OpenSSL's work (`open`), since it speaks to servers that rustls does not, and is set by the
//! machine's own openssl.cnf just as keepalived is. Where certificates count it is rustls
//! (`verified`).

mod expiry;
mod open;
mod store;
mod verified;

pub(crate) use store::forget;

use crate::course::Course;
use core::pin::Pin;
use core::task::{Context, Poll};
use holdfast_model::event::CheckFailure;
use holdfast_model::{HttpCheck, HttpVersion, Sni, TlsCheck, Url};
use std::io;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What is offered for `http2` (RFC 9113 s3.2), and nothing besides: a server that would choose
/// HTTP/1 is none that speaks HTTP/2.
const HTTP2: &[u8] = b"h2";

/// A connection with TLS around it.
pub(crate) enum Secured {
    /// Whoever it is.
    Open(Box<open::Stream>),
    /// Who it says it is.
    Verified(Box<verified::Stream>),
}

/// Shakes hands. Bounded by whoever calls.
pub(crate) async fn connect(
    stream: TcpStream,
    check: &HttpCheck,
    secure: &TlsCheck,
    url: &Url,
    course: &mut Course,
) -> Result<Secured, CheckFailure> {
    let asked = host(url);
    let second = check.request.version == HttpVersion::V2;
    let (secured, certificate, chosen) = match &secure.verify {
        None => {
            let name = match &secure.sni {
                Sni::None => None,
                Sni::Virtualhost => asked,
                Sni::Name(name) => Some(name.as_str()),
            };
            let context = store::open(secure, course)?;
            let stream = open::connect(stream, &context, name, second).await?;
            let certificate = stream.ssl().peer_certificate();
            let chosen = stream.ssl().selected_alpn_protocol() == Some(HTTP2);
            (Secured::Open(Box::new(stream)), certificate, chosen)
        }
        Some(_) => {
            let name = match &secure.sni {
                Sni::Name(name) => Some(name.as_str()),
                Sni::None | Sni::Virtualhost => asked,
            };
            let config = store::verified(secure, second, course)?;
            let stream = verified::connect(stream, config, name, check.connect.target).await?;
            let certificate = verified::certificate(&stream);
            let chosen = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
            (Secured::Verified(Box::new(stream)), certificate, chosen)
        }
    };
    if let (Some(days), Some(certificate)) = (secure.expiry_days, certificate)
        && let Some(words) = expiry::warning(&certificate, days)
    {
        course.say(words);
    }
    match second && !chosen {
        true => Err(not_chosen()),
        false => Ok(secured),
    }
}

/// The handshake was good, or ended for that reason alone.
fn not_chosen() -> CheckFailure {
    CheckFailure::Http2("it did not choose h2 in the handshake".to_owned())
}

/// Of a handshake that failed, in the library's words.
fn refused(words: String) -> CheckFailure {
    // RFC 7301 s3.2: the alert of a server that speaks nothing of what is offered
    let plain = words.to_ascii_lowercase().replace(' ', "");
    match plain.contains("noapplicationprotocol") {
        true => not_chosen(),
        false => CheckFailure::Tls(words),
    }
}

/// The virtual host without its port.
fn host(url: &Url) -> Option<&str> {
    let host = url.virtualhost.as_ref()?.as_str();
    match host.rsplit_once(':') {
        // an IPv6 address has more of them
        Some((name, port)) if !name.contains(':') && port.parse::<u16>().is_ok() => Some(name),
        _ => Some(host),
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Open(stream) => open::poll_read(stream, context, buffer),
            Self::Verified(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Open(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Verified(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Open(stream) => Pin::new(stream).poll_flush(context),
            Self::Verified(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Open(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Verified(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
