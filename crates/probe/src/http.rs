//! HTTP_GET: every url must answer with a wanted status, and the wanted body.
//!
//! ```text
//!   connect ─▶ request ─▶ head ─▶ body, to its Content-Length or the end ─▶ judge
//!   └ wait ─┘  └ wait ─┘  └ wait for each piece ┘
//!   └───────────────────────── whole ─────────────────────────────────┘
//! ```

use crate::bind;
use crate::digest::BodyDigest;
use crate::response::{HEAD_MAX, Head, Parsed, parse};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use holdfast_model::Connect;
use holdfast_model::checker::{HttpCheck, Url};
use holdfast_model::event::CheckFailure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How much of a body is held at a time.
const PIECE: usize = 16 * 1024;

/// How long a server may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the connection, the request, and each piece of the answer.
    pub(crate) wait: Duration,
    /// For all of one url. keepalived has no such bound: a server that sends a byte a second is
    /// up there in the end, and holds the check until then.
    pub(crate) whole: Duration,
}

impl Patience {
    /// `wait` for each step; for the whole ten times that, but not under 30 s: a large page over
    /// a slow line is up in keepalived, and a slot is not worth an alarm.
    pub(crate) fn new(wait: Duration) -> Self {
        let whole = wait.saturating_mul(10).max(Duration::from_secs(30));
        Self { wait, whole }
    }
}

/// Asks every url, one after the other, a connection each.
pub(crate) async fn run(check: &HttpCheck, patience: Patience) -> Result<(), CheckFailure> {
    let mut buffer = Vec::new();
    for url in &check.urls {
        let asked = ask(&check.connect, url, patience.wait, &mut buffer);
        let answered = timeout(patience.whole, asked).await;
        answered.unwrap_or(Err(CheckFailure::Timeout))?;
    }
    Ok(())
}

async fn ask(
    connect: &Connect,
    url: &Url,
    wait: Duration,
    buffer: &mut Vec<u8>,
) -> Result<(), CheckFailure> {
    let mut stream = bind::connect(connect, wait).await?;
    let request = request(connect.target, url);
    match timeout(wait, stream.write_all(request.as_bytes())).await {
        Ok(Ok(())) => {}
        Ok(Err(_gone)) => return Err(CheckFailure::Closed),
        Err(_elapsed) => return Err(CheckFailure::Timeout),
    }
    buffer.clear();
    let head = head(&mut stream, wait, buffer).await?;
    buffer.drain(..head.body);
    let digest = body(&mut stream, wait, head.length, buffer).await?;
    judge(url, head.status, digest)
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
    let path = &url.path;
    format!("GET {path} HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: {host}\r\n\r\n")
}

/// Reads until the head is there; what came behind it stays in `buffer`.
async fn head(
    stream: &mut TcpStream,
    wait: Duration,
    buffer: &mut Vec<u8>,
) -> Result<Head, CheckFailure> {
    loop {
        match parse(buffer) {
            Parsed::Head(head) => return Ok(head),
            Parsed::NotHttp => return Err(CheckFailure::Malformed),
            Parsed::More if buffer.len() >= HEAD_MAX => return Err(CheckFailure::TooLong),
            Parsed::More => {}
        }
        if read(stream, wait, buffer).await? == 0 {
            return Err(CheckFailure::Closed);
        }
    }
}

/// Reads the body to its end and digests as much of it as the server announced. A server that
/// closes early has answered all the same, as in keepalived; one that stalls or resets has not.
async fn body(
    stream: &mut TcpStream,
    wait: Duration,
    length: Option<u64>,
    buffer: &mut Vec<u8>,
) -> Result<[u8; 16], CheckFailure> {
    let mut digest = BodyDigest::default();
    let mut left = length.unwrap_or(u64::MAX);
    loop {
        let take = usize::try_from(left).map_or(buffer.len(), |left| buffer.len().min(left));
        digest.add(buffer.get(..take).unwrap_or_default());
        left = left.saturating_sub(take as u64);
        buffer.clear();
        if left == 0 || read(stream, wait, buffer).await? == 0 {
            return Ok(digest.finish());
        }
    }
}

async fn read(
    stream: &mut TcpStream,
    wait: Duration,
    buffer: &mut Vec<u8>,
) -> Result<usize, CheckFailure> {
    buffer.reserve(PIECE);
    match timeout(wait, stream.read_buf(buffer)).await {
        Ok(Ok(length)) => Ok(length),
        Ok(Err(_reset)) => Err(CheckFailure::Closed),
        Err(_elapsed) => Err(CheckFailure::Timeout),
    }
}

/// Status and digest, both when both are asked for. A digest alone decides alone: keepalived
/// 2.2.7 wants 200 to 299 besides, later ones do not, and whoever is up there stays up.
fn judge(url: &Url, status: u16, digest: [u8; 16]) -> Result<(), CheckFailure> {
    let wanted = if url.status.is_empty() {
        url.digest.is_some() || (200..=299).contains(&status)
    } else {
        let mut ranges = url.status.iter();
        ranges.any(|(from, to)| (*from..=*to).contains(&status))
    };
    if !wanted {
        return Err(CheckFailure::Status(status));
    }
    match url.digest {
        Some(expected) if expected != digest => Err(CheckFailure::Digest(digest)),
        Some(_) | None => Ok(()),
    }
}
