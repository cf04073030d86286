//! `~SEQ(var,start,step,end) text` and `~LST(var,a,b) text`, `~LST({v,w},{a,b},{c,d}) text`.

use super::clean::trim;
use crate::token::is_blank;

/// A repetition: the names it sets, and what to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repeat {
    pub(super) names: Vec<Vec<u8>>,
    values: Values,
    /// The line to repeat; empty when there is none.
    pub(super) text: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Values {
    Numbers {
        next: Option<i64>,
        last: i64,
        step: i64,
        hex: bool,
    },
    /// Rows in reverse.
    Rows(Vec<Vec<Vec<u8>>>),
}

impl Repeat {
    /// The values of the next repetition, one a name; names beyond them get nothing.
    pub(super) fn next(&mut self) -> Option<Vec<Vec<u8>>> {
        match &mut self.values {
            Values::Rows(rows) => rows.pop(),
            Values::Numbers {
                next,
                last,
                step,
                hex,
            } => {
                let value = (*next)?;
                let following = value.checked_add(*step);
                *next = following.filter(|n| if *step > 0 { n <= last } else { n >= last });
                let text = if *hex {
                    format!("{value:x}")
                } else {
                    value.to_string()
                };
                Some(vec![text.into_bytes()])
            }
        }
    }
}

/// A line that starts with `~SEQ` or `~LST`; otherwise `None`. `Err` says what is wrong with it.
/// `resolve` replaces the references in a number; those in values wait until the values are used.
pub(super) fn parse(
    line: &[u8],
    resolve: &mut dyn FnMut(&[u8]) -> Vec<u8>,
) -> Option<Result<Repeat, &'static str>> {
    if let Some(rest) = line.strip_prefix(b"~SEQ") {
        let hex = rest.strip_prefix(b"x");
        return Some(sequence(hex.unwrap_or(rest), hex.is_some(), resolve));
    }
    let rest = line.strip_prefix(b"~LST")?;
    Some(list(rest))
}

/// What is between the brackets, and the text after them.
fn brackets(rest: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let rest = trim(rest);
    let rest = rest.strip_prefix(b"(").ok_or("expected `(` here")?;
    let end = rest.iter().position(|b| *b == b')');
    let end = end.ok_or("the `)` is missing")?;
    let text = rest.get(end + 1..).unwrap_or(&[]);
    Ok((rest.get(..end).unwrap_or(&[]), trim(text)))
}

fn sequence(
    rest: &[u8],
    hex: bool,
    resolve: &mut dyn FnMut(&[u8]) -> Vec<u8>,
) -> Result<Repeat, &'static str> {
    let (inside, text) = brackets(rest)?;
    let parts: Vec<&[u8]> = inside.split(|b| *b == b',').map(trim).collect();
    let (name, numbers) = match parts.as_slice() {
        [name, numbers @ ..] if !name.is_empty() && (1..=3).contains(&numbers.len()) => {
            (*name, numbers)
        }
        _ => return Err("expected `~SEQ(name,start,step,end)`; start and step may be left out"),
    };
    let mut values = [0i64; 3];
    for (value, text) in values.iter_mut().zip(numbers) {
        let resolved = text.contains(&b'$').then(|| resolve(text));
        *value = number(resolved.as_deref().map_or(*text, trim)).ok_or("a value is no number")?;
    }
    let [a, b, c] = values;
    let (start, last) = match numbers.len() {
        1 => (if a < 0 { -1 } else { 1 }, a),
        2 => (a, b),
        _ => (a, c),
    };
    let step = match numbers.len() {
        3 => b,
        _ if start <= last => 1,
        _ => -1,
    };
    if step == 0 || step > 0 && start > last || step < 0 && start < last {
        return Err("the step does not lead from the start to the end");
    }
    if hex && (start < 0 || last < 0) {
        return Err("`~SEQx` counts positive numbers only");
    }
    Ok(Repeat {
        names: vec![name.to_vec()],
        values: Values::Numbers {
            next: Some(start),
            last,
            step,
            hex,
        },
        text: text.to_vec(),
    })
}

