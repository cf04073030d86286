//! `include`, `$VAR`, `@id` and `~SEQ`: recognised, so that no such line is taken for something
//! else. Undefined `$NAME`s are plain text, as they are for keepalived.

use std::collections::BTreeSet;

const REPEATED: &str = "a repeated line (`~SEQ`, `~LST`)";

/// The names defined so far, bounded by the file.
#[derive(Debug, Default)]
pub(super) struct Preprocessor<'s> {
    defined: BTreeSet<&'s [u8]>,
}

impl<'s> Preprocessor<'s> {
    /// A definition, or a repetition that goes on in the next line: such a line is no statement,
    /// whatever braces are in it. `true`: the next line belongs to it.
    pub(super) fn whole_line(&mut self, line: &'s [u8]) -> Option<(&'static str, bool)> {
        let line = line.trim_ascii();
        let goes_on = line.ends_with(b"\\");
        match line {
            [b'$', rest @ ..] => {
                let name = name(rest).filter(|name| rest.get(name.len()) == Some(&b'='))?;
                self.defined.insert(name);
                Some(("a definition (`$NAME=value`)", goes_on))
            }
            [b'~', b'S' | b'L', ..] if goes_on => Some((REPEATED, true)),
            _ => None,
        }
    }

    /// What of the preprocessor a statement uses. `words` are its unquoted and quoted words.
    pub(super) fn judge(
        &self,
        words: impl Iterator<Item = &'s [u8]>,
        variables: bool,
    ) -> Option<&'static str> {
        let mut words = words.peekable();
        let first = *words.peek()?;
        match first {
            [b'@', ..] => return Some("a line for some hosts only (`@id`)"),
            [b'~', b'S' | b'L', ..] if first.contains(&b'(') => {
                return Some(REPEATED);
            }
            b"include" | b"includer" | b"includem" | b"includew" | b"includeb" | b"includea" => {
                return Some("`include`");
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
