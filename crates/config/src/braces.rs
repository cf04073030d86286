//! Braces where none belong, and braces that are missing.

use crate::code;
use crate::context::Context;
use crate::table::{Arity, Table};
use holdfast_syntax::{Finding, Item};

/// What is left of `${NAME}` when nobody defined it, cut at its braces.
pub(crate) fn is_undefined(item: Item<'_, '_>) -> bool {
    let last = item.bytes(item.len().saturating_sub(1));
    last.is_some_and(|word| word.ends_with(b"$"))
}

/// Blocks that take a name, and say in their own words when they have none.
pub(crate) fn takes_name(keyword: &[u8]) -> bool {
    matches!(
        keyword,
        b"vrrp_instance" | b"vrrp_sync_group" | b"track_group"
    )
}

/// A block's `{` is missing.
pub(crate) fn unopened(context: &mut Context<'_>, item: Item<'_, '_>, named: bool) {
    let keyword = String::from_utf8_lossy(item.keyword());
    let last = item.bytes(item.len() - 1).unwrap_or_default();
    let help = if last.ends_with(b"(") || last.ends_with(b"[") {
        "write `{` and `}`, not round or square brackets".to_owned()
    } else if item.len() > 1 && !named {
        let value = item.text(1).unwrap_or_default();
        let path = if item.keyword() == b"url" {
            "path "
        } else {
            ""
        };
        let value = format!("{path}{value}");
        format!("write `{keyword} {{`, then `{value}` on a line of its own, then `}}`")
    } else {
        "write `{` at the end of this line, not in a comment, and `}` after the block's last line"
            .to_owned()
    };
    let finding = Finding::error(
        code::MISSING_OPEN,
        item.head(),
        format!("`{keyword}` needs a block: expected `{{` after it, found none"),
    )
    .label(if item.lacks_open() {
        "taken as if it were there"
    } else {
        "ignored, with what belongs in it"
    })
    .help(help);
    context.push(finding);
    context.shifted = true;
}

/// Braces behind a value: of a variable that nobody defined, or one too many.
pub(crate) fn unexpected_help(item: Item<'_, '_>) -> &'static str {
    let last = item.bytes(item.len() - 1).unwrap_or_default();
    if last.ends_with(b"$") {
        "`${NAME}` is replaced when `$NAME=value` stands above, and takes no default inside its braces"
    } else {
        "remove the braces, or look for a misspelt keyword or a `}` missing above; a brace in a value needs \"quotes\" around it"
    }
}

/// Words of an undefined `${NAME}`. keepalived drops the braces and goes on inside: there a keyword
/// without its value makes it exit, `${interface}` for example.
pub(crate) fn unexpected<D>(context: &mut Context<'_>, item: Item<'_, '_>, table: &Table<D>) {
    for child in item.items().filter(|child| child.len() < 2) {
        let row = table.rows().find(|row| row.is(child.keyword()));
        if let Some(Arity::Value(expected) | Arity::NamedBlock(expected)) = row.map(|r| r.arity) {
            context.missing_parameter(child, expected, false);
        }
    }
}
