//! One request and its answer, over whatever carries it.

use super::digest::BodyDigest;
use super::response::{HEAD_MAX, Head, Lines, Parsed, parse};
use super::search::Search;
use core::time::Duration;
use holdfast_model::Url;
use holdfast_model::event::CheckFailure;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// How much of a body is held at a time.
const PIECE: usize = 16 * 1024;

/// Bodies beyond this are endless. keepalived reads on; at full speed that takes a processor.
const BODY_MAX: usize = 256 * 1024 * 1024;

/// What may end an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// TCP: a reset is none.
    Plain,
    /// TLS as keepalived takes it: whatever ends it, once the head is there.
    Any,
    /// TLS with `tls_compliant`: the server says that it ends.
    Announced,
}

/// What is asked, and how.
pub(crate) struct Exchange<'a> {
    pub(crate) url: &'a Url,
    pub(crate) request: &'a [u8],
    /// The answer to a HEAD has no body, whatever length it announces.
    pub(crate) bodyless: bool,
    pub(crate) ending: Ending,
    /// For the request, and for each piece of the answer.
    pub(crate) wait: Duration,
}

impl Exchange<'_> {
    /// Asks and judges. `buffer` is only for its memory.
    pub(crate) async fn run<S>(
        &self,
        stream: &mut S,
        buffer: &mut Vec<u8>,
    ) -> Result<(), CheckFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // what a TLS layer holds back is sent by the flush
        let sent = async {
            stream.write_all(self.request).await?;
            stream.flush().await
        };
        match timeout(self.wait, sent).await {
            Ok(Ok(())) => {}
            Ok(Err(_gone)) => return Err(CheckFailure::Closed),
            Err(_elapsed) => return Err(CheckFailure::Timeout),
        }
        buffer.clear();
        let mut head = self.head(stream, buffer).await?;
        if self.bodyless {
            head.length = Some(0);
        }
        let body = self.body(stream, head, buffer).await?;
        judge(self.url, head.status, &body)
    }

    /// Reads until the head is there; what came behind it stays in `buffer`.
    async fn head<S>(&self, stream: &mut S, buffer: &mut Vec<u8>) -> Result<Head, CheckFailure>
    where
        S: AsyncRead + Unpin,
    {
        let mut lines = Lines::default();
        loop {
            let more = self.read(stream, buffer).await?.is_some();
            if more && !lines.tell(buffer) && buffer.len() < HEAD_MAX {
                continue;
            }
            match parse(buffer) {
                Parsed::Head(head) => return Ok(head),
                Parsed::NotHttp => return Err(CheckFailure::Malformed),
                Parsed::More if !more => return Err(CheckFailure::Closed),
                Parsed::More if buffer.len() >= HEAD_MAX => return Err(CheckFailure::TooLong),
                Parsed::More => {}
            }
        }
    }

    /// Reads the body to its end, digests as much of it as the server announced, and searches all
    /// of it. A server that closes early has answered all the same, as in keepalived; one that
    /// stalls or resets has not.
    ///
    /// A head that came together with the body's begin is searched too: so does keepalived, and
    /// offsets count from there.
    async fn body<S>(
        &self,
        stream: &mut S,
        head: Head,
        buffer: &mut Vec<u8>,
    ) -> Result<Body, CheckFailure>
    where
        S: AsyncRead + Unpin,
    {
        let mut digest = BodyDigest::default();
        let mut search = self.url.body.as_deref().map(Search::new).transpose()?;
        if let Some(search) = &mut search
            && buffer.len() > head.body
        {
            search
                .add(buffer.get(..head.body).unwrap_or_default())
                .await?;
        }
        buffer.drain(..head.body);
        let mut seen = 0;
        let mut left = head.length.unwrap_or(u64::MAX);
        loop {
            let take = usize::try_from(left).map_or(buffer.len(), |left| buffer.len().min(left));
            digest.add(buffer.get(..take).unwrap_or_default());
            if let Some(search) = &mut search {
                search.add(buffer).await?;
            }
            left = left.saturating_sub(take as u64);
            seen += buffer.len();
            if seen > BODY_MAX {
                return Err(CheckFailure::TooLong);
            }
            buffer.clear();
            if left == 0 {
                break;
            }
            match self.read(stream, buffer).await {
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(CheckFailure::Closed) if self.ending == Ending::Any => break,
                Err(failure) => return Err(failure),
            }
        }
        let found = match search {
            Some(search) => Some(search.end().await?),
            None => None,
        };
        Ok(Body {
            digest: digest.finish(),
            found,
        })
    }

    /// None at the end.
    async fn read<S>(
        &self,
        stream: &mut S,
        buffer: &mut Vec<u8>,
    ) -> Result<Option<()>, CheckFailure>
    where
        S: AsyncRead + Unpin,
    {
        buffer.reserve(PIECE);
        match timeout(self.wait, stream.read_buf(buffer)).await {
            Ok(Ok(0)) => Ok(None),
            Ok(Ok(_)) => Ok(Some(())),
            Ok(Err(_reset)) => Err(CheckFailure::Closed),
            Err(_elapsed) => Err(CheckFailure::Timeout),
        }
    }
}

/// What there is to say of a body.
struct Body {
    digest: [u8; 16],
    /// Whether the pattern was found, where there is one.
    found: Option<bool>,
}

/// Status, digest and pattern: each that is asked for. A digest alone decides alone: keepalived
/// 2.2.7 wants 200 to 299 besides, later ones do not, and whoever is up there stays up.
fn judge(url: &Url, status: u16, body: &Body) -> Result<(), CheckFailure> {
    let wanted = if url.status.is_empty() {
        url.digest.is_some() || (200..=299).contains(&status)
    } else {
        let mut ranges = url.status.iter();
        ranges.any(|(from, to)| (*from..=*to).contains(&status))
    };
    if !wanted {
        return Err(CheckFailure::Status(status));
    }
    if url.digest.is_some_and(|expected| expected != body.digest) {
        return Err(CheckFailure::Digest(body.digest));
    }
    match (&url.body, body.found) {
        (Some(rule), Some(found)) if found == rule.absent => Err(CheckFailure::Body { found }),
        _ => Ok(()),
    }
}
