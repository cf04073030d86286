//! The text of `-h`.

use super::commands::COMMANDS;
use super::table::{ROWS, Row, State, Value};

/// Where the explanations of the first lines start.
const COLUMN: usize = 40;

/// Every command and every option.
pub(crate) fn help() -> String {
    let mut text = String::new();
    usage(
        &mut text,
        "Usage: holdfast",
        "[OPTION...]",
        "run the daemon",
    );
    let again = "       holdfast";
    usage(&mut text, again, "-t [-f FILE]", "test the configuration");
    for command in COMMANDS {
        let words = format!("{} {}", command.name, command.usage);
        usage(&mut text, again, &words, command.help);
    }
    text.push_str("\nOptions of the daemon, and of -t:\n");
    for row in ROWS {
        option(&mut text, row);
    }
    for command in COMMANDS {
        if command.options.is_empty() {
            continue;
        }
        text.push_str(&format!("\nOptions of {}:\n", command.name));
        for row in command.options {
            option(&mut text, row);
        }
    }
    text
}

fn usage(text: &mut String, program: &str, words: &str, help: &str) {
    let line = format!("{program} {words}");
    text.push_str(&format!("{line:<COLUMN$} {help}\n"));
}

fn option(text: &mut String, row: &Row) {
    let short = row
        .short
        .map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    let value = match row.value {
        Value::No => String::new(),
        Value::Needed(name) => format!("={name}"),
        Value::Attached(name) => format!("[={name}]"),
    };
    let unbuilt = match row.state {
        State::Works => "",
        State::Unbuilt => " (no effect yet)",
    };
    let option = format!("--{}{value}", row.long);
    text.push_str(&format!("  {short}{option:<33} {}{unbuilt}\n", row.help));
}
