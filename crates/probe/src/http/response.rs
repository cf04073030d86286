//! Reading an answer's head: at least as lenient as keepalived 2.2.7, and never more than its
//! bounds.
//!
//! keepalived takes the second word of the first line as the status, whatever the first one is,
//! looks for `Content-Length` and passes over everything else. What httparse refuses is read that
//! way. Beyond keepalived, a missing reason phrase with no space before it, bare line feeds and
//! heads over 4 kB are understood too: all of them come from servers that serve.

use httparse::{Header, ParserConfig, Status};

/// Heads beyond this are endless. keepalived gives up at 4 kB, browsers at 256 kB; each probe in
/// flight may hold this much.
pub(crate) const HEAD_MAX: usize = 64 * 1024;
/// Header lines that httparse looks at; with more, the lines are read without it.
const HEADERS: usize = 64;

/// What is wanted of an answer's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Of the body, if the server says so in a way that can be understood.
    pub(crate) length: Option<u64>,
    /// Where the body begins.
    pub(crate) body: usize,
}

/// What the bytes so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parsed {
    Head(Head),
    /// The head is not over yet.
    More,
    /// Whatever follows, there is no status in it.
    NotHttp,
}

/// Lines of a head as they come: parsing a head anew with each byte would cost its length squared.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Where the line that has not ended begins.
    begin: usize,
    /// Where to look on for its end.
    seen: usize,
    /// There was one that is not empty.
    any: bool,
}

impl Lines {
    /// Whether what has come since the last time may have decided: the end of the first line, or
    /// an empty line behind it.
    pub(crate) fn tell(&mut self, bytes: &[u8]) -> bool {
        let mut decided = false;
        let fresh = bytes.iter().enumerate().skip(self.seen);
        for (at, _) in fresh.filter(|(_, byte)| **byte == b'\n') {
            let line = bytes.get(self.begin..at).unwrap_or_default();
            let empty = matches!(line, b"" | b"\r");
            decided |= self.any == empty;
            self.any |= !empty;
            self.begin = at + 1;
        }
        self.seen = bytes.len();
        decided
    }
}

/// Looks for a whole head.
pub(crate) fn parse(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .ignore_invalid_headers_in_responses(true);
    match config.parse_response(&mut response, bytes) {
        Ok(Status::Complete(body)) => response.code.map_or(Parsed::NotHttp, |status| {
            Parsed::Head(Head {
                status,
                length: length(response.headers),
                body,
            })
        }),
        Ok(Status::Partial) => Parsed::More,
        Err(_refused) => parse_plainly(bytes),
    }
}

