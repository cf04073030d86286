//! Times in seconds with decimals.

use core::ops::RangeInclusive;
use holdfast_model::Micros;

/// Microseconds of one second.
pub(crate) const SECOND: u64 = 1_000_000;
/// `connect_timeout` and other times that keepalived keeps in 32 bit of microseconds.
pub(crate) const SHORT: RangeInclusive<u64> = 1..=u32::MAX as u64;
/// `delay_loop`: anything but 0.
pub(crate) const LONG: RangeInclusive<u64> = 1..=u64::MAX - 1;
/// `warmup`, `delay_before_retry`: 0 too.
pub(crate) const ANY: RangeInclusive<u64> = 0..=u64::MAX - 1;

/// Seconds as digits with an optional fraction, of which microseconds count; no sign, no exponent,
/// no unit. `None` outside of `micros`.
pub(crate) fn seconds(word: &[u8], micros: RangeInclusive<u64>) -> Option<Micros> {
    let word = word.trim_ascii_start();
    let point = word.iter().position(|b| *b == b'.').unwrap_or(word.len());
    let (whole, fraction) = word.split_at_checked(point)?;
    let fraction = fraction.strip_prefix(b".").unwrap_or(fraction);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0u64;
    for byte in whole {
        value = value.checked_mul(10)?.checked_add(digit(*byte)?)?;
    }
    value = value.checked_mul(SECOND)?;
    let mut unit = SECOND;
    for byte in fraction {
        unit /= 10;
        value = value.checked_add(digit(*byte)? * unit)?;
    }
    micros.contains(&value).then(|| Micros::new(value))
}

fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_keepalived_reads_them() {
        for (word, micros) in [
            ("5", Some(5_000_000)),
            ("0.5", Some(500_000)),
            ("1.0000019", Some(1_000_001)),
            (".25", Some(250_000)),
            ("3.", Some(3_000_000)),
            ("4294967295", Some(4_294_967_295_000_000)),
            ("0", None),
            ("0.0000001", None),
            ("", None),
            (".", None),
            ("-1", None),
            ("1e3", None),
            ("5s", None),
            ("1.2.3", None),
            ("99999999999999999999", None),
        ] {
            let expected = micros.map(Micros::new);
            assert_eq!(seconds(word.as_bytes(), LONG), expected, "{word:?}");
        }
        assert_eq!(seconds(b"0", ANY), Some(Micros::default()));
        assert_eq!(seconds(b"4294.967296", SHORT), None);
    }
}