/// As strtol(3) with base 0 reads it: 0x16, 016, 16. Nothing is 0.
fn number(text: &[u8]) -> Option<i64> {
    let text = core::str::from_utf8(text).ok()?;
    if text.is_empty() {
        return Some(0);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = match (hex, digits.strip_prefix('0')) {
        (Some(hex), _) => (hex, 16),
        (None, Some(octal)) if !octal.is_empty() => (octal, 8),
        _ => (digits, 10),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let value = i64::from_str_radix(digits, radix).ok()?;
    Some(if negative { -value } else { value })
}

fn list(rest: &[u8]) -> Result<Repeat, &'static str> {
    let (inside, text) = brackets(rest)?;
    let mut groups =
        groups(inside).ok_or("expected `~LST(name,value,...)`, no blanks in a value")?;
    if groups.len() < 2 {
        return Err("no values are given");
    }
    let names = groups.remove(0);
    if groups.iter().any(|row| row.len() > names.len()) {
        return Err("there are more values than names");
    }
    groups.reverse();
    Ok(Repeat {
        names,
        values: Values::Rows(groups),
        text: text.to_vec(),
    })
}

/// `a,{b,c},d` to rows; `None` for what is none.
fn groups(inside: &[u8]) -> Option<Vec<Vec<Vec<u8>>>> {
    let mut rows = Vec::new();
    let mut rest = inside;
    loop {
        rest = trim(rest);
        let row;
        if let Some(braced) = rest.strip_prefix(b"{") {
            let end = braced.iter().position(|b| *b == b'}')?;
            row = words(braced.get(..end)?)?;
            rest = trim(braced.get(end + 1..)?);
        } else {
            let end = rest.iter().position(|b| *b == b',').unwrap_or(rest.len());
            row = words(rest.get(..end)?)?;
            rest = rest.get(end..)?;
        }
        rows.push(row);
        match rest {
            [] => return Some(rows),
            [b',', after @ ..] => rest = after,
            _ => return None,
        }
    }
}

/// `a , b`: no blanks inside.
fn words(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = text.split(|b| *b == b',').map(trim);
    let sound = parts.clone().all(|part| !part.iter().any(|b| is_blank(*b)));
    sound.then(|| parts.by_ref().map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> String {
        match parse(line.as_bytes(), &mut |_| b"3".to_vec()) {
            None => "-".to_owned(),
            Some(Err(_)) => "error".to_owned(),
            Some(Ok(mut repeat)) => {
                let mut rows = Vec::new();
                while let Some(row) = repeat.next() {
                    let row: Vec<_> = row
                        .iter()
                        .map(|v| String::from_utf8_lossy(v).into_owned())
                        .collect();
                    rows.push(row.join("/"));
                    if rows.len() > 20 {
                        break;
                    }
                }
                rows.join(" ")
            }
        }
    }

    /// Each as keepalived 2.2.7 has it.
    #[test]
    fn values() {
        for (line, expected) in [
            ("~SEQ(x,3) a", "1 2 3"),
            ("~SEQ(x,$N) a", "1 2 3"),
            ("~SEQ(x,-3) a", "-1 -2 -3"),
            ("~SEQ(x,0x10,0x12) a", "16 17 18"),
            ("~SEQ(x,010) a", "1 2 3 4 5 6 7 8"),
            ("~SEQ(x,10,-5,1) a", "10 5"),
            ("~SEQ(x,3,1) a", "3 2 1"),
            ("~SEQ(x,) a", "1 0"),
            ("~SEQ(x,2,) a", "2 1 0"),
            ("~SEQ(x,5,5) a", "5"),
            ("~SEQ(x,+3) a", "1 2 3"),
            ("~SEQ ( x , 1 , 2 )a", "1 2"),
            ("~SEQx(x,0x1F,0x21) a", "1f 20 21"),
            ("~SEQx (x,2) a", "1 2"),
            (
                "~SEQ(x,9223372036854775806,9223372036854775807) a",
                "9223372036854775806 9223372036854775807",
            ),
            ("~SEQ(x,1,0,3) a", "error"),
            ("~SEQ(x,3,1,1) a", "error"),
            ("~SEQ(x,1,-1,3) a", "error"),
            ("~SEQ(x,1,,3) a", "error"),
            ("~SEQ(x,1,2,) a", "error"),
            ("~SEQ(x) a", "error"),
            ("~SEQ(,2) a", "error"),
            ("~SEQ(x,1,2,3,4) a", "error"),
            ("~SEQ(x,a) a", "error"),
            ("~SEQ(x,3x) a", "error"),
            ("~SEQ(x,0x) a", "error"),
            ("~SEQ(x,1,08) a", "error"),
            ("~SEQ(x,3 a", "error"),
            ("~SEQx(x,-1,2) a", "error"),
            ("~SEQX(x,2) a", "error"),
            ("~SEQ x(x,2) a", "error"),
            ("~SEQ", "error"),
            ("~FOO", "-"),
            ("~LST(x,a,b) a", "a b"),
            ("~LST(x,) a", ""),
            ("~LST(x,,b) a", " b"),
            ("~LST({x,y},{1,2},{3}) a", "1/2 3"),
            ("~LST({x,y},{1,2},3) a", "1/2 3"),
            ("~LST({x},1,2) a", "1 2"),
            ("~LST( { x , y } , { 1 , 2 } ) a", "1/2"),
            ("~LST (x,1)a", "1"),
            ("~LST(,a) a", "a"),
            ("~LST(x,a b,c) a", "error"),
            ("~LST(x) a", "error"),
            ("~LST(x,{1,2},{3}) a", "error"),
            ("~LST({x,y},{1,2,3}) a", "error"),
            ("~LST({x,y},{1,2} {3,4}) a", "error"),
            ("~LST({x,y} {1,2}) a", "error"),
            ("~LST(x,a c", "error"),
            ("~LST d", "error"),
            ("~LSTx(x,1) f", "error"),
        ] {
            assert_eq!(all(line), expected, "{line}");
        }
    }
}
