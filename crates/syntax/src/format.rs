//! A file in good order: indented by its blocks, one blank between words, comments kept.
//!
//! What a line says does not change: lines with variables, escapes or single quotes keep their
//! inside, definitions and repetitions are left alone as a whole, and so is a line that would get
//! too long.

use crate::line::{LINE_LIMIT, Line, line_at};
use crate::span::FileId;
use crate::token::{self, Token, is_blank};

const INDENT: usize = 4;

/// The file in good order. Formatting the result again changes nothing.
pub fn format(bytes: &[u8]) -> Vec<u8> {
    let mut writer = Writer::default();
    let mut at = 0;
    while let Some((line, next)) = line_at(FileId(0), bytes, at, true) {
        let whole = bytes.get(at..next).unwrap_or_default();
        let whole = whole.strip_suffix(b"\n").unwrap_or(whole);
        let end = whole.iter().rposition(|byte| *byte != b'\r');
        let whole = whole.get(..end.map_or(0, |end| end + 1));
        writer.line(&line, whole.unwrap_or_default());
        at = next;
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    depth: usize,
    /// The line belongs to the definition above it.
    continued: bool,
    /// An empty line stands before this one.
    gap: bool,
}

impl Writer {
    fn line(&mut self, line: &Line<'_>, whole: &[u8]) {
        let text = trim(line.text);
        if self.continued || is_definition(text) {
            self.continued = text.ends_with(b"\\");
            self.write(0, whole);
            return;
        }
        if trim(whole).is_empty() {
            self.gap = !self.out.is_empty();
            return;
        }
        let (leading, opened, closed) = braces(text);
        let depth = self.depth.saturating_sub(leading);
        self.depth = (self.depth + opened).saturating_sub(closed);
        let inside = spaced(text).filter(|inside| {
            let length = depth * INDENT + inside.len();
            line.too_long.is_none() && line.nul.is_none() && length <= LINE_LIMIT
        });
        match inside {
            Some(inside) => self.write(depth, &inside),
            None => self.write(0, whole),
        }
    }

    fn write(&mut self, depth: usize, text: &[u8]) {
        if core::mem::take(&mut self.gap) {
            self.out.push(b'\n');
        }
        self.out.resize(self.out.len() + depth * INDENT, b' ');
        self.out.extend_from_slice(text);
        self.out.push(b'\n');
    }
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(*byte));
    let text = text.get(start.unwrap_or(text.len())..).unwrap_or_default();
    let end = text.iter().rposition(|byte| !is_blank(*byte));
    text.get(..end.map_or(0, |end| end + 1)).unwrap_or_default()
}

/// `$NAME=...`, `~SEQ(...) ...` or `~LST(...) ...`, perhaps after `@id`.
fn is_definition(text: &[u8]) -> bool {
    match trim(text.get(condition(text)..).unwrap_or_default()) {
        [b'~', ..] => true,
        [b'$', rest @ ..] => {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            let end = rest.iter().position(|byte| !is_name(byte));
            end.is_some_and(|end| end > 0 && rest.get(end) == Some(&b'='))
        }
        _ => false,
    }
}

/// How long the `@id` is that a line begins with: braces in it are none.
fn condition(text: &[u8]) -> usize {
    let mut bytes = text.iter();
    let end = bytes.position(|byte| is_blank(*byte));
    match text.first() {
        Some(b'@') => end.unwrap_or(text.len()),
        _ => 0,
    }
}

/// How many `}` begin the line, and how many of each brace it has. Those of `${NAME}` are none.
fn braces(text: &[u8]) -> (usize, usize, usize) {
    let (mut leading, mut opened, mut closed) = (0, 0, 0);
    let (mut at, mut first) = (condition(text), true);
    while let Some((token, range, end)) = token::next(text, at) {
        at = end;
        let variable =
            token == Token::Escaped && text.get(range).is_some_and(|word| word.ends_with(b"$"));
        if variable && let Some(after) = after_braces(text, end) {
            at = after;
            first = false;
            continue;
        }
        match token {
            Token::Open => opened += 1,
            Token::Close => {
                leading += usize::from(first);
                closed += 1;
            }
            Token::Plain
            | Token::Escaped
            | Token::Quoted
            | Token::Unterminated
            | Token::Comment => {}
        }
        first &= token == Token::Close;
    }
    (leading, opened, closed)
}

/// Behind the `}` that ends the `{` at this place.
fn after_braces(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?.strip_prefix(b"{")?;
    let close = rest.iter().position(|byte| *byte == b'}')?;
    Some(at + 1 + close + 1)
}

/// One blank between words, what stands before a comment as it is. None: a quote does not end.
fn spaced(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = condition(text);
    out.extend_from_slice(text.get(..at)?);
    while let Some((token, _, end)) = token::next(text, at) {
        let rest = text.get(at..end)?;
        let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
        let word = rest.get(blanks..)?;
        at = end;
        match token {
            Token::Unterminated => return None,
            // its blanks may mean something
            Token::Escaped => return Some(text.to_vec()),
            Token::Plain if word.contains(&b'\'') => return Some(text.to_vec()),
            Token::Comment => out.extend_from_slice(rest),
            Token::Open | Token::Close | Token::Plain | Token::Quoted => {
                if !out.is_empty() {
                    out.push(b' ');
                }
                out.extend_from_slice(word);
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        String::from_utf8_lossy(&format(text.as_bytes())).into_owned()
    }

    #[test]
    fn in_good_order() {
        let untidy = "! a comment\r\n\n\n\nvrrp_instance   VI_1{\n\tstate  MASTER   # first\n  \
                      authentication { auth_type PASS\n auth_pass \"a  b\" }\n\n\n  interface\teth0\n}\n\n";
        let tidy = "! a comment\n\nvrrp_instance VI_1 {\n    state MASTER   # first\n    authentication { \
                    auth_type PASS\n        auth_pass \"a  b\" }\n\n    interface eth0\n}\n";
        assert_eq!(formatted(untidy), tidy);
    }

    #[test]
    fn done_after_one_time() {
        // every one of these was not
        for text in ["$A=b\r\r\r", "$A=b\\\\\r\r", "\"\r\r\n"] {
            let tidy = formatted(text);
            assert_eq!(formatted(&tidy), tidy, "{text:?}");
        }
    }

    #[test]
    fn what_may_mean_something_stays() {
        for line in [
            "$X= \\\n  real_server  1.1.1.1 80 { \\\n  }\n",
            "@a $X=a  b\n",
            "~SEQ(a,1,3)  x $a\n",
            "script 'a  b'\n",
            "a ${B}  c\n",
            "path a\\#  b\n",
            "router_id \"a  b\n",
            "@id{ x\n@id} y\n@a\"b c\" d\n",
        ] {
            assert_eq!(formatted(line), line);
        }
        // a variable's braces are no block
        assert_eq!(
            formatted("a {\nb ${C}\nd\n}\n"),
            "a {\n    b ${C}\n    d\n}\n"
        );
    }
}
