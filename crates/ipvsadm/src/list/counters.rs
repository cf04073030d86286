//! Numbers of `--stats` and `--rate`, nine wide.

/// With a unit once it has nine digits, unless `exact`.
pub(super) fn counter(number: u64, exact: bool) -> String {
    if exact {
        // never without a space before it
        return match number.to_string() {
            digits if digits.len() <= 8 => format!("{digits:>9}"),
            digits => format!(" {digits}"),
        };
    }
    match number {
        0..=99_999_999 => format!("{number:>9}"),
        100_000_000..=999_999_999 => format!("{:>8}K", number / 1_000),
        1_000_000_000..=99_999_999_999 => format!("{:>8}M", number / 1_000_000),
        100_000_000_000..=99_999_999_999_999 => format!("{:>8}G", number / 1_000_000_000),
        _ => format!("{:>8}T", number / 1_000_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_wide_until_it_cannot() {
        for (number, rounded, exact) in [
            (0, "        0", "        0"),
            (99_999_999, " 99999999", " 99999999"),
            (100_000_000, "  100000K", " 100000000"),
            (999_999_999, "  999999K", " 999999999"),
            (1_000_000_000, "    1000M", " 1000000000"),
            (99_999_999_999, "   99999M", " 99999999999"),
            (100_000_000_000, "     100G", " 100000000000"),
            (100_000_000_000_000, "     100T", " 100000000000000"),
            (u64::MAX, "18446744T", " 18446744073709551615"),
        ] {
            assert_eq!(counter(number, false), rounded);
            assert_eq!(counter(number, true), exact);
        }
    }
}
