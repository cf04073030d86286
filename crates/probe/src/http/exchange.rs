//! One request and its answer, over whatever carries it.

use super::body::Body;
use super::response::{HEAD_MAX, Head, Lines, Parsed, parse};
use core::time::Duration;
use holdfast_model::Url;
use holdfast_model::event::CheckFailure;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// How much of a body is held at a time.
const PIECE: usize = 16 * 1024;

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
        request: &[u8],
        stream: &mut S,
        buffer: &mut Vec<u8>,
    ) -> Result<(), CheckFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // what a TLS layer holds back is sent by the flush
        let sent = async {
            stream.write_all(request).await?;
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
        body.judge(self.url, head.status).await
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
    ) -> Result<Body<'_>, CheckFailure>
    where
        S: AsyncRead + Unpin,
    {
        let mut body = Body::new(self.url, head.length)?;
        if buffer.len() > head.body {
            body.search(buffer.get(..head.body).unwrap_or_default())
                .await?;
        }
        buffer.drain(..head.body);
        loop {
            body.add(buffer).await?;
            buffer.clear();
            if body.is_whole() {
                return Ok(body);
            }
            match self.read(stream, buffer).await {
                Ok(Some(())) => {}
                Ok(None) => return Ok(body),
                Err(CheckFailure::Closed) if self.ending == Ending::Any => return Ok(body),
                Err(failure) => return Err(failure),
            }
        }
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
