//! The Internet checksum (RFC 1071).

/// The ones' complement sum of the message, complemented. Over a message that carries its own
/// checksum the result is 0 when it is intact.
pub fn internet(message: &[u8]) -> u16 {
    complement(sum(message))
}

/// The same over a pseudo-header and a message; zeros at the header's end change nothing.
pub fn internet_with(head: &[u8; 40], message: &[u8]) -> u16 {
    complement(sum(head) + sum(message))
}

fn sum(bytes: &[u8]) -> u64 {
    let mut sum: u64 = 0;
    let mut words = bytes.chunks_exact(2);
    for word in &mut words {
        if let [high, low] = *word {
            sum += u64::from(u16::from_be_bytes([high, low]));
        }
    }
    // RFC 1071 s1: an odd byte is padded with zero on the right.
    if let [last] = *words.remainder() {
        sum += u64::from(u16::from_be_bytes([last, 0]));
    }
    sum
}

fn complement(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // Folded above, so nothing is cut off.
    !(sum as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_of_rfc_1071() {
        // RFC 1071 s3: the sum of these is ddf2.
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(internet(&bytes), !0xddf2);
    }

    #[test]
    fn odd_length_is_padded_right() {
        assert_eq!(internet(&[0xab]), !0xab00);
        assert_eq!(internet(&[]), 0xffff);
    }
}
