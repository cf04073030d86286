//! `include FILE` and its stricter spellings.

use super::clean::trim;
use super::{Found, Refusal, Surroundings, braces};
use crate::finding::{Finding, code};
use crate::span::Span;
use crate::token::is_blank;

/// What must be so, else keepalived does not run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Strict {
    /// Every matching file can be read.
    read: bool,
    /// A name without wildcards exists.
    exists: bool,
    /// A wildcard matches something.
    wildcard: bool,
    /// Every alternative of braces matches something.
    brace: bool,
}

impl Strict {
    /// Everything.
    pub(super) const ALL: Self = Self {
        read: true,
        exists: true,
        wildcard: true,
        brace: true,
    };

    /// `include_check [+|-]WORD...`; without words everything is checked.
    pub(super) fn set(self, words: &[u8]) -> Self {
        let mut words = words.split(|b| is_blank(*b)).filter(|w| !w.is_empty());
        let Some(first) = words.next() else {
            return Self::ALL;
        };
        let relative = matches!(first.first(), Some(b'+' | b'-'));
        let mut strict = if relative { self } else { Self::default() };
        for word in core::iter::once(first).chain(words) {
            let on = !word.starts_with(b"-");
            match word.strip_prefix(b"+").or(word.strip_prefix(b"-")) {
                Some(name) => strict.switch(name, on),
                None => strict.switch(word, on),
            }
        }
        strict
    }

    fn switch(&mut self, name: &[u8], on: bool) {
        match name {
            b"read" => self.read = on,
            b"match" => self.exists = on,
            b"wildcard_match" => self.wildcard = on,
            b"brace_match" => self.brace = on,
            _ => {}
        }
    }
}

/// The pattern of an include line, and what its spelling asks for. `plain` is for `include`.
pub(super) fn parse(line: &[u8], plain: Strict) -> Option<(Strict, &[u8])> {
    let rest = line.strip_prefix(b"include")?;
    let read = Strict {
        read: true,
        ..Strict::default()
    };
    let (strict, rest) = match rest {
        [b'r', rest @ ..] => (read, rest),
        [b'm', rest @ ..] => {
            let exists = true;
            (Strict { exists, ..read }, rest)
        }
        [b'w', rest @ ..] => {
            let (exists, wildcard) = (true, true);
            let strict = Strict {
                exists,
                wildcard,
                ..read
            };
            (strict, rest)
        }
        [b'b', rest @ ..] => {
            let brace = true;
            (Strict { brace, ..read }, rest)
        }
        [b'a', rest @ ..] => (Strict::ALL, rest),
        rest => (plain, rest),
    };
    let pattern = trim(rest);
    let apart = rest.first().is_some_and(|b| is_blank(*b));
    (apart && !pattern.is_empty()).then_some((strict, pattern))
}

/// A file to read, in the order of reading.
pub(super) type Files = Vec<(String, String, std::sync::Arc<Vec<u8>>)>;

/// The files of an include line, what is odd about it, and whether keepalived would not run.
pub(super) fn find(
    strict: Strict,
    pattern: &[u8],
    directory: &str,
    span: Span,
    world: &mut dyn Surroundings,
) -> (Files, Vec<Finding>, bool) {
    let alternatives = braces::alternatives(pattern);
    let in_braces = alternatives.len() > 1;
    let mut missing = Vec::new();
    let (mut found, mut lacks_alternative) = (Vec::new(), false);
    for alternative in &alternatives {
        let files = world.include(directory, alternative);
        if files.is_empty() {
            lacks_alternative |= in_braces && !is_wild(alternative);
            missing.push(alternative);
        }
        found.extend(files);
    }
    let nothing = found.is_empty();
    let wild = alternatives.iter().any(|pattern| is_wild(pattern));
    let fatal = if nothing && wild {
        strict.wildcard
    } else if nothing && !in_braces {
        strict.exists
    } else {
        strict.brace && lacks_alternative
    };
    let mut findings = Vec::new();
    if nothing || fatal || lacks_alternative {
        let named = missing.first().map_or(pattern, |pattern| pattern);
        findings.push(nothing_matches(
            named,
            directory,
            span,
            fatal,
            nothing && wild,
        ));
    }
    if fatal {
        return (Vec::new(), findings, true);
    }
    let mut files = Vec::new();
    let mut unreadable = false;
    for Found {
        name,
        directory,
        content,
    } in found
    {
        match content {
            Ok(bytes) => files.push((name, directory, bytes)),
            Err(refusal) => {
                unreadable = true;
                findings.push(refused(&name, &refusal, span, strict.read));
            }
        }
    }
    (files, findings, strict.read && unreadable)
}

fn is_wild(pattern: &[u8]) -> bool {
    pattern.iter().any(|b| matches!(b, b'*' | b'?' | b'['))
}

/// keepalived reports it and carries on, unless the spelling is strict.
fn nothing_matches(
    pattern: &[u8],
    directory: &str,
    span: Span,
    fatal: bool,
    wild: bool,
) -> Finding {
    let pattern = String::from_utf8_lossy(pattern);
    let message = format!("no file matches `{pattern}`");
    let finding = if fatal {
        Finding::error(code::INCLUDE_NEEDED, span, message)
    } else if wild {
        Finding::advice(code::INCLUDE_MISSING, span, message)
    } else {
        Finding::warning(code::INCLUDE_MISSING, span, message)
    };
    let finding = if pattern.starts_with('"') {
        finding.help("write the name without quotes: they count as a part of it")
    } else if pattern.contains('$') {
        finding.help("a variable in a file name is not replaced; define the whole line instead: `$NAME=include FILE`, then `$NAME`")
    } else if directory.is_empty() {
        finding.help("names are relative to the directory of the including file")
    } else {
        finding.help(format!(
            "names are relative to the directory of the including file, here {directory}"
        ))
    };
    if fatal {
        finding.help("write `include` if the file may be missing")
    } else {
        finding
    }
}

pub(super) fn refused(name: &str, refusal: &Refusal, span: Span, fatal: bool) -> Finding {
    let (what, help) = match refusal {
        Refusal::Directory => (
            format!("`{name}` is a directory"),
            format!(
                "write `include {}/*.conf` for the files in it",
                name.trim_end_matches('/')
            ),
        ),
        Refusal::NotPlain => (
            format!("`{name}` is not a regular file, or is executable"),
            "a configuration is a plain file without execute permission: chmod a-x".to_owned(),
        ),
        Refusal::Unreadable(why) => (
            format!("`{name}` cannot be read: {why}"),
            "make it readable for the daemon's user".to_owned(),
        ),
    };
    let message = format!("{what}: it is skipped");
    let finding = if fatal {
        Finding::error(code::INCLUDE_NEEDED, span, message)
    } else {
        Finding::warning(code::INCLUDE_MISSING, span, message)
    };
    finding.help(help)
}