fn length(headers: &[Header<'_>]) -> Option<u64> {
    let mut headers = headers.iter();
    let header = headers.find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    number(header.value)
}

/// The status from the first line, the length from the line that names it, the end at the first
/// empty line.
fn parse_plainly(bytes: &[u8]) -> Parsed {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    if !first.ends_with(b"\n") {
        return Parsed::More;
    }
    let Some(status) = status(first) else {
        return Parsed::NotHttp;
    };
    let (mut body, mut length) = (first.len(), None);
    for line in lines {
        if !line.ends_with(b"\n") {
            return Parsed::More;
        }
        body += line.len();
        if line.trim_ascii().is_empty() {
            return Parsed::Head(Head {
                status,
                length,
                body,
            });
        }
        if let Some((name, value)) = split(line, b':')
            && name.trim_ascii().eq_ignore_ascii_case(b"content-length")
        {
            length = length.or_else(|| number(value));
        }
    }
    Parsed::More
}

/// `ANYTHING 200 ...`.
fn status(line: &[u8]) -> Option<u16> {
    let (_version, rest) = split(line, b' ')?;
    let word = rest.trim_ascii_start();
    let end = word.iter().position(u8::is_ascii_whitespace);
    let word = word.get(..end.unwrap_or(word.len()))?;
    let digits = word.len() == 3 && word.iter().all(u8::is_ascii_digit);
    digits.then(|| number(word)).flatten()?.try_into().ok()
}

fn split(line: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = line.iter().position(|byte| *byte == at)?;
    Some((line.get(..place)?, line.get(place + 1..)?))
}

fn number(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(status: u16, length: Option<u64>, body: usize) -> Parsed {
        Parsed::Head(Head {
            status,
            length,
            body,
        })
    }

    #[test]
    fn odd_servers_are_understood() {
        let cases: &[(&[u8], Parsed)] = &[
            (b"HTTP/1.1 200 OK\r\n\r\nhi", head(200, None, 19)),
            (b"HTTP/1.0 404\r\n\r\n", head(404, None, 16)),
            (b"HTTP/1.1 200 \r\n\r\n", head(200, None, 17)),
            (b"HTTP/1.1  200  OK\r\n\r\n", head(200, None, 21)),
            (b"ICY 200 OK\r\n\r\n", head(200, None, 14)),
            (
                b"HTTP/2 204\r\nContent-Length: 7\r\n\r\n",
                head(204, Some(7), 33),
            ),
            (
                b"HTTP/1.1 200 OK\r\nno header at all\r\nA : b\r\n\r\n",
                head(200, None, 44),
            ),
            (
                b"HTTP/1.1 200 OK\r\n\x01\x02\xff\0: x\r\n: y\r\n\r\n",
                head(200, None, 33),
            ),
            (
                b"HTTP/1.1 200 OK\ncontent-LENGTH: 3\n\nabc",
                head(200, Some(3), 35),
            ),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
                head(200, None, 39),
            ),
            (
                b"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n",
                head(200, None, 39),
            ),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n", Parsed::More),
            (b"HTTP/1.1 200", Parsed::More),
            (b"", Parsed::More),
            (b"<html>", Parsed::More),
            (b"<html>\n", Parsed::NotHttp),
            (b"HTTP/1.1 abc\r\n\r\n", Parsed::NotHttp),
            (b"HTTP/1.1 99200 OK\r\n\r\n", Parsed::NotHttp),
            (b"HTTP/1.1 200x OK\r\n\r\n", Parsed::NotHttp),
            (b"HTTP/1.1 -20 OK\r\n\r\n", Parsed::NotHttp),
            (b"HTTP/1.1200OK\r\n\r\n", Parsed::NotHttp),
            (b"200\r\n\r\n", Parsed::NotHttp),
        ];
        for (bytes, expected) in cases {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(parse(bytes), *expected, "{text:?}");
        }
    }

    #[test]
    fn many_header_lines_lose_nothing() {
        let lines = "X-Header: value\r\n".repeat(1000);
        let text = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 5\r\n\r\n");
        assert_eq!(parse(text.as_bytes()), head(200, Some(5), text.len()));
    }

    /// Bytes that come near a head, and any others.
    fn answers() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"HTTP/1.1 ".to_vec()),
            Just(b"200 OK".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"Content-Length: 18446744073709551615".to_vec()),
            Just(b": ".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        prop::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
    }

    proptest! {
        /// Whoever parses only when the lines tell comes to the same head, however it is cut.
        #[test]
        fn lines_tell_of_every_head(bytes in answers(), cut in 1..40_usize) {
            let (mut lines, mut early) = (Lines::default(), Parsed::More);
            for end in (0..bytes.len()).step_by(cut).chain([bytes.len()]) {
                if early == Parsed::More && lines.tell(&bytes[..end]) {
                    early = parse(&bytes[..end]);
                }
            }
            let whole = parse(&bytes);
            // blanks alone in a line end a head too, which is seen when nothing more comes
            prop_assert!(early == whole || early == Parsed::More, "{:?} {:?}", early, whole);
            let blank = bytes.split(|byte| *byte == b'\n').any(|line| {
                line.trim_ascii().is_empty() && !matches!(line, b"" | b"\r")
            });
            if !blank && matches!(whole, Parsed::Head(_)) {
                prop_assert_eq!(early, whole);
            }
        }

        #[test]
        fn any_bytes_are_judged(bytes in answers()) {
            if let Parsed::Head(head) = parse(&bytes) {
                prop_assert!(head.body <= bytes.len());
                prop_assert!(head.status < 1000);
            }
        }

        #[test]
        fn a_verdict_stands_whatever_follows(bytes in answers(), more in answers()) {
            let early = parse(&bytes);
            let late = parse(&[bytes, more].concat());
            if early != Parsed::More {
                prop_assert_eq!(early, late);
            }
        }
    }
}
