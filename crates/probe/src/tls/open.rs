//! TLS with whoever answers, by OpenSSL with the machine's own settings.

use super::refused;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use holdfast_model::TlsClient;
use holdfast_model::event::CheckFailure;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslMode};
use std::error::Error;
use std::io;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;

pub(crate) type Stream = tokio_openssl::SslStream<TcpStream>;

/// As `SSL_CTX_new(TLS_client_method())` makes it: versions, ciphers and the level of security are
/// openssl.cnf's, and no certificate is looked at.
pub(super) fn context(client: Option<&TlsClient>) -> Result<SslContext, Box<dyn Error>> {
    let mut builder = SslContext::builder(SslMethod::tls_client())?;
    // as the stream needs it; the buffers of an idle connection are given back
    builder.set_mode(
        SslMode::AUTO_RETRY
            | SslMode::ENABLE_PARTIAL_WRITE
            | SslMode::ACCEPT_MOVING_WRITE_BUFFER
            | SslMode::RELEASE_BUFFERS,
    );
    let Some(client) = client else {
        return Ok(builder.build());
    };
    if let Some(path) = &client.certificate {
        let loaded = builder.set_certificate_chain_file(path.as_str());
        loaded.map_err(|error| of_file("certificate", path.as_str(), &error))?;
    }
    if let Some(path) = &client.key {
        let pem = std::fs::read(path.as_str()).map_err(|error| format!("key {path}: {error}"))?;
        let key = match &client.password {
            Some(password) => PKey::private_key_from_pem_passphrase(&pem, &password.0),
            // without: never ask on a terminal
            None => PKey::private_key_from_pem_callback(&pem, |_| Ok(0)),
        };
        let key = key.map_err(|error| of_file("key", path.as_str(), &error))?;
        let set = builder.set_private_key(&key);
        set.map_err(|error| of_file("key", path.as_str(), &error))?;
    }
    if let Some(path) = &client.authorities {
        let loaded = builder.set_ca_file(path.as_str());
        loaded.map_err(|error| of_file("ca", path.as_str(), &error))?;
    }
    Ok(builder.build())
}

fn of_file(what: &str, path: &str, error: &ErrorStack) -> String {
    format!("{what} {path}: {}", reasons(error))
}

/// What OpenSSL says, without its file names and numbers.
fn reasons(error: &ErrorStack) -> String {
    let reasons = error.errors().iter().filter_map(|each| each.reason());
    let words: Vec<&str> = reasons.collect();
    match words.is_empty() {
        true => error.to_string(),
        false => words.join(", "),
    }
}

pub(super) async fn connect(
    stream: TcpStream,
    context: &SslContext,
    name: Option<&str>,
    second: bool,
) -> Result<Stream, CheckFailure> {
    let failed = |error: ErrorStack| CheckFailure::Tls(reasons(&error));
    let mut ssl = Ssl::new(context).map_err(failed)?;
    if let Some(name) = name {
        ssl.set_hostname(name).map_err(failed)?;
    }
    if second {
        // a list: the length of each name before it
        ssl.set_alpn_protos(b"\x02h2").map_err(failed)?;
    }
    let mut stream = Stream::new(ssl, stream).map_err(failed)?;
    match Pin::new(&mut stream).connect().await {
        Ok(()) => Ok(stream),
        Err(error) => Err(match error.ssl_error() {
            Some(error) => refused(reasons(error)),
            // it closed or reset the connection in the middle of the handshake
            None => CheckFailure::Closed,
        }),
    }
}

/// An end that the server has not announced is an error, as it is with rustls.
pub(super) fn poll_read(
    stream: &mut Stream,
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let before = buffer.filled().len();
    ready!(Pin::new(&mut *stream).poll_read(context, buffer))?;
    if buffer.filled().len() > before || buffer.remaining() == 0 {
        return Poll::Ready(Ok(()));
    }
    // nothing more comes; asking again says why
    match Pin::new(stream).poll_peek(context, &mut [0]) {
        Poll::Ready(Err(end)) if end.code() == ErrorCode::ZERO_RETURN => Poll::Ready(Ok(())),
        _ => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
    }
}
