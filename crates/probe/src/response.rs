//! Reading an answer: as lenient as keepalived, and never more than its bounds.

use httparse::{ParserConfig, Status};

/// Headers beyond this are endless.
pub(crate) const HEAD_MAX: usize = 64 * 1024;
/// Header lines that are looked at.
const HEADERS: usize = 128;

/// What is wanted of an answer's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) length: Option<u64>,
    /// Where the body begins.
    pub(crate) body: usize,
}

/// What the bytes so far are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parsed {
    Head(Head),
    More,
    NotHttp,
}

/// Looks for a whole head. Lines that are no headers are passed over.
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
        Ok(Status::Complete(body)) => {
            let Some(status) = response.code else { return Parsed::NotHttp };
            let named = |name: &str| {
                response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))
            };
            let length = named("content-length")
                .and_then(|header| core::str::from_utf8(header.value).ok())
                .and_then(|value| value.trim().parse().ok());
            Parsed::Head(Head { status, length, body })
        }
        Ok(Status::Partial) => Parsed::More,
        // more header lines than anybody needs: the status is known all the same
        Err(httparse::Error::TooManyHeaders) => match end_of_head(bytes) {
            Some(body) => match response.code {
                Some(status) => Parsed::Head(Head { status, length: None, body }),
                None => Parsed::NotHttp,
            },
            None => Parsed::More,
        },
        Err(_junk) => Parsed::NotHttp,
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn status(text: &str) -> Option<u16> {
        match parse(text.as_bytes()) {
            Parsed::Head(head) => Some(head.status),
            Parsed::More | Parsed::NotHttp => None,
        }
    }

    #[test]
    fn odd_servers_are_understood() {
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\n\r\n", Some(200)),
            ("HTTP/1.0 404\r\n\r\n", Some(404)),
            ("HTTP/1.1 200 \r\n\r\n", Some(200)),
            ("HTTP/1.1  200  OK\r\n\r\n", Some(200)),
            ("HTTP/1.1 200 OK\r\nno header at all\r\nA : b\r\n\r\n", Some(200)),
            ("HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", Some(200)),
            ("220 mail.example.org ESMTP\r\n", None),
            ("HTTP/1.1 abc\r\n\r\n", None),
        ] {
            assert_eq!(status(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            if let Parsed::Head(head) = parse(&bytes) {
                prop_assert!(head.body <= bytes.len());
            }
        }
    }
}
