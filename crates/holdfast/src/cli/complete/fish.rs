//! For fish: one `complete` a line.

use super::super::commands::{COMMANDS, Words};
use super::super::table::{ROWS, Row, Value};
use super::{Choice, names, value, words};

pub(super) fn script() -> String {
    let mut text = String::from(
        "# fish completion for holdfast: made by `holdfast completions fish`\ncomplete -c holdfast -f\n",
    );
    for command in COMMANDS {
        let help = quoted(command.help);
        text.push_str(&format!(
            "complete -c holdfast -n __fish_use_subcommand -a {} -d {help}\n",
            command.name
        ));
    }
    let none = format!("not __fish_seen_subcommand_from {}", names().join(" "));
    for row in ROWS {
        option(&mut text, &none, row);
    }
    for command in COMMANDS {
        let seen = format!("__fish_seen_subcommand_from {}", command.name);
        for row in command.options {
            option(&mut text, &seen, row);
        }
        if command.words != Words::Nothing {
            let words = arguments(&words(command.words));
            text.push_str(&format!(
                "complete -c holdfast -n {}{words}\n",
                quoted(&seen)
            ));
        }
    }
    text
}

fn option(text: &mut String, condition: &str, row: &Row) {
    text.push_str(&format!("complete -c holdfast -n {}", quoted(condition)));
    if let Some(short) = row.short {
        text.push_str(&format!(" -s {short}"));
    }
    text.push_str(&format!(" -l {}", row.long));
    if let (Value::Needed(_), Some(choice)) = (row.value, value(row)) {
        text.push_str(" -r");
        text.push_str(&arguments(&choice));
    }
    text.push_str(&format!(" -d {}\n", quoted(row.help)));
}

fn arguments(choice: &Choice) -> String {
    match choice {
        Choice::Anything => " -f".to_owned(),
        Choice::Files => " -F".to_owned(),
        Choice::Directories => " -f -a '(__fish_complete_directories)'".to_owned(),
        Choice::OneOf(words) => format!(" -f -a {}", quoted(&words.join(" "))),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
