//! One request and its answer over HTTP/2 (RFC 9113): the check's `http2`.
//!
//! ```text
//!   preface, request ─▶ head ─▶ body, to its Content-Length or END_STREAM ─▶ judge ─▶ GOAWAY
//!   └──────── wait ────────┘ └─ wait for each piece of data ─┘
//! ```
//! The connection is driven by whoever waits for the answer: there is no task besides.

use super::body::Body;
use super::exchange::Exchange;
use super::meter::{Meter, Metered};
use super::response::HEAD_MAX;
use bytes::Bytes;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use h2::client::{Builder, Connection};
use h2::{Reason, RecvStream};
use holdfast_model::event::CheckFailure;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

/// What may be on its way before it is read: what a probe may hold of a body.
const WINDOW: u32 = 256 * 1024;
/// What may come besides data: settings, pings, heads, paddings, and the nine bytes before every
/// frame. So there are at most 150,000 frames without data.
const BESIDES: usize = 1024 * 1024;
/// What is kept of a server's own words.
const WORDS: usize = 120;

impl Exchange<'_> {
    /// Asks and judges. The pattern is looked for in the body alone: no head stands as text
    /// before it.
    pub(super) async fn run_second<S>(
        &self,
        stream: S,
        request: Request<()>,
    ) -> Result<(), CheckFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let meter = Meter::new(BESIDES + WINDOW as usize);
        let metered = Metered {
            stream,
            meter: meter.clone(),
        };
        let handshake = settings().handshake::<_, Bytes>(metered);
        let (mut ask, connection) = match timeout(self.wait, handshake).await {
            Ok(Ok(both)) => both,
            Ok(Err(error)) => return Err(failure(&error, &meter)),
            Err(_elapsed) => return Err(CheckFailure::Timeout),
        };
        let mut line = Line {
            connection,
            over: false,
            meter,
            wait: self.wait,
        };
        let answer = ask.send_request(request, true);
        // nothing more is asked: the line can end once the answer is there
        let (answer, asked) = answer.map_err(|error| failure(&error, &line.meter))?;
        drop((asked, ask));
        let answer = line.until(answer).await?;
        self.judge(&mut line, answer).await?;
        if !line.over {
            // the server has answered, whether it hears our good-bye or not
            let _said = timeout(self.wait, line.connection).await;
        }
        Ok(())
    }

    async fn judge<S>(
        &self,
        line: &mut Line<S>,
        answer: Response<RecvStream>,
    ) -> Result<(), CheckFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let status = answer.status().as_u16();
        let length = match self.bodyless {
            true => Some(0),
            false => length(&answer),
        };
        let mut body = Body::new(self.url, length)?;
        let mut pieces = answer.into_body();
        while !body.is_whole() {
            let next = async { pieces.data().await.transpose() };
            let Some(piece) = line.until(next).await? else {
                break;
            };
            line.meter.allow(piece.len());
            body.add(&piece).await?;
            let room = pieces.flow_control().release_capacity(piece.len());
            room.map_err(|error| failure(&error, &line.meter))?;
        }
        body.judge(self.url, status).await
    }
}

fn settings() -> Builder {
    let mut settings = Builder::new();
    settings
        .enable_push(false)
        .initial_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_header_list_size(u32::try_from(HEAD_MAX).unwrap_or(u32::MAX));
    settings
}

fn length(answer: &Response<RecvStream>) -> Option<u64> {
    let value = answer.headers().get(CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

/// The connection of one request.
struct Line<S> {
    connection: Connection<Metered<S>, Bytes>,
    /// It ended; what it had brought until then can still be read.
    over: bool,
    meter: Meter,
    wait: Duration,
}

impl<S> Line<S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// What is `wanted` of it, unless it ends or takes too long.
    async fn until<T>(
        &mut self,
        wanted: impl Future<Output = Result<T, h2::Error>>,
    ) -> Result<T, CheckFailure> {
        let Self {
            connection, over, ..
        } = self;
        let mut wanted = pin!(wanted);
        let driven = poll_fn(|context| {
            if !*over {
                *over = pin!(&mut *connection).poll(context).is_ready();
            }
            match wanted.as_mut().poll(context) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                Poll::Pending if *over => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        });
        match timeout(self.wait, driven).await {
            Ok(Some(Ok(value))) => Ok(value),
            Ok(Some(Err(error))) => Err(failure(&error, &self.meter)),
            Ok(None) => Err(CheckFailure::Closed),
            Err(_elapsed) => Err(CheckFailure::Timeout),
        }
    }
}

fn failure(error: &h2::Error, meter: &Meter) -> CheckFailure {
    if meter.is_spent() {
        return CheckFailure::TooLong;
    }
    if meter.is_http1() {
        return CheckFailure::Http2("it answers in HTTP/1".to_owned());
    }
    if error.is_io() {
        return CheckFailure::Closed;
    }
    // what they are in the RFC; the words of a GOAWAY are the server's
    let words = match error.reason() {
        Some(Reason::HTTP_1_1_REQUIRED) => "it wants HTTP/1.1".to_owned(),
        _ => error.to_string().chars().take(WORDS).collect(),
    };
    CheckFailure::Http2(words)
}
