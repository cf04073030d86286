//! `$NAME=value`, and where a name is used.

use super::{Environment, Surroundings};
use crate::span::Span;
use core::ops::Range;
use std::collections::BTreeMap;
use std::rc::Rc;

/// One line of a value, and where it was written.
#[derive(Debug, Clone)]
pub(super) struct BodyLine {
    pub(super) text: Vec<u8>,
    pub(super) span: Span,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// At least one.
    pub(super) lines: Rc<Vec<BodyLine>>,
    /// Written over several lines: stands only at the end of a line.
    pub(super) multiline: bool,
    /// Its name in the source map; none for a variable of a repetition, which is named itself.
    pub(super) name: Option<u32>,
}

/// The names defined so far, bounded by the text.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    names: BTreeMap<Vec<u8>, Definition>,
}

impl Definitions {
    pub(super) fn set(&mut self, name: &[u8], definition: Definition) {
        self.names.insert(name.to_vec(), definition);
    }

    /// What a reference at the end of the line (`last`) or elsewhere stands for.
    pub(super) fn get(&self, name: &[u8], last: bool) -> Option<&Definition> {
        let definition = self.names.get(name)?;
        (last || !definition.multiline).then_some(definition)
    }

    /// A name that differs in capitals only.
    pub(super) fn like(&self, name: &[u8]) -> Option<&[u8]> {
        let mut names = self.names.keys();
        let like = names.find(|other| other.eq_ignore_ascii_case(name));
        like.map(Vec::as_slice)
    }

    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.names.contains_key(name)
    }
}

/// `NAME` and the value of a line `$NAME=value`.
pub(super) fn definition(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = line.strip_prefix(b"$")?;
    let name = name(rest)?;
    let value = rest.get(name.len()..)?.strip_prefix(b"=")?;
    Some((name, value.trim_ascii_start()))
}

/// A letter or `_`, then letters, digits, `_`.
fn name(text: &[u8]) -> Option<&[u8]> {
    let first = text.first()?;
    if !first.is_ascii_alphabetic() && *first != b'_' {
        return None;
    }
    let end = text
        .iter()
        .position(|b| !b.is_ascii_alphanumeric() && *b != b'_');
    text.get(..end.unwrap_or(text.len()))
}

/// `$NAME` or `${NAME parameters}` in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference<'t> {
    pub(super) name: &'t [u8],
    pub(super) parameters: &'t [u8],
    /// From the `$` on.
    pub(super) range: Range<usize>,
}

/// The reference whose `$` stands at `at`. Without braces it must end at the line's end or before a
/// blank, `,` or `)`.
pub(super) fn reference(line: &[u8], at: usize) -> Option<Reference<'_>> {
    let rest = line.get(at + 1..)?;
    if let Some(inside) = rest.strip_prefix(b"{") {
        let name = name(inside)?;
        let end = inside.iter().position(|b| *b == b'}')?;
        let parameters = inside.get(name.len()..end)?;
        // Parameters stand after blanks, and none behind them.
        let sound = match (parameters.first(), parameters.last()) {
            (Some(first), Some(last)) => *first == b' ' && *last != b' ',
            _ => true,
        };
        return sound.then(|| Reference {
            name,
            parameters: parameters.trim_ascii(),
            range: at..at + 1 + end + 2,
        });
    }
    let name = name(rest)?;
    match rest.get(name.len()) {
        None | Some(b' ' | b'\t' | b',' | b')') => Some(Reference {
            name,
            parameters: &[],
            range: at..at + 1 + name.len(),
        }),
        Some(_) => None,
    }
}

/// The names that need no definition: `None` when it is none of them, or wrongly used.
pub(super) fn standard(
    reference: &Reference<'_>,
    environment: &Environment,
    directory: &str,
    random: &mut u64,
    world: &mut dyn Surroundings,
) -> Option<Vec<u8>> {
    let parameters = reference.parameters;
    let plain = parameters.is_empty();
    match reference.name {
        b"_PWD" if plain => Some(directory.as_bytes().to_vec()),
        b"_INSTANCE" if plain => Some(environment.config_id.as_bytes().to_vec()),
        b"_HASH" if plain => Some(b"#".to_vec()),
        b"_BANG" if plain => Some(b"!".to_vec()),
        b"_RANDOM" => roll(parameters, random),
        b"_ENV" if !plain => {
            let name = core::str::from_utf8(parameters).ok()?;
            // A name only; an unset variable is nothing (keepalived 2.4).
            name.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_')
                .then(|| world.variable(name).unwrap_or_default().into_bytes())
        }
        _ => None,
    }
}

/// `[MIN [MAX]]`, 0 to 32767 unless said otherwise.
fn roll(parameters: &[u8], random: &mut u64) -> Option<Vec<u8>> {
    const LAST: u64 = 32767;
    let text = core::str::from_utf8(parameters).ok()?;
    let numbers: Option<Vec<u64>> = text
        .split_ascii_whitespace()
        .map(|word| {
            let digits = word.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| word.parse::<u64>().unwrap_or(u64::from(u32::MAX)))
        })
        .collect();
    let numbers = numbers?;
    let low = numbers.first().copied().unwrap_or(0);
    let high = numbers.get(1).copied().unwrap_or(LAST);
    let (low, high) = if low <= high { (low, high) } else { (0, LAST) };
    // splitmix64: any seed is a good seed.
    *random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *random;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    let value = low + bits % (high - low).saturating_add(1);
    Some(value.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_reference_ends() {
        for (line, expected) in [
            ("$A", Some(("A", "", 2))),
            ("$A b", Some(("A", "", 2))),
            ("$A,b", Some(("A", "", 2))),
            ("$A)", Some(("A", "", 2))),
            ("$A.b", None),
            ("$A/b", None),
            ("$A\"", None),
            ("$Ab", Some(("Ab", "", 3))),
            ("$1", None),
            ("$", None),
            ("${A}b", Some(("A", "", 4))),
            ("${A b", None),
            ("${A:-b}", None),
            ("${_RANDOM 1 2}", Some(("_RANDOM", "1 2", 14))),
            ("${_RANDOM 1 }", None),
            ("${}", None),
        ] {
            let got = reference(line.as_bytes(), 0);
            let got = got.map(|r| (r.name.to_vec(), r.parameters.to_vec(), r.range.end));
            let expected = expected.map(|(n, p, end): (&str, &str, _)| {
                (n.as_bytes().to_vec(), p.as_bytes().to_vec(), end)
            });
            assert_eq!(got, expected, "{line}");
        }
        assert_eq!(definition(b"$A=b c"), Some((&b"A"[..], &b"b c"[..])));
        assert_eq!(definition(b"$A =b"), None);
        assert_eq!(definition(b"$A-B=b"), None);
    }

    #[test]
    fn random_numbers_stay_within() {
        let mut state = 0;
        for _ in 0..1000 {
            let got = roll(b"5 7", &mut state).unwrap();
            assert!([&b"5"[..], b"6", b"7"].contains(&got.as_slice()));
        }
        assert_eq!(roll(b"a", &mut state), None);
        assert!(roll(b"9 99999999999999999999999", &mut state).is_some());
    }
}
