//! HTTP_GET and SSL_GET: every url must answer with a wanted status, and the wanted body.
//!
//! ```text
//!   connect ─▶ TLS ─▶ request ─▶ head ─▶ body, to its Content-Length or the end ─▶ judge
//!   └──── wait ────┘  └ wait ─┘  └ wait for each piece ┘
//!   └──────────────────────────── whole ─────────────────────────────────────┘
//! ```
//! That is HTTP/1; `second` is the same over HTTP/2. Urls are asked in the order of the file, a
//! connection each. The next check begins with the url that failed, and asks all others only once
//! that one answers, as keepalived does.

mod body;
pub(crate) mod digest;
pub(crate) mod exchange;
mod meter;
mod request;
mod response;
pub(crate) mod search;
mod second;

use crate::bind;
use crate::course::Course;
use crate::tls;
use core::time::Duration;
use exchange::{Ending, Exchange};
use holdfast_model::event::CheckFailure;
use holdfast_model::{HttpCheck, Url};
use request::Asked;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout};

/// How long a server may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the connection with its TLS, the request, and each piece of the answer.
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

/// Asks every url, one after the other, from the one that failed last.
pub(crate) async fn run(
    check: &HttpCheck,
    patience: Patience,
    course: &mut Course,
) -> Result<(), CheckFailure> {
    let mut buffer = Vec::new();
    let urls = check.urls.iter().enumerate();
    let begin = course.at.min(check.urls.len());
    for (at, url) in urls.clone().skip(begin).chain(urls.take(begin)) {
        let asked = ask(check, url, patience.wait, &mut buffer, course);
        let answered = timeout(patience.whole, asked).await;
        if let Err(failure) = answered.unwrap_or(Err(CheckFailure::Timeout)) {
            course.at = at;
            return Err(failure);
        }
    }
    course.at = 0;
    Ok(())
}

async fn ask(
    check: &HttpCheck,
    url: &Url,
    wait: Duration,
    buffer: &mut Vec<u8>,
    course: &mut Course,
) -> Result<(), CheckFailure> {
    let until = Instant::now() + wait;
    let mut exchange = Exchange {
        url,
        bodyless: check
            .request
            .method
            .as_ref()
            .is_some_and(|method| method.as_str() == "HEAD"),
        ending: Ending::Plain,
        wait,
    };
    let request = Asked::new(check, url, course)?;
    let mut stream = bind::connect(&check.connect, wait).await?;
    let Some(secure) = &check.tls else {
        return match request {
            Asked::First(request) => exchange.run(&request, &mut stream, buffer).await,
            Asked::Second(request) => exchange.run_second(stream, request).await,
        };
    };
    exchange.ending = match url.announced_end {
        true => Ending::Announced,
        false => Ending::Any,
    };
    let handshake = tls::connect(stream, check, secure, url, course);
    let mut stream = match tokio::time::timeout_at(until, handshake).await {
        Ok(stream) => stream?,
        Err(_elapsed) => return Err(CheckFailure::Timeout),
    };
    match request {
        Asked::First(request) => exchange.run(&request, &mut stream, buffer).await?,
        // every answer's end is announced
        Asked::Second(request) => return exchange.run_second(stream, request).await,
    }
    if url.announced_end {
        // the server has answered, whether it hears our good-bye or not
        let _said = timeout(wait, stream.shutdown()).await;
    }
    Ok(())
}
