//! A line without its comment.

use crate::token::is_blank;

/// Blanks at both ends and the comment taken off, `\#` and `\!` outside quotes made `#` and `!`.
/// A `\` at the line's end stays, even at the end of a comment: it joins the next line.
pub(super) fn clean(line: &[u8]) -> Vec<u8> {
    let line = trim(line);
    let mut out = Vec::with_capacity(line.len());
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b'#' | b'!' if escaped && !quoted => {
                out.pop();
            }
            b'#' | b'!' if !quoted => {
                let goes_on = line.get(at..).is_some_and(|rest| rest.ends_with(b"\\"));
                let length = trim(&out).len();
                out.truncate(length);
                if goes_on {
                    out.extend_from_slice(b" \\");
                }
                return out;
            }
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
        out.push(*byte);
    }
    out
}

/// The reverse for text that the tokenizer reads: `#` and `!` outside quotes escaped.
pub(super) fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text {
        match byte {
            b'#' | b'!' if !quoted && !escaped => out.push(b'\\'),
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = *byte == b'\\' && !escaped;
        out.push(*byte);
    }
    out
}

/// Without blanks at both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| !is_blank(*b));
    let end = text.iter().rposition(|b| !is_blank(*b));
    match (start, end) {
        (Some(start), Some(end)) => text.get(start..=end).unwrap_or(&[]),
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go() {
        for (line, expected) in [
            ("  a b # c", "a b"),
            ("a\\#b#c", "a#b"),
            ("a \"# b\" ! c", "a \"# b\""),
            ("a # c \\", "a \\"),
            ("a \\ # c", "a \\"),
            ("a \"\\\" # b\" # c", "a \"\\\" # b\""),
            ("# c", ""),
        ] {
            let got = clean(line.as_bytes());
            assert_eq!(String::from_utf8_lossy(&got), expected, "{line:?}");
        }
        assert_eq!(escape(b"a#b \"#\""), b"a\\#b \"#\"");
    }
}
