//! What network checks other than TCP and HTTP ask.

use crate::connect::Connect;
use crate::units::Name;
use serde::{Deserialize, Serialize};

/// SMTP_CHECK: greeting, HELO, QUIT.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SmtpCheck {
    /// Whom to ask.
    pub connect: Connect,
    /// `helo_name`.
    pub helo: Name,
}

/// DNS_CHECK: a query over UDP that is answered without an error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DnsCheck {
    /// Whom to ask.
    pub connect: Connect,
    /// `name`, without the last dot: labels of 1 to 63 bytes, 253 bytes at most; empty: the root.
    pub name: Name,
    /// `type`: RFC 1035 s3.2.2 and its successors.
    pub kind: u16,
}

/// UDP_CHECK: a datagram that is not refused, and is answered if that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UdpCheck {
    /// Whom to ask.
    pub connect: Connect,
    /// `payload`.
    pub payload: Vec<u8>,
    /// `require_reply`; none: silence is good.
    pub reply: Option<Reply>,
}

/// What has to come back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reply {
    /// How it begins: a byte, and which of its bits count.
    pub begins: Vec<(u8, u8)>,
    /// `min_reply_length`.
    pub least: u16,
    /// `max_reply_length`.
    pub most: u16,
}

impl Reply {
    /// True for a datagram that will do.
    pub fn accepts(&self, answer: &[u8]) -> bool {
        let long =
            answer.len() >= usize::from(self.least) && answer.len() <= usize::from(self.most);
        let mut pairs = self.begins.iter().zip(answer);
        long && answer.len() >= self.begins.len()
            && pairs.all(|((byte, mask), found)| byte & mask == found & mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_compared_half_byte_by_half_byte() {
        let reply = Reply {
            begins: vec![(0x41, 0xff), (0x02, 0x0f), (0, 0)],
            least: 0,
            most: 5,
        };
        let cases: &[(&[u8], bool)] = &[
            (b"A\x02\x77", true),
            (b"A\xf2\x00xx", true),
            (b"A\xf2\x00xxx", false),
            (b"A\xf3\x00", false),
            (b"B\x02\x00", false),
            (b"A\x02", false),
            (b"", false),
        ];
        for (answer, good) in cases {
            assert_eq!(reply.accepts(answer), *good, "{answer:?}");
        }
    }
}
