//! PING_CHECK: an echo request (RFC 792, RFC 4443 s4.1) and its answer.
//!
//! keepalived opens `net.ipv4.ping_group_range` to its group while it runs; here a raw socket does where
//! the kernel has no ping socket for us, and nothing of the machine is changed.

use crate::bind::{errno, refusal, socket};
use crate::datagram;
use core::hash::{BuildHasher as _, Hasher as _};
use core::net::SocketAddr;
use core::time::Duration;
use holdfast_model::event::CheckFailure;
use holdfast_model::{Connect, Origin};
use socket2::{Protocol, Socket, Type};
use std::hash::RandomState;
use std::io;
use tokio::net::UdpSocket;

/// Behind the header: nobody who does not see the request may answer it.
const SECRET: usize = 16;

pub(crate) async fn run(connect: &Connect, wait: Duration) -> Result<(), CheckFailure> {
    let local = |error: io::Error| CheckFailure::Local(errno(&error));
    let to = portless(connect);
    let (own, raw) = open(&to).map_err(local)?;
    let echo = Echo::new(to.target.is_ipv6());
    let sent = own.connect(&to.target.into());
    if let Err(error) = sent.and_then(|()| own.send(&echo.request())) {
        return Err(refusal(errno(&error)));
    }
    // to the runtime it is a socket of datagrams like any other
    let own = UdpSocket::from_std(own.into()).map_err(local)?;
    let judge = |bytes: &[u8]| echo.is_answered_by(bytes, raw).then_some(Ok(()));
    datagram::answer(&own, wait, judge).await
}

/// A port has no meaning here, and means a protocol to raw sockets of IPv6.
fn portless(connect: &Connect) -> Connect {
    let origin = connect.origin().cloned().unwrap_or_default();
    let target = SocketAddr::new(connect.target.ip(), 0);
    Connect::from(target, Origin { port: 0, ..origin })
}

/// The socket, and whether it is a raw one.
fn open(connect: &Connect) -> io::Result<(Socket, bool)> {
    let protocol = if connect.target.is_ipv6() {
        Protocol::ICMPV6
    } else {
        Protocol::ICMPV4
    };
    match socket(connect, Type::DGRAM, protocol) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Ok((socket(connect, Type::RAW, protocol)?, true))
        }
        other => Ok((other?, false)),
    }
}

/// One request.
struct Echo {
    six: bool,
    secret: [u8; SECRET],
}

impl Echo {
    fn new(six: bool) -> Self {
        let mut secret = [0; SECRET];
        for half in secret.chunks_mut(8) {
            let hash = RandomState::new().build_hasher().finish().to_le_bytes();
            half.copy_from_slice(&hash);
        }
        Self { six, secret }
    }

    /// Type, code, checksum, identifier, sequence number, and the secret.
    fn request(&self) -> Vec<u8> {
        let kind = if self.six { 128 } else { 8 };
        let [one, two, ..] = self.secret;
        let mut bytes = vec![kind, 0, 0, 0, one, two, 0, 1];
        bytes.extend(self.secret);
        if !self.six {
            // of IPv6 the kernel knows the addresses that it covers
            let sum = checksum(&bytes).to_be_bytes();
            if let Some(place) = bytes.get_mut(2..4) {
                place.copy_from_slice(&sum);
            }
        }
        bytes
    }

    /// The identifier is not compared: a ping socket has its own.
    fn is_answered_by(&self, bytes: &[u8], raw: bool) -> bool {
        let header = match bytes.first() {
            Some(first) if raw && !self.six => usize::from(first & 0x0f) * 4,
            _ => 0,
        };
        let kind = if self.six { 129 } else { 0 };
        let message = bytes.get(header..).unwrap_or_default();
        message.first() == Some(&kind) && message.get(8..8 + SECRET) == Some(&self.secret)
    }
}

/// RFC 1071, of an even number of bytes.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| match *pair {
        [high, low] => u32::from(u16::from_be_bytes([high, low])),
        _ => 0,
    });
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_answer_brings_the_secret_back() {
        for six in [false, true] {
            let echo = Echo::new(six);
            let request = echo.request();
            assert!(!echo.is_answered_by(&request, false), "its own request");
            let mut answer = request.clone();
            answer[0] = if six { 129 } else { 0 };
            (answer[4], answer[5]) = (7, 7);
            assert!(echo.is_answered_by(&answer, false));
            if !six {
                assert_eq!(checksum(&request), 0, "a right sum adds up to nothing");
                let whole = [&[0x45; 20], answer.as_slice()].concat();
                assert!(echo.is_answered_by(&whole, true));
            }
            assert!(!Echo::new(six).is_answered_by(&answer, false), "another's");
            assert!(!echo.is_answered_by(&answer[..20], false), "cut off");
        }
    }

    proptest! {
        #[test]
        fn any_packet_is_judged(bytes in prop::collection::vec(any::<u8>(), 0..80), six: bool, raw: bool) {
            prop_assert!(!Echo::new(six).is_answered_by(&bytes, raw));
        }
    }
}
