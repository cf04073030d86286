//! `http2` against servers that are written frame by frame (RFC 9113 s4.1).

use super::{LONG, SHORT, check, md5, run_http, url};
use crate::http::Patience;
use holdfast_model::event::CheckFailure;
use holdfast_model::{HttpCheck, HttpVersion};
use proptest::prelude::*;
use socket2::SockRef;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Types of frames (RFC 9113 s6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// Flags.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200` and `:status: 404` (RFC 7541 appendix A).
const OK: &[u8] = &[0x88];
const MISSING: &[u8] = &[0x8d];

pub(super) fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head, payload].concat()
}

fn settings() -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[])
}

/// An answer's head, with `content-length` where there is a digit for it.
fn head(status: &[u8], length: Option<u8>) -> Vec<u8> {
    let line: Vec<u8> = length.map_or_else(Vec::new, |digits| vec![0x0f, 0x0d, 1, digits]);
    let whole = [
        settings(),
        frame(HEADERS, END_HEADERS, 1, &[status, &line].concat()),
    ];
    whole.concat()
}

pub(super) fn page(body: &[u8]) -> Vec<u8> {
    [head(OK, None), frame(DATA, END_STREAM, 1, body)].concat()
}

fn error(kind: u8, code: u8) -> Vec<u8> {
    let code = [0, 0, 0, code];
    match kind {
        GOAWAY => frame(GOAWAY, 0, 0, &[[0; 4], code].concat()),
        other => frame(other, 0, 1, &code),
    }
}

/// What a server does once it has read the request.
#[derive(Debug, Clone)]
enum Act {
    Closes(Vec<u8>),
    Holds(Vec<u8>),
    /// The first, then the second for ever.
    Floods(Vec<u8>, Vec<u8>),
    /// The first, then the second every 50 ms for ever.
    Drips(Vec<u8>, Vec<u8>),
    Resets(Vec<u8>),
}

/// Reads the preface and frames up to the request's.
fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface)?;
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload)?;
        if head[3] == HEADERS {
            return Ok(());
        }
    }
}

fn act(stream: &mut TcpStream, act: Act) -> std::io::Result<()> {
    read_request(stream)?;
    match act {
        Act::Closes(bytes) => {
            stream.write_all(&bytes)?;
            // unread bytes would make a reset of the close
            stream.shutdown(std::net::Shutdown::Write)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Act::Holds(bytes) => {
            stream.write_all(&bytes)?;
            stream.read_to_end(&mut Vec::new()).map(drop)
        }
        Act::Floods(first, then) => {
            stream.write_all(&first)?;
            let many = then.repeat(1 + 60_000 / then.len());
            loop {
                stream.write_all(&many)?;
            }
        }
        Act::Drips(first, then) => {
            stream.write_all(&first)?;
            loop {
                stream.write_all(&then)?;
                thread::sleep(Duration::from_millis(50));
            }
        }
        Act::Resets(bytes) => {
            stream.write_all(&bytes)?;
            SockRef::from(&*stream).set_linger(Some(Duration::ZERO))
        }
    }
}

fn serve(what: Act) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let what = what.clone();
            // a client that is gone is the client's choice
            thread::spawn(move || act(&mut stream.unwrap(), what));
        }
    });
    address
}

fn second(target: SocketAddr) -> HttpCheck {
    let mut check = check(target, vec![url("/")]);
    check.request.version = HttpVersion::V2;
    check
}

fn ask(what: Act, patience: Patience) -> Result<(), CheckFailure> {
    run_http(&second(serve(what)), patience)
}

fn words(result: Result<(), CheckFailure>) -> String {
    match result {
        Err(CheckFailure::Http2(words)) => words,
        other => panic!("{other:?}"),
    }
}

/// Server, wanted digest, wanted status, verdict.
type Case = (
    Act,
    Option<[u8; 16]>,
    &'static [(u16, u16)],
    Result<(), CheckFailure>,
);

#[test]
fn answers_are_judged_as_over_http1() {
    let missing = [head(MISSING, None), frame(DATA, END_STREAM, 1, b"hi")].concat();
    let cases: [Case; 7] = [
        (Act::Holds(page(b"hi")), None, &[], Ok(())),
        (Act::Closes(page(b"hi")), Some(md5(b"hi")), &[], Ok(())),
        (
            Act::Closes(page(b"ho")),
            Some(md5(b"hi")),
            &[],
            Err(CheckFailure::Digest(md5(b"ho"))),
        ),
        (
            Act::Holds(missing.clone()),
            None,
            &[],
            Err(CheckFailure::Status(404)),
        ),
        (Act::Holds(missing), None, &[(404, 404)], Ok(())),
        // announced, and the stream held
        (
            Act::Holds([head(OK, Some(b'2')), frame(DATA, 0, 1, b"hi")].concat()),
            Some(md5(b"hi")),
            &[],
            Ok(()),
        ),
        // answered, and the rest of the connection refused
        (
            Act::Closes([page(b"hi"), error(GOAWAY, 11)].concat()),
            Some(md5(b"hi")),
            &[],
            Ok(()),
        ),
    ];
    for (what, digest, status, expected) in cases {
        let name = format!("{what:?}");
        let mut check = second(serve(what));
        (check.urls[0].digest, check.urls[0].status) = (digest, status.to_vec());
        assert_eq!(run_http(&check, LONG), expected, "{name}");
    }
}

