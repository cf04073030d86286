//! The authentication of version 2 (RFC 2338 s5.3.6, s5.3.10): gone since RFC 3768, and in use
//! wherever keepalived.conf says `auth_type PASS`.
//!
//! ```text
//!   byte 4 of the advert   0 none   1 simple text password   2 IP authentication header
//!   last 8 bytes           zero     password, zero padded     zero
//! ```
//!
//! The bytes are there in every version 2 advert, whatever the type (RFC 3768 s5.3.10).

/// Bytes of authentication data.
pub const DATA: usize = 8;

/// Type 0.
pub const NONE: u8 = 0;

/// Type 1.
pub const PASSWORD: u8 = 1;

/// Both authentication fields of an advert, of a type that may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthField {
    /// `Auth Type`.
    pub kind: u8,
    /// `Authentication Data`.
    pub data: [u8; DATA],
}

impl AuthField {
    /// No authentication: type and data are zero.
    pub const NONE: Self = Self {
        kind: NONE,
        data: [0; DATA],
    };

    /// A password, already cut or padded to eight bytes.
    pub const fn password(data: [u8; DATA]) -> Self {
        Self {
            kind: PASSWORD,
            data,
        }
    }
}

/// Compares without saying by its time how much of a password was right.
pub fn same_password(a: &[u8; DATA], b: &[u8; DATA]) -> bool {
    let difference = a.iter().zip(b).fold(0, |seen, (x, y)| seen | (x ^ y));
    core::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    // conforms: C30+ C30-
    #[test]
    fn every_byte_counts() {
        assert!(same_password(b"11112222", b"11112222"));
        for index in 0..DATA {
            let mut other = *b"11112222";
            other[index] ^= 0x80;
            assert!(!same_password(b"11112222", &other), "byte {index}");
            // two differences do not make up for each other
            other[(index + 1) % DATA] ^= 0x80;
            assert!(
                !same_password(b"11112222", &other),
                "byte {index} and the next"
            );
        }
    }
}
