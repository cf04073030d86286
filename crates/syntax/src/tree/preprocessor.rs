//! `include`, `$VAR`, `@id` and `~SEQ`: recognised, so that no such line is taken for something
//! else. Undefined `$NAME`s are plain text, as they are for keepalived.

use std::collections::BTreeSet;

/// The names defined so far, bounded by the file.
#[derive(Debug, Default)]
pub(super) struct Preprocessor<'s> {
    defined: BTreeSet<&'s [u8]>,
}

impl<'s> Preprocessor<'s> {
    /// What of the preprocessor a line uses. `words` are its unquoted and quoted words.
    pub(super) fn judge(
        &mut self,
        words: impl Iterator<Item = &'s [u8]>,
        variables: bool,
    ) -> Option<&'static str> {
        let mut words = words.peekable();
        let first = *words.peek()?;
        match first {
            [b'@', ..] => return Some("a line for some hosts only (`@id`)"),
            [b'~', b'S' | b'L', ..] if first.contains(&b'(') => {
                return Some("a repeated line (`~SEQ`, `~LST`)");
            }
            b"include" | b"includer" | b"includem" | b"includew" | b"includeb" | b"includea" => {
                return Some("`include`");
            }
            [b'$', rest @ ..] => {
                if let Some(end) = rest.iter().position(|b| *b == b'=') {
                    self.defined.insert(rest.get(..end).unwrap_or(rest));
                    return Some("a definition (`$NAME=value`)");
                }
            }
            _ => {}
        }
        let uses = variables && words.any(|word| self.uses(word));
        uses.then_some("a variable (`$NAME`)")
    }

    fn uses(&self, word: &[u8]) -> bool {
        word.iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'$')
            .filter_map(|(at, _)| name(word.get(at + 1..)?))
            .any(|name| name.starts_with(b"_") || self.defined.contains(name))
    }
}

/// `NAME...` or `{NAME ...}`.
fn name(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b"{").unwrap_or(rest);
    let end = rest
        .iter()
        .position(|b| !b.is_ascii_alphanumeric() && *b != b'_')
        .unwrap_or(rest.len());
    rest.get(..end).filter(|name| !name.is_empty())
}