#[test]
fn the_answer_to_a_head_has_no_body() {
    let mut check = second(serve(Act::Holds(head(OK, Some(b'9')))));
    check.request.method = Some("HEAD".into());
    assert_eq!(run_http(&check, LONG), Ok(()));
}

#[test]
fn a_server_that_refuses_is_down_and_says_why() {
    let cases = [
        (error(GOAWAY, 11), "received"),
        (error(RST_STREAM, 7), "received"),
        ([head(OK, None), error(RST_STREAM, 2)].concat(), "received"),
        (error(RST_STREAM, 13), "it wants HTTP/1.1"),
        // what a request without push must not be answered with
        (
            [
                settings(),
                frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x82]),
            ]
            .concat(),
            "detected",
        ),
        // another length than announced
        (
            [head(OK, Some(b'9')), frame(DATA, END_STREAM, 1, b"hi")].concat(),
            "detected",
        ),
        (
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            "it answers in HTTP/1",
        ),
        (vec![0xff; 99], "detected"),
    ];
    for (bytes, expected) in cases {
        let said = words(ask(Act::Closes(bytes.clone()), LONG));
        assert!(said.contains(expected), "{bytes:?}: {said}");
    }
    // its own words are kept, and not all of them
    let long = [vec![0; 7], vec![11], vec![b'x'; 9000]].concat();
    let said = words(ask(Act::Closes(frame(GOAWAY, 0, 0, &long)), LONG));
    assert!(said.contains("xxx") && said.len() < 200, "{said}");
}

#[test]
fn an_answer_that_breaks_off_is_none() {
    let half = [head(OK, None), frame(DATA, 0, 1, b"hi")].concat();
    for what in [
        Act::Closes(Vec::new()),
        Act::Closes(settings()),
        Act::Closes(head(OK, None)),
        Act::Closes(half.clone()),
        Act::Resets(half),
        Act::Resets(Vec::new()),
    ] {
        let name = format!("{what:?}");
        assert_eq!(ask(what, LONG), Err(CheckFailure::Closed), "{name}");
    }
}

#[test]
fn silence_costs_its_time_and_no_more() {
    let first = head(OK, None);
    let cases = [
        Act::Holds(Vec::new()),
        Act::Holds(settings()),
        Act::Holds(first.clone()),
        Act::Holds([first.clone(), frame(DATA, 0, 1, b"hi")].concat()),
        // the begin of a frame
        Act::Holds(vec![0, 0]),
        // a head that goes on
        Act::Holds([settings(), frame(HEADERS, 0, 1, OK)].concat()),
        Act::Drips(settings(), frame(PING, 0, 0, &[0; 8])),
        Act::Drips(first, frame(DATA, 0, 1, b"x")),
    ];
    for what in cases {
        let (name, start) = (format!("{what:?}"), Instant::now());
        assert_eq!(ask(what, SHORT), Err(CheckFailure::Timeout), "{name}");
        assert!(start.elapsed() < SHORT.whole * 5, "{name}");
    }
}

#[test]
fn floods_end() {
    let first = head(OK, None);
    // a literal header of 1000 bytes, new each time
    let filler = [&[0x00, 1, b'a', 0x7f, 0xe9, 0x06][..], &[b'x'; 1000]].concat();
    let cases = [
        (settings(), settings()),
        (settings(), frame(PING, 0, 0, &[0; 8])),
        (settings(), frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        (settings(), frame(99, 0, 0, b"unknown")),
        // heads that announce another (RFC 9110 s15.2), `:status: 103`
        (settings(), frame(HEADERS, END_HEADERS, 1, b"\x08\x03103")),
        (
            [settings(), frame(HEADERS, 0, 1, OK)].concat(),
            frame(CONTINUATION, 0, 1, &filler),
        ),
        (
            [settings(), frame(HEADERS, 0, 1, OK)].concat(),
            frame(CONTINUATION, 0, 1, &[]),
        ),
        (first.clone(), frame(DATA, 0, 1, &[])),
        // all of it padding
        (
            first,
            frame(DATA, 8, 1, &[[255].as_slice(), &[0; 255]].concat()),
        ),
    ];
    for (first, then) in cases {
        let (name, start) = (format!("{first:?} {:?}", &then[..9]), Instant::now());
        let result = ask(Act::Floods(first, then), LONG);
        let named = matches!(result, Err(CheckFailure::Http2(_) | CheckFailure::TooLong));
        assert!(named, "{name}: {result:?}");
        // not by the time it may take: by what was sent
        assert!(start.elapsed() < LONG.wait, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_frames_are_judged(
        frames in prop::collection::vec(
            (0..12u8, any::<u8>(), 0..3u8, prop::collection::vec(any::<u8>(), 0..60)),
            0..12,
        ),
        begin: bool,
    ) {
        let frames = frames.iter().map(|(kind, flags, stream, load)| frame(*kind, *flags, *stream, load));
        let begin = if begin { head(OK, None) } else { Vec::new() };
        let bytes = [begin, frames.collect::<Vec<_>>().concat()].concat();
        let result = ask(Act::Closes(bytes), LONG);
        prop_assert!(!matches!(result, Err(CheckFailure::Timeout | CheckFailure::Local(_))), "{result:?}");
    }
}
