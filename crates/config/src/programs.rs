//! Programs that a configuration runs: which, and where they are named first. What they are on
//! this machine is asked outside, and judged by the rules of advice.

use holdfast_syntax::{Item, Span};
use std::collections::BTreeMap;

/// Different programs that are looked at.
const LIMIT: usize = 1000;

/// Each program by its name, and the word that names it first.
pub(crate) type Programs = BTreeMap<String, Span>;

/// Notes the program of a line whose value is a command.
pub(crate) fn note(programs: &mut Programs, item: Item<'_, '_>) {
    if let Some(text) = item.text(1)
        && let Some(name) = program(&text)
        && programs.len() < LIMIT
        && !programs.contains_key(name)
    {
        programs.insert(name.to_owned(), item.word_span(1));
    }
}

/// Notes those that stand further down in the file.
pub(crate) fn add(programs: &mut Programs, further: Programs) {
    for (name, span) in further {
        if programs.len() < LIMIT {
            programs.entry(name).or_insert(span);
        }
    }
}

/// The first word of a command. A variable that nobody defined names nothing.
fn program(command: &str) -> Option<&str> {
    let command = command.trim();
    let quoted = command
        .strip_prefix('\'')
        .and_then(|rest| rest.split('\'').next());
    let name = quoted.or(command.split_whitespace().next())?;
    (!name.is_empty() && !name.contains(['$', '\\'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_the_program() {
        for (command, name) in [
            ("/bin/true", Some("/bin/true")),
            (" /bin/a -b 'c d'", Some("/bin/a")),
            ("'/opt/my dir/a' b", Some("/opt/my dir/a")),
            ("killall -0 x", Some("killall")),
            ("$DIR/a", None),
            ("", None),
        ] {
            assert_eq!(program(command), name, "{command}");
        }
    }
}
