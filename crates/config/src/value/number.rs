//! Whole numbers.

use core::ops::RangeInclusive;

/// Decimal digits after optional blanks and a `+`, as strtoul reads base 10; nothing may follow.
/// `010` is ten, `0x10`, `1.5` and `10abc` are no numbers. `None` outside of `range`.
pub(crate) fn number(word: &[u8], range: RangeInclusive<u32>) -> Option<u32> {
    let word = word.trim_ascii_start();
    let digits = word.strip_prefix(b"+").unwrap_or(word);
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0u32, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(*byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })?;
    range.contains(&value).then_some(value)
}

/// A port, 1 to 65535.
pub(crate) fn port(word: &[u8]) -> Option<u16> {
    number(word, 1..=65535).and_then(|value| u16::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_keepalived_reads_them() {
        for (word, expected) in [
            ("0", Some(0)),
            ("010", Some(10)),
            (" 7", Some(7)),
            ("+7", Some(7)),
            ("255", Some(255)),
            ("256", None),
            ("-1", None),
            ("", None),
            ("+", None),
            ("1.5", None),
            ("0x20", None),
            ("10abc", None),
            ("99999999999999", None),
        ] {
            assert_eq!(number(word.as_bytes(), 0..=255), expected, "{word:?}");
        }
        assert_eq!(port(b"65535"), Some(65535));
        assert_eq!((port(b"0"), port(b"65536")), (None, None));
    }
}
