//! Command lines: a program and its arguments as one value, which no shell ever reads.
//!
//! Measured on keepalived 2.2.7: the value is one word of the line; quoted, it holds the program and
//! its arguments. Quotes (both kinds) and escapes work inside it again.

/// A value that may be quoted with `"`, whose inside is given here: escapes undone.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character == '\\' {
            escape(&mut rest, &mut out);
        } else {
            out.push(character);
        }
    }
    out
}

/// The words of a command: blanks separate, quotes keep together, escapes are undone.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match (character, quote) {
            ('\\', _) => escape(&mut rest, word.get_or_insert_default()),
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            (open @ ('"' | '\''), None) => {
                quote = Some(open);
                word.get_or_insert_default();
            }
            (' ' | '\t', None) => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// What follows a `\`.
fn escape(rest: &mut core::str::Chars<'_>, out: &mut String) {
    let Some(character) = rest.next() else {
        out.push('\\');
        return;
    };
    let mut digits = |radix: u32, first: u32, most: usize| {
        let mut value = first;
        for _ in 0..most {
            let Some(digit) = rest.clone().next().and_then(|c| c.to_digit(radix)) else {
                break;
            };
            rest.next();
            value = value * radix + digit;
        }
        u8::try_from(value & 0xff).map_or('?', char::from)
    };
    out.push(match character {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'E' => '\u{1b}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => digits(16, 0, 2),
        'c' => match rest.next() {
            Some(control) => char::from(u8::try_from(u32::from(control) & 0x1f).unwrap_or(b'?')),
            None => 'c',
        },
        digit @ '0'..='7' => digits(8, u32::from(digit) - u32::from('0'), 2),
        other => other,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_keepaliveds() {
        // the inside of "...", as measured: b 'x  y' \"a\\tb\" \\x41
        let inside = unescape(r#"/bin/say b 'x  y' \"a\\tb\" \\x41"#);
        assert_eq!(split(&inside), ["/bin/say", "b", "x  y", "a\tb", "A"]);
        assert_eq!(split("a  b\tc '' d\"e f\"g"), ["a", "b", "c", "", "de fg"]);
        assert_eq!(split(r"a\ b \101 \cC \"), ["a b", "A", "\u{3}", "\\"]);
        assert!(split("  ").is_empty());
        // nothing is special to a shell here
        assert_eq!(split("a | b > $HOME"), ["a", "|", "b", ">", "$HOME"]);
    }
}
