//! What shells complete command lines by: scripts made of the tables of options, commands, keywords
//! and codes, so that none of them is written twice.

mod bash;
mod fish;
mod zsh;

use super::commands::{COMMANDS, Words};
use super::options::SIGNALS;
use super::table::{Row, Value};
use holdfast_config::{explain, manual};
use std::collections::BTreeSet;

/// A shell that completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    /// By its name.
    pub(crate) fn new(name: &str) -> Option<Self> {
        match name {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            _ => None,
        }
    }

    /// What it is to read.
    pub(crate) fn script(self) -> String {
        match self {
            Self::Bash => bash::script(),
            Self::Zsh => zsh::script(),
            Self::Fish => fish::script(),
        }
    }
}

/// What may stand at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    /// Nobody can say.
    Anything,
    Files,
    Directories,
    OneOf(Vec<&'static str>),
}

/// What an option's value may be, by the name that the help gives it: names in small letters are
/// the values themselves.
fn value(row: &Row) -> Option<Choice> {
    let (Value::Needed(name) | Value::Attached(name)) = row.value else {
        return None;
    };
    Some(match name {
        "FILE" | "LOGFILE" => Choice::Files,
        "DIR" => Choice::Directories,
        "SIGNAL" => Choice::OneOf(SIGNALS.iter().map(|(signal, _)| *signal).collect()),
        literal if literal.bytes().all(|b| b.is_ascii_lowercase() || b == b'|') => {
            Choice::OneOf(literal.split('|').collect())
        }
        _ => Choice::Anything,
    })
}

/// What a command takes.
fn words(words: Words) -> Choice {
    match words {
        Words::Nothing | Words::Named => Choice::Anything,
        Words::Files => Choice::Files,
        Words::Explained => Choice::OneOf(explained()),
        Words::OneOf(words) => Choice::OneOf(words.to_vec()),
    }
}

/// Every keyword, then every code.
fn explained() -> Vec<&'static str> {
    let all = manual();
    let names = all
        .iter()
        .flat_map(|keyword| keyword.aliases.iter().chain([&keyword.name]));
    let sorted: BTreeSet<&str> = names.copied().collect();
    let codes = explain::PAGES.iter().map(|(code, _)| *code);
    sorted.into_iter().chain(codes).collect()
}

fn names() -> Vec<&'static str> {
    COMMANDS.iter().map(|command| command.name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::table::ROWS;
    use super::*;

    #[test]
    fn every_script_has_every_word() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = shell.script();
            let has = |word: &str| script.contains(word);
            let options = COMMANDS.iter().flat_map(|command| command.options);
            for row in ROWS.iter().chain(options) {
                assert!(has(row.long), "{shell:?}: {}", row.long);
            }
            for word in names().into_iter().chain(explained()) {
                assert!(has(word), "{shell:?}: {word}");
            }
        }
    }

    #[test]
    fn the_name_of_a_value_says_what_it_may_be() {
        let of = |long: &str| ROWS.iter().find(|row| row.long == long).and_then(value);
        assert_eq!(of("use-file"), Some(Choice::Files));
        assert_eq!(of("config-test"), Some(Choice::Files));
        assert_eq!(of("run-dir"), Some(Choice::Directories));
        assert_eq!(of("umask"), Some(Choice::Anything));
        assert_eq!(of("strict"), None);
        let signals = of("signum");
        assert!(matches!(signals, Some(Choice::OneOf(names)) if names.contains(&"RELOAD")));
    }

    #[test]
    fn words_need_no_quotes() {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        for word in explained() {
            assert!(!word.is_empty() && word.bytes().all(plain), "{word}");
        }
    }
}
