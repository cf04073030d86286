//! TCP_CHECK with `send` and `expect`: says something, and waits until what has to come has come.
//!
//! ```text
//!   connect ─▶ send ─▶ read ─┬─ it is there ─▶ up
//!   └──── timeout ────┘      ├─ the end, and it is not there; ANSWER bytes without it ─▶ down
//!                            └─ the time is over ─▶ down
//! ```

use crate::bind;
use crate::http::search::Search;
use crate::smtp::shortened;
use core::time::Duration;
use holdfast_model::event::CheckFailure;
use holdfast_model::{BodyMatch, TalkCheck};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// No more of an answer is read.
const ANSWER: usize = 64 * 1024;
/// A piece of it.
const PIECE: usize = 4096;
/// How much of a wrong answer is told.
const TOLD: usize = 60;

pub(crate) async fn run(check: &TalkCheck, wait: Duration) -> Result<(), CheckFailure> {
    let until = Instant::now() + wait;
    let mut stream = bind::connect(&check.connect, wait).await?;
    let dialogue = async {
        let said = stream.write_all(&check.send).await;
        match &check.expect {
            Some(rule) => listen(&mut stream, rule).await,
            None => said.map_err(|_gone| CheckFailure::Closed),
        }
    };
    let dialogue = timeout_at(until, dialogue).await;
    dialogue.unwrap_or(Err(CheckFailure::Timeout))
}

/// Whoever cannot be told anything may have said enough before.
async fn listen(stream: &mut TcpStream, rule: &BodyMatch) -> Result<(), CheckFailure> {
    let mut search = Search::new(rule)?;
    let (mut piece, mut first, mut length) = (Vec::with_capacity(PIECE), Vec::new(), 0_usize);
    loop {
        piece.clear();
        // a reset is an end as well
        let read = stream.read_buf(&mut piece).await.unwrap_or(0);
        if read == 0 {
            return match search.end().await? {
                true => Ok(()),
                false if first.is_empty() => Err(CheckFailure::Closed),
                false => Err(CheckFailure::Said(shortened(&first))),
            };
        }
        first.extend(piece.iter().take(TOLD - first.len()));
        if search.found_in(&piece).await? {
            return Ok(());
        }
        length += read;
        if length >= ANSWER {
            return Err(CheckFailure::TooLong);
        }
    }
}
