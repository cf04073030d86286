//! SMTP_CHECK: `220 ` greets, HELO is answered with `250 `, and QUIT is said, all in one line each as
//! keepalived has it.

use crate::bind;
use core::time::Duration;
use holdfast_model::event::CheckFailure;
use holdfast_model::{Name, SmtpCheck};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A line of an answer is not longer (RFC 5321 s4.5.3.1.5 says 512).
const LINE: usize = 4096;
/// How much of a wrong answer is told.
const TOLD: usize = 60;

pub(crate) async fn run(check: &SmtpCheck, wait: Duration) -> Result<(), CheckFailure> {
    let mut stream = bind::connect(&check.connect, wait).await?;
    let helo = format!("HELO {}\r\n", check.helo);
    // each step has its time, and a drip feed is cut off
    let dialogue = async {
        let mut rest = Vec::new();
        expect(&mut stream, wait, &mut rest, b"220 ").await?;
        say(&mut stream, wait, helo.as_bytes()).await?;
        expect(&mut stream, wait, &mut rest, b"250 ").await?;
        // it has answered: whether it hears the end is its own affair
        let _farewell = say(&mut stream, wait, b"QUIT\r\n").await;
        Ok(())
    };
    let whole = wait.saturating_mul(3);
    timeout(whole, dialogue)
        .await
        .unwrap_or(Err(CheckFailure::Timeout))
}

async fn say(stream: &mut TcpStream, wait: Duration, words: &[u8]) -> Result<(), CheckFailure> {
    match timeout(wait, stream.write_all(words)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_gone)) => Err(CheckFailure::Closed),
        Err(_elapsed) => Err(CheckFailure::Timeout),
    }
}

/// Reads a line; what came behind it stays in `rest`.
async fn expect(
    stream: &mut TcpStream,
    wait: Duration,
    rest: &mut Vec<u8>,
    code: &[u8],
) -> Result<(), CheckFailure> {
    loop {
        match line(rest) {
            Line::Ends(end) => {
                let verdict = judge(rest.get(..end).unwrap_or_default(), code);
                rest.drain(..=end);
                return verdict;
            }
            Line::TooLong => return Err(CheckFailure::TooLong),
            Line::More => {}
        }
        rest.reserve(512);
        match timeout(wait, stream.read_buf(rest)).await {
            Ok(Ok(0) | Err(_)) => return Err(CheckFailure::Closed),
            Ok(Ok(_length)) => {}
            Err(_elapsed) => return Err(CheckFailure::Timeout),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// The place of its LF.
    Ends(usize),
    More,
    TooLong,
}

fn line(bytes: &[u8]) -> Line {
    match bytes.iter().take(LINE).position(|byte| *byte == b'\n') {
        Some(end) => Line::Ends(end),
        None if bytes.len() >= LINE => Line::TooLong,
        None => Line::More,
    }
}

fn judge(line: &[u8], code: &[u8]) -> Result<(), CheckFailure> {
    if line.starts_with(code) {
        return Ok(());
    }
    Err(CheckFailure::Said(shortened(line)))
}

/// What a server said, fit for a log.
pub(crate) fn shortened(words: &[u8]) -> Name {
    let text = words.get(..TOLD).unwrap_or(words);
    let clean = String::from_utf8_lossy(text).replace(char::is_control, "");
    Name::from(clean.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_line_with_its_code_is_an_answer() {
        let said = |text: &str| Err(CheckFailure::Said(text.into()));
        let cases: &[(&[u8], Result<(), CheckFailure>)] = &[
            (b"220 here\r", Ok(())),
            (b"220 ", Ok(())),
            (b"220-more to come\r", said("220-more to come")),
            (b"220\r", said("220")),
            (b"554 no\x1b[31m\r", said("554 no[31m")),
            (b"", said("")),
        ];
        for (bytes, expected) in cases {
            assert_eq!(judge(bytes, b"220 "), *expected, "{bytes:?}");
        }
        assert_eq!(line(b"ab\ncd"), Line::Ends(2));
        assert_eq!(line(b"ab"), Line::More);
        assert_eq!(line(&[b'x'; LINE]), Line::TooLong);
    }

    proptest! {
        #[test]
        fn any_line_is_judged(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            if let Line::Ends(end) = line(&bytes) {
                prop_assert_eq!(bytes[end], b'\n');
            }
            if let Err(CheckFailure::Said(text)) = judge(&bytes, b"250 ") {
                prop_assert!(text.as_str().chars().count() <= TOLD);
                prop_assert!(!text.as_str().contains(char::is_control));
            }
        }
    }
}
