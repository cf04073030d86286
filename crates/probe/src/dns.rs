//! DNS_CHECK: a query over UDP (RFC 1035 s4) that is answered without an error. As with keepalived
//! an answer may be empty; what does not belong to the query is not looked at, and waiting goes on.

use crate::datagram;
use core::hash::{BuildHasher as _, Hasher as _};
use core::time::Duration;
use holdfast_model::DnsCheck;
use holdfast_model::event::CheckFailure;
use std::hash::RandomState;

/// Its header.
const HEADER: usize = 12;
/// Flags of a query: recursion is desired.
const QUERY: u16 = 0x0100;
/// The first byte of an answer's flags.
const ANSWER: u8 = 0x80;
/// The class of the Internet.
const INTERNET: u16 = 1;

pub(crate) async fn run(check: &DnsCheck, timeout: Duration) -> Result<(), CheckFailure> {
    let id = unguessable();
    let socket = datagram::send(&check.connect, &query(id, check)).await?;
    datagram::answer(&socket, timeout, |bytes| match judge(id, bytes)? {
        0 => Some(Ok(())),
        rcode => Some(Err(CheckFailure::Rcode(rcode))),
    })
    .await
}

/// Nobody who does not see the query may answer it.
fn unguessable() -> u16 {
    let hash = RandomState::new().build_hasher().finish();
    let [low, high, ..] = hash.to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// RFC 1035 s4.1.
fn query(id: u16, check: &DnsCheck) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + check.name.as_str().len() + 6);
    for word in [id, QUERY, 1, 0, 0, 0] {
        bytes.extend(word.to_be_bytes());
    }
    for label in check.name.as_str().split('.').filter(|one| !one.is_empty()) {
        let label = label.as_bytes().get(..63).unwrap_or(label.as_bytes());
        bytes.push(u8::try_from(label.len()).unwrap_or(63));
        bytes.extend(label);
    }
    bytes.push(0);
    bytes.extend(check.kind.to_be_bytes());
    bytes.extend(INTERNET.to_be_bytes());
    bytes
}

/// The code of the answer to that query; none: this is not it.
fn judge(id: u16, bytes: &[u8]) -> Option<u8> {
    let header: &[u8; HEADER] = bytes.first_chunk()?;
    let [high, low, first, second, ..] = *header;
    let ours = u16::from_be_bytes([high, low]) == id && first & ANSWER != 0;
    ours.then_some(second & 0x0f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Connect;
    use proptest::prelude::*;

    fn check(name: &str, kind: u16) -> DnsCheck {
        DnsCheck {
            connect: Connect::to("127.0.0.1:53".parse().unwrap()),
            name: name.into(),
            kind,
        }
    }

    #[test]
    fn queries_are_as_the_rfc_draws_them() {
        let head = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00";
        let cases: &[(&str, u16, &[u8])] = &[
            ("", 6, b"\x00\x00\x06\x00\x01"),
            ("a.bc", 1, b"\x01a\x02bc\x00\x00\x01\x00\x01"),
            ("a.bc.", 28, b"\x01a\x02bc\x00\x00\x1c\x00\x01"),
        ];
        for (name, kind, question) in cases {
            let expected = [head.as_slice(), question].concat();
            assert_eq!(query(0x1234, &check(name, *kind)), expected, "{name}");
        }
    }

    #[test]
    fn only_the_answer_to_the_query_counts() {
        let cases: &[(&[u8], Option<u8>)] = &[
            (b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0", Some(0)),
            (b"\x12\x34\x80\x00\0\0\0\0\0\0\0\0", Some(0)),
            (b"\x12\x34\x81\x83\0\0\0\0\0\0\0\0", Some(3)),
            (b"\x12\x35\x81\x80\0\0\0\0\0\0\0\0", None),
            (b"\x12\x34\x01\x00\0\0\0\0\0\0\0\0", None),
            (b"\x12\x34\x81\x80\0\0\0\0\0\0\0", None),
            (b"", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(judge(0x1234, bytes), *expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_a_question_that_ends(name in "[a-z.]{0,300}", kind: u16) {
            let bytes = query(7, &check(&name, kind));
            let mut at = HEADER;
            while bytes[at] != 0 {
                prop_assert!(bytes[at] < 64);
                at += usize::from(bytes[at]) + 1;
            }
            prop_assert_eq!(at + 5, bytes.len());
        }

        #[test]
        fn any_datagram_is_judged(id: u16, bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let verdict = judge(id, &bytes);
            prop_assert!(verdict.is_none_or(|rcode| rcode < 16 && bytes.len() >= HEADER));
        }
    }
}
