//! One line to words and braces.
//!
//! * Blanks are space, tab, vertical tab, form feed and carriage return; nothing else is.
//! * `{` and `}` are tokens wherever they stand outside `"..."`.
//! * `#` and `!` start a comment anywhere outside `"..."`, even glued to a word; `\#` and `\!` are
//!   the characters themselves.
//! * `"` starts a quoted word, and ends an unquoted one. `'` means nothing.
//! * `$` is a character: what is left of `${NAME}` when nobody defined it is cut at its braces.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::{map, recognize, rest, value};
use nom::multi::many1_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// What a line is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Open,
    Close,
    /// Text without `\`, `$` and quotes.
    Plain,
    /// Text with `\` or `$` in it.
    Escaped,
    /// Text between quotes.
    Quoted,
    /// A quote that does not end in this line.
    Unterminated,
    /// To the end of the line.
    Comment,
}

/// The next token and where its text lies in `line`; `None` at the end of the line.
#[inline]
pub(crate) fn next(line: &[u8], at: usize) -> Option<(Token, core::ops::Range<usize>, usize)> {
    let rest = line.get(at..)?;
    let at = at + rest.iter().position(|byte| !is_blank(*byte))?;
    let input = line.get(at..)?;
    // Nearly all words are plain and nearly all other tokens a brace: these take no grammar.
    let mut length = 0;
    while input.get(length).is_some_and(|byte| is_word(*byte)) {
        length += 1;
    }
    let (token, end) = match (length, input.get(length)) {
        (_, None) => (Token::Plain, line.len()),
        (0, Some(b'{')) => (Token::Open, at + 1),
        (0, Some(b'}')) => (Token::Close, at + 1),
        (0, _) | (_, Some(b'\\' | b'$')) => return further(line, input),
        (length, _) => (Token::Plain, at + length),
    };
    Some((token, at..end, end))
}

/// What is neither a plain word nor a brace, at the start of `input`, the end of `line`.
fn further(line: &[u8], input: &[u8]) -> Option<(Token, core::ops::Range<usize>, usize)> {
    let (after, (token, text)) = token(input).ok()?;
    // Every parser below returns a part of `line`, so its place follows from the lengths.
    let end = line.len() - after.len();
    let text_end = match token {
        Token::Quoted => end - 1,
        _ => end,
    };
    Some((token, text_end.checked_sub(text.len())?..text_end, end))
}

fn token(input: &[u8]) -> IResult<&[u8], (Token, &[u8])> {
    alt((
        map(preceded(alt((tag("#"), tag("!"))), rest), |text| {
            (Token::Comment, text)
        }),
        quoted,
        map(preceded(tag("\""), rest), |text| {
            (Token::Unterminated, text)
        }),
        escaped,
    ))
    .parse(input)
}

fn escaped(input: &[u8]) -> IResult<&[u8], (Token, &[u8])> {
    let part = alt((
        value((), take_while1(is_word)),
        value((), alt((tag("\\#"), tag("\\!"), tag("\\\\"), tag("\\")))),
        value((), tag("$")),
    ));
    map(recognize(many1_count(part)), |text| (Token::Escaped, text)).parse(input)
}

fn quoted(input: &[u8]) -> IResult<&[u8], (Token, &[u8])> {
    let part = alt((
        value((), take_while1(|b| b != b'"' && b != b'\\')),
        value((), (tag("\\"), nom::bytes::complete::take(1usize))),
    ));
    let text = recognize(nom::multi::many0_count(part));
    map(delimited(tag("\""), text, tag("\"")), |text| {
        (Token::Quoted, text)
    })
    .parse(input)
}

pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

fn is_word(byte: u8) -> bool {
    WORD.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Which bytes a word is made of; looking up is faster than comparing with a dozen.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte: u8 = 0;
    loop {
        let special = matches!(byte, b'{' | b'}' | b'#' | b'!' | b'"' | b'\\' | b'$');
        table[byte as usize] = !is_blank(byte) && !special;
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(line: &str) -> String {
        let (mut at, mut out) = (0, String::new());
        while let Some((token, text, end)) = next(line.as_bytes(), at) {
            assert!(end > at, "{line:?} stands still");
            at = end;
            let text = &line[text];
            out += &match token {
                Token::Open => "{ ".to_owned(),
                Token::Close => "} ".to_owned(),
                Token::Plain => format!("<{text}> "),
                Token::Escaped => format!("\\<{text}> "),
                Token::Quoted => format!("\"<{text}> "),
                Token::Unterminated => format!("?<{text}> "),
                Token::Comment => format!("#<{text}>"),
            };
        }
        out.trim_end().to_owned()
    }

    #[test]
    fn as_users_write() {
        for (line, expected) in [
            ("", ""),
            (" \t\u{b}\r", ""),
            ("priority 100", "<priority> <100>"),
            ("VG_1{", "<VG_1> {"),
            ("kw { a b }c", "<kw> { <a> <b> } <c>"),
            ("3#retry", "<3> #<retry>"),
            ("Test123! # x", "<Test123> #< # x>"),
            (r"a\#b \!c", r"\<a\#b> \<\!c>"),
            (r"a\\#b", r"\<a\\> #<b>"),
            (r"a\b", r"\<a\b>"),
            (r#"auth_pass "a # { b""#, r#"<auth_pass> "<a # { b>"#),
            (r#"11"12"13"#, r#"<11> "<12> <13>"#),
            (r#"x """#, r#"<x> "<>"#),
            (r#"x "a\"b" c"#, r#"<x> "<a\"b> <c>"#),
            (r#"auth_pass "1111"#, "<auth_pass> ?<1111>"),
            ("it's # it's", "<it's> #< it's>"),
            ("$X a${B}c", r"\<$X> \<a$> { <B> } <c>"),
            ("a${B {", r"\<a$> { <B> {"),
            ("\u{a0}state", "<\u{a0}state>"),
        ] {
            assert_eq!(tokens(line), expected, "{line:?}");
        }
    }
}
