//! What the checksum of an advert covers. Three forms are on the wire:
//!
//! | form | version 2 | version 3, IPv4 | IPv6 |
//! |---|---|---|---|
//! | the message alone | RFC 3768 s5.3.8 | RFC 9568 s5.2.8 | |
//! | with a pseudo-header | | RFC 5798 s5.2.8: keepalived, FRR | RFC 9568 s5.2.8 |
//! | with the group in it, though sent to a host | | keepalived before 2.0 | |

use crate::checksum;
use crate::vrrp::{GROUP, PROTOCOL};
use core::net::IpAddr;

/// Both ends of a packet, as in its IP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Sender.
    pub source: IpAddr,
    /// Group or host it is sent to.
    pub destination: IpAddr,
}

impl Ends {
    /// True over IPv6.
    pub const fn is_ipv6(&self) -> bool {
        self.source.is_ipv6()
    }
}

/// Which bytes are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The message.
    Message,
    /// Pseudo-header and message.
    Pseudo,
    /// The same, with the multicast group as destination of a packet that went to a host.
    PseudoGroup,
}

/// The checksum of a message in that form; over a message that carries its own it is 0.
pub(super) fn of(form: Form, ends: &Ends, message: &[u8]) -> u16 {
    let destination = match form {
        Form::Message => return checksum::internet(message),
        Form::Pseudo => ends.destination,
        Form::PseudoGroup => IpAddr::V4(GROUP),
    };
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let [upper, middle, high, low] = length.to_be_bytes();
    let mut head = [0; 40];
    let mut rest = &mut head[..];
    let mut put = |bytes: &[u8]| {
        if let Some((place, next)) = core::mem::take(&mut rest).split_at_mut_checked(bytes.len()) {
            place.copy_from_slice(bytes);
            rest = next;
        }
    };
    match (ends.source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            // RFC 5798 s5.2.8, as in RFC 793 s3.1: addresses, zero, protocol, 16 bit of length.
            put(&source.octets());
            put(&destination.octets());
            put(&[0, PROTOCOL, high, low]);
        }
        (source, destination) => {
            // RFC 8200 s8.1: addresses, 32 bit of length, zero, next header.
            for end in [source, destination] {
                if let IpAddr::V6(end) = end {
                    put(&end.octets());
                }
            }
            put(&[upper, middle, high, low]);
            put(&[0, 0, 0, PROTOCOL]);
        }
    }
    checksum::internet_with(&head, message)
}
