//! Numbers as strtol(3) and inet_aton(3) read them.

use core::net::Ipv4Addr;
use core::ops::RangeInclusive;

/// A decimal number and nothing else; spaces and a sign may lead it.
pub(super) fn decimal(text: &str, range: RangeInclusive<i64>) -> Option<i64> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|number| range.contains(number))
}

/// The same for a field of the kernel's.
pub(super) fn decimal_u32(text: &str, range: RangeInclusive<u32>) -> Option<u32> {
    let range = i64::from(*range.start())..=i64::from(*range.end());
    decimal(text, range).and_then(|number| u32::try_from(number).ok())
}

/// The digits that lead `text`, as atoi(3) takes them.
pub(super) fn leading(text: &str) -> Option<u8> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..end)?.parse().ok()
}

/// inet_aton(3): one to four numbers, decimal, octal or hexadecimal, the last fills what is left.
/// What follows a space does not count.
pub(super) fn aton(text: &str) -> Option<Ipv4Addr> {
    let text = text.split(|c: char| c.is_ascii_whitespace()).next()?;
    let parts: Option<Vec<u32>> = text.split('.').map(part).collect();
    let parts = parts?;
    let (last, leading) = parts.split_last()?;
    let room = 32_u32.checked_sub(8 * u32::try_from(leading.len()).ok()?)?;
    let largest = u32::MAX.checked_shr(32 - room)?;
    if *last > largest {
        return None;
    }
    let mut address = *last;
    for (index, byte) in leading.iter().enumerate() {
        let byte = u8::try_from(*byte).ok()?;
        address |= u32::from(byte) << (24 - 8 * index);
    }
    Some(address.into())
}

fn part(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or(text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain
        .then(|| u32::from_str_radix(digits, radix).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("5", Some(5)),
            (" 5", Some(5)),
            ("+5", Some(5)),
            ("-1", None),
            ("5 ", None),
            ("0x5", None),
            ("", None),
            ("+", None),
            ("65536", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(decimal(text, 0..=65535), expected, "{text:?}");
        }
        assert_eq!(leading("64x"), Some(64));
        assert_eq!(leading("x"), None);
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("10.0.0.1", Some([10, 0, 0, 1])),
            ("10.1", Some([10, 0, 0, 1])),
            ("64", Some([0, 0, 0, 64])),
            ("0x7f.1", Some([127, 0, 0, 1])),
            ("010.0.0.1", Some([8, 0, 0, 1])),
            ("10.0.0.1 x", Some([10, 0, 0, 1])),
            ("10.1.65536", None),
            ("10.1.65535", Some([10, 1, 255, 255])),
            ("10.0.0.256", None),
            ("1.2.3.4.5", None),
            ("10..1", None),
            ("", None),
        ] {
            assert_eq!(aton(text), expected.map(Ipv4Addr::from), "{text:?}");
        }
    }
}
