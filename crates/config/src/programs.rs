//! Programs that a configuration runs: which, and where they are named first. What they are on
//! this machine is asked outside, and judged by the rules of advice.

use holdfast_model::{HostFacts, Program};
use holdfast_syntax::{Items, Span, Tree};
use std::collections::BTreeMap;

/// Different programs that are looked at.
const LIMIT: usize = 1000;

/// Keywords whose value is a program and its arguments.
const KEYWORDS: &[&[u8]] = &[
    b"lvs_notify_fifo_script",
    b"misc_path",
    b"notify",
    b"notify_backup",
    b"notify_deleted",
    b"notify_down",
    b"notify_fault",
    b"notify_fifo_script",
    b"notify_master",
    b"notify_master_rx_lower_pri",
    b"notify_stop",
    b"notify_up",
    b"quorum_down",
    b"quorum_up",
    b"script",
    b"shutdown_script",
    b"startup_script",
    b"vrrp_notify_fifo_script",
];

/// Each program by its name, and the word that names it first.
pub fn programs(tree: &Tree<'_>) -> BTreeMap<String, Span> {
    let mut found = BTreeMap::new();
    search(tree.items(), &mut found);
    found
}

/// Each program that was looked at, with what it is and the word that names it first.
pub(crate) fn looked_at<'f>(
    tree: &Tree<'_>,
    facts: &'f HostFacts,
) -> Vec<(&'f str, &'f Program, Span)> {
    if facts.programs.is_empty() {
        return Vec::new();
    }
    let places = programs(tree);
    let programs = facts.programs.iter();
    programs
        .filter_map(|(name, program)| Some((name.as_str(), program, *places.get(name)?)))
        .collect()
}

fn search(items: Items<'_, '_>, found: &mut BTreeMap<String, Span>) {
    for item in items {
        if item.is_block() {
            search(item.items(), found);
        } else if KEYWORDS.binary_search(&item.keyword()).is_ok()
            && let Some(text) = item.text(1)
            && let Some(name) = program(&text)
            && found.len() < LIMIT
            && !found.contains_key(name)
        {
            found.insert(name.to_owned(), item.word_span(1));
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
        assert!(KEYWORDS.is_sorted());
    }
}
