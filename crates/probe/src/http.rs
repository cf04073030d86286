//! HTTP_GET: every url must answer with a wanted status, and the wanted body.

use crate::bind;
use crate::digest::BodyDigest;
use crate::response::{HEAD_MAX, Head, Parsed, parse};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use holdfast_model::checker::{HttpCheck, Url};
use holdfast_model::event::CheckFailure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// keepalived waits `timeout` for every piece, however small, for ever; here a whole answer may
/// take this many times that.
const PATIENCE: u32 = 10;

pub(crate) async fn run(check: &HttpCheck, timeout: Duration) -> Result<(), CheckFailure> {
    for url in &check.urls {
        let whole = tokio::time::timeout(timeout * PATIENCE, ask(check.target, url, timeout));
        whole.await.unwrap_or(Err(CheckFailure::Timeout))?;
    }
    Ok(())
}

async fn ask(target: SocketAddr, url: &Url, timeout: Duration) -> Result<(), CheckFailure> {
    let mut stream = bind::connect(target, timeout).await?;
    let request = request(target, url);
    match tokio::time::timeout(timeout, stream.write_all(request.as_bytes())).await {
        Ok(Ok(())) => {}
        Ok(Err(_gone)) => return Err(CheckFailure::Closed),
        Err(_elapsed) => return Err(CheckFailure::Timeout),
    }
    let (head, digest) = answer(&mut stream, timeout, url.digest.is_some()).await?;
    judge(url, head, digest)
}

/// The bytes keepalived sends.
fn request(target: SocketAddr, url: &Url) -> String {
    let host = url.virtualhost.as_ref().map_or_else(
        || match target.ip() {
            IpAddr::V4(address) => format!("{address}:{}", target.port()),
            IpAddr::V6(address) => format!("[{address}]:{}", target.port()),
        },
        |host| host.as_str().to_owned(),
    );
    format!("GET {} HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: {host}\r\n\r\n", url.path)
}

/// Reads the head, and the body when its digest is asked for.
async fn answer(
    stream: &mut TcpStream,
    timeout: Duration,
    body: bool,
) -> Result<(Head, [u8; 16]), CheckFailure> {
    let mut head = Vec::with_capacity(1024);
    let mut digest = BodyDigest::default();
    let parsed = loop {
        match parse(&head) {
            Parsed::Head(parsed) => break parsed,
            Parsed::NotHttp => return Err(CheckFailure::Malformed),
            Parsed::More if head.len() >= HEAD_MAX => return Err(CheckFailure::TooLong),
            Parsed::More => {}
        }
        if read(stream, timeout, &mut head).await? == 0 {
            return Err(CheckFailure::Closed);
        }
    };
    let mut left = parsed.length.unwrap_or(u64::MAX);
    let mut piece = head.split_off(parsed.body);
    while body {
        let take = usize::try_from(left).map_or(piece.len(), |left| piece.len().min(left));
        digest.add(piece.get(..take).unwrap_or_default());
        left -= take as u64;
        piece.clear();
        if left == 0 || read(stream, timeout, &mut piece).await? == 0 {
            break;
        }
    }
    Ok((parsed, digest.finish()))
}

async fn read(
    stream: &mut TcpStream,
    timeout: Duration,
    into: &mut Vec<u8>,
) -> Result<usize, CheckFailure> {
    match tokio::time::timeout(timeout, stream.read_buf(into)).await {
        Ok(Ok(length)) => Ok(length),
        Ok(Err(_reset)) => Err(CheckFailure::Closed),
        Err(_elapsed) => Err(CheckFailure::Timeout),
    }
}

fn judge(url: &Url, head: Head, digest: [u8; 16]) -> Result<(), CheckFailure> {
    let wanted = if url.status.is_empty() {
        url.digest.is_some() || (200..=299).contains(&head.status)
    } else {
        url.status.iter().any(|(from, to)| (*from..=*to).contains(&head.status))
    };
    if !wanted {
        return Err(CheckFailure::Status(head.status));
    }
    match url.digest {
        Some(expected) if expected != digest => Err(CheckFailure::Digest(digest)),
        Some(_) | None => Ok(()),
    }
}
