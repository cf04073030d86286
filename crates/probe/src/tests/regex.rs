//! `regex` and its kin.

use super::{LONG, Server, get, says, url};
use crate::http::exchange::{Ending, Exchange};
use holdfast_model::event::CheckFailure;
use holdfast_model::{BodyMatch, Url};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn matching(pattern: &str, change: impl FnOnce(&mut BodyMatch)) -> Url {
    let mut rule = BodyMatch {
        pattern: pattern.into(),
        ..BodyMatch::default()
    };
    change(&mut rule);
    let mut url = url("/");
    url.body = Some(Box::new(rule));
    url
}

fn asked(body: &[u8], url: Url) -> Result<(), CheckFailure> {
    let answer = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), body].concat();
    get(Server::Says(answer), url, LONG)
}

const MISSING: Result<(), CheckFailure> = Err(CheckFailure::Body { found: false });
const THERE: Result<(), CheckFailure> = Err(CheckFailure::Body { found: true });

#[test]
fn the_body_has_to_match_or_must_not() {
    let caseless = holdfast_pcre::option("caseless").unwrap();
    assert_eq!(asked(b"all is well", matching("is w", |_| {})), Ok(()));
    assert_eq!(asked(b"all is well", matching("IS W", |_| {})), MISSING);
    let rule = matching("IS W", |rule| rule.options = caseless);
    assert_eq!(asked(b"all is well", rule), Ok(()));
    let rule = matching("is w", |rule| rule.absent = true);
    assert_eq!(asked(b"all is well", rule), THERE);
    let rule = matching("is w", |rule| rule.absent = true);
    assert_eq!(asked(b"", rule), Ok(()));
    assert_eq!(asked(b"all is well", matching("well$", |_| {})), Ok(()));
}

#[test]
fn a_status_is_wanted_besides() {
    let answer = says("HTTP/1.1 404 Not Found\r\n\r\nwell");
    let result = get(answer, matching("well", |_| {}), LONG);
    assert_eq!(result, Err(CheckFailure::Status(404)));
}

#[test]
fn offsets_bound_where_a_match_begins() {
    // least, most, verdict; "abc" is at 3 behind a head of 19 bytes
    let cases = [
        (0, None, Ok(())),
        (22, None, Ok(())),
        (23, None, MISSING),
        (99, None, MISSING),
        (0, Some(22), Ok(())),
        (0, Some(21), MISSING),
        (22, Some(22), Ok(())),
    ];
    for (least, most, expected) in cases {
        let rule = matching("abc", |rule| (rule.least, rule.most) = (least, most));
        assert_eq!(asked(b"xyzabc..", rule), expected, "{least} {most:?}");
    }
}

/// The head and the body, each in a piece of its own, or both in one.
fn in_pieces(pieces: &'static [&'static str], url: &Url) -> Result<(), CheckFailure> {
    super::block(async {
        let (mut client, mut server) = tokio::io::duplex(pieces[0].len());
        let exchange = Exchange {
            url,
            bodyless: false,
            ending: Ending::Plain,
            wait: LONG.wait,
        };
        let answer = async {
            server.read_exact(&mut [0]).await.unwrap();
            for piece in pieces {
                // the next finds no room before this is read
                server.write_all(piece.as_bytes()).await.unwrap();
            }
            drop(server);
        };
        let mut buffer = Vec::new();
        tokio::join!(exchange.run(b"?", &mut client, &mut buffer), answer).0
    })
}

#[test]
fn a_head_that_comes_with_its_body_is_searched_too() {
    let (whole, parted): (&[_], &[_]) = (
        &["HTTP/1.1 200 OK\r\n\r\nhi"],
        &["HTTP/1.1 200 OK\r\n\r\n", "hi"],
    );
    // pattern, least, together, apart
    let cases = [
        ("hi", 0, Ok(()), Ok(())),
        ("200 OK", 0, Ok(()), MISSING),
        ("^hi", 0, MISSING, Ok(())),
        ("hi", 1, Ok(()), MISSING),
        ("hi", 19, Ok(()), MISSING),
    ];
    for (pattern, least, together, apart) in cases {
        let url = matching(pattern, |rule| rule.least = least);
        assert_eq!(in_pieces(whole, &url), together, "{pattern} {least}");
        assert_eq!(in_pieces(parted, &url), apart, "{pattern} {least}");
    }
}

#[test]
fn a_long_body_is_searched_whole() {
    for at in [0, 10, 262_140, 262_144, 500_000, 999_990] {
        let mut body = vec![b'.'; 1_000_000];
        body[at..at + 6].copy_from_slice(b"needle");
        assert_eq!(asked(&body, matching("ne+dle", |_| {})), Ok(()), "{at}");
        let rule = matching("needle", |rule| rule.least = at as u64 + 20);
        assert_eq!(asked(&body, rule), MISSING, "{at}");
        let rule = matching("(?<=\\.)needle", |_| {});
        let expected = if at == 0 { MISSING } else { Ok(()) };
        assert_eq!(asked(&body, rule), expected, "{at}");
    }
    // a window's begin is not the body's
    let body = vec![b'.'; 1_000_000];
    let rule = matching("\\A\\.x|^x", |rule| rule.absent = true);
    assert_eq!(asked(&body, rule), Ok(()));
}

#[test]
fn an_evil_pattern_is_given_up() {
    let start = Instant::now();
    let body = vec![b'a'; 100_000];
    assert_eq!(
        asked(&body, matching("(a+)+[bc]$", |_| {})),
        Err(CheckFailure::Search)
    );
    assert!(start.elapsed() < Duration::from_secs(15));
}
