//! The tables as pages: docs/keywords.md and holdfast.conf(5).

use super::manual::{Keyword, manual};
use crate::table::Built;

/// docs/keywords.md: every keyword with its state.
pub fn keywords_page() -> String {
    let all = manual();
    let count = |built| all.iter().filter(|keyword| keyword.built == built).count();
    let mut page = format!(
        "# Keywords\n\nWhat `keepalived.conf` may hold, and what of it works: {} keywords work, {} are read \
         and have no effect yet.\nWritten by `cargo xtask keywords`.\n",
        count(Built::Works),
        count(Built::Parsed),
    );
    let mut block = "";
    for keyword in &all {
        if keyword.block != block {
            block = keyword.block;
            page.push_str(&format!(
                "\n## {block}\n\n| keyword | value | state | |\n|---|---|---|---|\n"
            ));
        }
        let names: Vec<&str> = [&keyword.name]
            .into_iter()
            .chain(keyword.aliases)
            .copied()
            .collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            names.join("`, `"),
            keyword.value.unwrap_or_default(),
            keyword.built.word(),
            keyword.doc
        ));
    }
    page
}

/// man/holdfast.conf.5, in roff (man(7)).
pub fn man_page() -> String {
    let mut page = String::from(
        ".TH HOLDFAST.CONF 5\n.SH NAME\nholdfast.conf, keepalived.conf \\- configuration of holdfast(8)\n\
         .SH DESCRIPTION\nThe file has one keyword a line, its words separated by blanks. Some keywords open a \
         block with\n.B {\nthat a line with\n.B }\ncloses.\n.B #\nand\n.B !\nstart a comment anywhere outside \
         of double quotes.\n.PP\n.B include\nreads further files,\n.BI @ ID\nbegins a line for the hosts of that \
         id,\n.BI $ NAME =\ndefines a variable, and\n.B ~SEQ\nand\n.B ~LST\nrepeat a line.\n.PP\nKeywords marked \
         \\(lqread only\\(rq have no effect yet.\n",
    );
    let mut block = "";
    for keyword in manual() {
        if keyword.block != block {
            block = keyword.block;
            page.push_str(&format!(".SH {}\n", escaped(block).to_uppercase()));
        }
        page.push_str(&entry(&keyword));
    }
    page
}

fn entry(keyword: &Keyword) -> String {
    let names: Vec<String> = [&keyword.name]
        .into_iter()
        .chain(keyword.aliases)
        .map(|name| escaped(name))
        .collect();
    let value = keyword
        .value
        .map(|value| format!(" \\fI{}\\fR", escaped(value)));
    let state = match keyword.built {
        Built::Works => String::new(),
        Built::Parsed => format!(" ({})", keyword.built.word()),
    };
    format!(
        ".TP\n\\fB{}\\fR{}{state}\n{}\n",
        names.join("\\fR, \\fB"),
        value.unwrap_or_default(),
        escaped(keyword.doc)
    )
}

/// A backslash, a hyphen, and what would be a command at the start of a line.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}
