//! An argument list by popt's rules.
//!
//! Letters may be joined (`-Ln`), a value may be joined to its letter (`-t10.0.0.1:80`, `-s=rr`) or
//! to its name by `=`, or be the next word, even one that starts with a dash - but for an optional
//! value. Words that belong to no option are kept; after `--` all are such.

use crate::options::{Row, Takes, by_long, by_short};

/// One option as given.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) row: &'static Row,
    pub(crate) value: Option<String>,
    /// The word it stood in.
    pub(crate) word: String,
}

/// A word that popt stops at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) word: String,
    pub(crate) what: &'static str,
}

/// An argument list, taken apart up to its end or its first mistake.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) options: Vec<Given>,
    pub(crate) rest: Vec<String>,
    pub(crate) stop: Option<Stop>,
}

const UNKNOWN: &str = "no such option; see `ipvsadm -h`";
const MISSING: &str = "its value is missing";
const UNWANTED: &str = "this option takes no value";

/// Takes `words` apart.
pub(crate) fn take(words: &[String]) -> Taken {
    let mut taken = Taken::default();
    let mut words = words.iter().peekable();
    let mut only_rest = false;
    while let Some(word) = words.next() {
        if only_rest || word == "-" || !word.starts_with('-') {
            taken.rest.push(word.clone());
        } else if word == "--" {
            only_rest = true;
        } else {
            let mut next = |takes| match takes {
                Takes::Perhaps(_) => words.next_if(|word| !word.starts_with('-')),
                Takes::Value(_) | Takes::Nothing => words.next(),
            };
            let outcome = match word.strip_prefix("--") {
                Some(name) => long(&mut taken.options, word, name, &mut next),
                None => letters(&mut taken.options, word, &mut next),
            };
            if let Err(what) = outcome {
                taken.stop = Some(Stop {
                    word: word.clone(),
                    what,
                });
                return taken;
            }
        }
    }
    taken
}

type Outcome = Result<(), &'static str>;

fn long<'a>(
    options: &mut Vec<Given>,
    word: &str,
    name: &str,
    next: &mut impl FnMut(Takes) -> Option<&'a String>,
) -> Outcome {
    let (name, joined) = match name.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (name, None),
    };
    let row = by_long(name).ok_or(UNKNOWN)?;
    let value = value(row, joined, next)?;
    options.push(Given {
        row,
        value,
        word: word.to_owned(),
    });
    Ok(())
}

fn letters<'a>(
    options: &mut Vec<Given>,
    word: &str,
    next: &mut impl FnMut(Takes) -> Option<&'a String>,
) -> Outcome {
    let mut rest = word.get(1..).unwrap_or_default();
    while let Some(letter) = rest.chars().next() {
        let row = by_short(letter).ok_or(UNKNOWN)?;
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        let joined = if row.takes == Takes::Nothing {
            if rest.starts_with('=') {
                return Err(UNWANTED);
            }
            None
        } else {
            let value = rest.strip_prefix('=').unwrap_or(rest);
            let joined = (!rest.is_empty()).then(|| value.to_owned());
            rest = "";
            joined
        };
        let value = value(row, joined, next)?;
        options.push(Given {
            row,
            value,
            word: word.to_owned(),
        });
    }
    Ok(())
}

fn value<'a>(
    row: &Row,
    joined: Option<String>,
    next: &mut impl FnMut(Takes) -> Option<&'a String>,
) -> Result<Option<String>, &'static str> {
    match (row.takes, joined) {
        (Takes::Nothing, Some(_)) => Err(UNWANTED),
        (Takes::Nothing, None) => Ok(None),
        (Takes::Value(_) | Takes::Perhaps(_), Some(joined)) => Ok(Some(joined)),
        (takes @ Takes::Perhaps(_), None) => Ok(next(takes).cloned()),
        (takes @ Takes::Value(_), None) => next(takes).cloned().map(Some).ok_or(MISSING),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options as `name` or `name=value`, then the rest after a bar, then where it stopped.
    fn shown(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let taken = take(&words);
        let options = taken.options.iter().map(|given| match &given.value {
            Some(value) => format!("{}={value}", given.row.long),
            None => given.row.long.to_owned(),
        });
        let mut text = options.collect::<Vec<_>>().join(" ");
        if !taken.rest.is_empty() {
            text.push_str(&format!(" | {}", taken.rest.join(" ")));
        }
        if let Some(stop) = taken.stop {
            text.push_str(&format!(" ! {}: {}", stop.word, stop.what));
        }
        text
    }

    #[test]
    fn words_are_taken_as_popt_takes_them() {
        for (line, expected) in [
            ("-Ln", "list numeric"),
            ("-ln --stats", "list numeric stats"),
            (
                "-At10.0.0.1:80 -s=rr",
                "add-service tcp-service=10.0.0.1:80 scheduler=rr",
            ),
            (
                "--add-service --tcp-service=a:1",
                "add-service tcp-service=a:1",
            ),
            ("-A -t -s", "add-service tcp-service=-s"),
            ("-A -p -s rr", "add-service persistent scheduler=rr"),
            ("-A -p 50", "add-service persistent=50"),
            ("-A -p50", "add-service persistent=50"),
            ("-A -p", "add-service persistent"),
            ("--set 1 2 -L 3", "set list | 1 2 3"),
            ("-L -- -n", "list | -n"),
            ("-L - -n", "list numeric | -"),
            ("-A -t", "add-service ! -t: its value is missing"),
            ("-L --num", "list ! --num: no such option; see `ipvsadm -h`"),
            ("-L-n", "list ! -L-n: no such option; see `ipvsadm -h`"),
            (
                "-L --numeric=3 -X",
                "list ! --numeric=3: this option takes no value",
            ),
            ("-L=3", " ! -L=3: this option takes no value"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
