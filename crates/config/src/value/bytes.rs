//! Bytes written as text.

/// What `send` and `expect` say, escapes as in C undone; none: a `\` before something else.
pub(crate) fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match rest.next()? {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'x' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            plain @ (b'"' | b'\'' | b'\\') => plain,
            _ => return None,
        });
    }
    Some(out)
}

fn digit(byte: u8) -> Option<u8> {
    let value = char::from(byte).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_cs() {
        let cases: &[(&str, Option<&[u8]>)] = &[
            (r"PING\r\n", Some(b"PING\r\n")),
            (r#"\"a\" \\ \t\0"#, Some(b"\"a\" \\ \t\0")),
            (r"\xfF\x00x", Some(b"\xff\0x")),
            ("", Some(b"")),
            (r"\xf", None),
            (r"\xgg", None),
            (r"\d", None),
            (r"end\", None),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape(text.as_bytes()).as_deref(), *expected, "{text}");
        }
    }
}
