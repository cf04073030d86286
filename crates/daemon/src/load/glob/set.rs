//! `[a-z]`, with all that libc knows inside (fnmatch(3), POSIX 2.13.1).

/// What a set says of a byte.
pub(super) enum Set {
    /// It ends with a `]`.
    Closed {
        /// From behind the `[` to behind the `]`.
        length: usize,
        /// Is the byte in it?
        has: bool,
    },
    /// It has no `]`: the `[` is a character like any other.
    Open,
    /// It names a class that does not exist: nothing matches.
    Broken,
}

/// One member from `at` on.
enum Member {
    /// A character, and where it ends.
    One(u8, usize),
    /// A class, and where it ends.
    Class(fn(&u8) -> bool, usize),
    Broken,
    End,
}

/// The set that begins behind a `[`.
pub(super) fn set(inside: &[u8], byte: u8) -> Set {
    let negated = matches!(inside.first(), Some(b'!' | b'^'));
    let start = usize::from(negated);
    let (mut at, mut has) = (start, false);
    loop {
        // A `]` in front is a member.
        if at > start && inside.get(at) == Some(&b']') {
            return Set::Closed {
                length: at + 1,
                has: has != negated,
            };
        }
        at = match member(inside, at) {
            Member::End => return Set::Open,
            Member::Broken => return Set::Broken,
            Member::Class(is, end) => {
                has |= is(&byte);
                end
            }
            Member::One(low, end) => match high(inside, end) {
                Some(Member::One(high, end)) => {
                    has |= (low..=high).contains(&byte);
                    end
                }
                Some(Member::Broken) => return Set::Broken,
                _ => {
                    has |= low == byte;
                    end
                }
            },
        };
    }
}

/// The end of a range: a `-`, and something else than the `]`. A class is none.
fn high(inside: &[u8], at: usize) -> Option<Member> {
    match inside.get(at..)? {
        [b'-', b']', ..] | [b'-'] => None,
        [b'-', b'[', b'.', ..] | [b'-', b'\\', ..] => Some(member(inside, at + 1)),
        [b'-', high, ..] => Some(Member::One(*high, at + 2)),
        _ => None,
    }
}

fn member(inside: &[u8], at: usize) -> Member {
    match inside.get(at..).unwrap_or(&[]) {
        [] | [b'\\'] => Member::End,
        [b'\\', escaped, ..] => Member::One(*escaped, at + 2),
        [b'[', b':', rest @ ..] => match name(rest) {
            Some(name) => match class(name) {
                Some(is) => Member::Class(is, at + name.len() + 4),
                None => Member::Broken,
            },
            None => Member::One(b'[', at + 1),
        },
        // In the C locale a character is equal to itself only.
        [b'[', b'=', one, b'=', b']', ..] | [b'[', b'.', one, b'.', b']', ..] => {
            Member::One(*one, at + 5)
        }
        // There is no symbol of several characters.
        [b'[', b'.', ..] => Member::Broken,
        [plain, ..] => Member::One(*plain, at + 1),
    }
}

/// The small letters before a `:]`.
fn name(rest: &[u8]) -> Option<&[u8]> {
    let length = rest.iter().position(|b| !b.is_ascii_lowercase())?;
    let (name, end) = rest.split_at_checked(length)?;
    end.starts_with(b":]").then_some(name)
}

fn class(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |b| matches!(b, b' '..=b'~'),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |b| matches!(b, b' ' | b'\t'..=b'\r'),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}
