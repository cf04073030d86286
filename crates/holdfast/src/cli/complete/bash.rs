//! For bash: one function that fills COMPREPLY.

use super::super::commands::COMMANDS;
use super::super::table::{ROWS, Row, Value};
use super::{Choice, names, value, words};

const HEAD: &str = r#"# bash completion for holdfast: made by `holdfast completions bash`
_holdfast() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
    local command= options= kind= words=
    COMPREPLY=()
    # readline cuts --format=json at the `=`
    if [[ $current == '=' ]]; then
        current= previous+='='
    elif [[ $previous == '=' ]]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}=
    fi
    ((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}
    case $command in
"#;

const TAIL: &str = r#"    esac
    if [[ $current == -* && -n $options ]]; then
        kind=words words=$options
    fi
    case $kind in
    words)
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
        ;;
    files)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        ;;
    directories)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        ;;
    esac
}
complete -F _holdfast holdfast
"#;

pub(super) fn script() -> String {
    let mut text = String::from(HEAD);
    for command in COMMANDS {
        text.push_str(&format!("    {})\n", command.name));
        place(&mut text, command.options, &words(command.words), "");
    }
    text.push_str("    *)\n");
    // a command is the first word, or none
    let commands = Choice::OneOf(names());
    place(&mut text, ROWS, &commands, "((COMP_CWORD == 1)) && ");
    text.push_str(TAIL);
    text
}

/// Options and words of one command.
fn place(text: &mut String, rows: &[Row], choice: &Choice, only_if: &str) {
    let mut options = Vec::new();
    for row in rows {
        options.extend(row.short.map(|short| format!("-{short}")));
        options.push(format!("--{}", row.long));
    }
    text.push_str(&format!("        options='{}'\n", options.join(" ")));
    if *choice != Choice::Anything {
        text.push_str(&format!("        {only_if}{}\n", kind(choice)));
    }
    text.push_str("        case $previous in\n");
    for row in rows {
        let Some(choice) = value(row) else {
            continue;
        };
        let mut patterns = vec![format!("--{}=", row.long)];
        if matches!(row.value, Value::Needed(_)) {
            patterns.push(format!("--{}", row.long));
            patterns.extend(row.short.map(|short| format!("-{short}")));
        }
        let patterns = patterns.join(" | ");
        text.push_str(&format!(
            "        {patterns}) options= {} ;;\n",
            kind(&choice)
        ));
    }
    text.push_str("        esac\n        ;;\n");
}

fn kind(choice: &Choice) -> String {
    match choice {
        Choice::Anything => "kind=".to_owned(),
        Choice::Files => "kind=files".to_owned(),
        Choice::Directories => "kind=directories".to_owned(),
        Choice::OneOf(words) => format!("kind=words words='{}'", words.join(" ")),
    }
}
