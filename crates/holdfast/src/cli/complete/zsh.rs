//! For zsh: specifications of `_arguments`.

use super::super::commands::{COMMANDS, Words};
use super::super::table::{ROWS, Row, Value};
use super::{Choice, value, words};

pub(super) fn script() -> String {
    let mut text = String::from(
        "#compdef holdfast\n# zsh completion for holdfast: made by `holdfast completions zsh`\n\
         _holdfast() {\n    local -a commands\n    commands=(\n",
    );
    for command in COMMANDS {
        let entry = format!("{}:{}", command.name, command.help);
        text.push_str(&format!("        {}\n", quoted(&entry)));
    }
    text.push_str(
        "    )\n    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n        \
         _describe -t commands command commands\n        return\n    fi\n    case $words[2] in\n",
    );
    for command in COMMANDS {
        let shift = "        shift words\n        (( CURRENT-- ))\n";
        text.push_str(&format!("    {})\n{shift}", command.name));
        let each = match command.words {
            Words::Nothing | Words::Named => None,
            Words::Files => Some("*"),
            Words::Explained | Words::OneOf(_) => Some("1"),
        };
        let more = each.map(|each| format!("{each}:word:{}", action(&words(command.words))));
        arguments(&mut text, command.options, more.as_deref());
    }
    text.push_str("    *)\n");
    arguments(&mut text, ROWS, None);
    text.push_str(
        "    esac\n}\n\n# read as a file of its own, or by `source`\nif [[ $funcstack[1] == _holdfast ]]; then\n    \
         _holdfast \"$@\"\nelse\n    compdef _holdfast holdfast\nfi\n",
    );
    text
}

fn arguments(text: &mut String, rows: &[Row], more: Option<&str>) {
    text.push_str("        _arguments -s");
    for row in rows {
        for spec in specs(row) {
            text.push_str(&format!(" \\\n            {}", quoted(&spec)));
        }
    }
    if let Some(more) = more {
        text.push_str(&format!(" \\\n            {}", quoted(more)));
    }
    text.push_str("\n        ;;\n");
}

/// `(-f --use-file)-f+[help]:FILE:_files`, and the same for the long name.
fn specs(row: &Row) -> Vec<String> {
    let long = format!("--{}", row.long);
    let mut names = vec![long.clone()];
    names.extend(row.short.map(|short| format!("-{short}")));
    names.reverse();
    let excluded = format!("({})", names.join(" "));
    let end = |name: &str| match (row.value, name == long) {
        (Value::No, _) => "",
        (Value::Needed(_), true) => "=",
        (Value::Needed(_), false) => "+",
        (Value::Attached(_), true) => "=-",
        (Value::Attached(_), false) => "-",
    };
    let message = match (row.value, value(row)) {
        (Value::Needed(name), Some(choice)) => format!(":{}:{}", plain(name), action(&choice)),
        (Value::Attached(name), Some(choice)) => format!("::{}:{}", plain(name), action(&choice)),
        _ => String::new(),
    };
    let help = plain(row.help);
    let spec = |name: &String| format!("{excluded}{name}{}[{help}]{message}", end(name));
    names.iter().map(spec).collect()
}

fn action(choice: &Choice) -> String {
    match choice {
        Choice::Anything => " ".to_owned(),
        Choice::Files => "_files".to_owned(),
        Choice::Directories => "_directories".to_owned(),
        Choice::OneOf(words) => format!("({})", words.join(" ")),
    }
}

/// Without meaning inside a specification.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        if matches!(character, '[' | ']' | ':' | '\\') {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
