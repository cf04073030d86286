//! Keyword tables: a keyword is one row.

use crate::code;
use crate::context::Context;
use crate::suggest;
use crate::unbuilt;
use holdfast_syntax::{Finding, Item, Items, Severity};

/// What follows a keyword. More words than needed are ignored, as keepalived does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    /// Nothing, or something that may be left out.
    Free,
    /// At least one word, described here; without it keepalived exits.
    Value(&'static str),
    /// A block.
    Block,
    /// At least one word, described here, then a block.
    NamedBlock(&'static str),
}

/// One keyword of one block.
pub(crate) struct Row<D> {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) arity: Arity,
    /// May stand more than once.
    pub(crate) repeats: bool,
    /// The manual's line on it.
    pub(crate) doc: &'static str,
    pub(crate) apply: fn(&mut Context<'_>, Item<'_, '_>, &mut D),
}

/// A block's keywords.
pub(crate) struct Table<D: 'static> {
    /// The block's name in findings and in the list of what is not built.
    pub(crate) block: &'static str,
    pub(crate) rows: &'static [Row<D>],
}

impl<D> Row<D> {
    fn is(&self, keyword: &[u8]) -> bool {
        self.name.as_bytes() == keyword || self.aliases.iter().any(|a| a.as_bytes() == keyword)
    }
}

/// Applies every line of a block to its draft.
pub(crate) fn walk<D>(
    context: &mut Context<'_>,
    items: Items<'_, '_>,
    table: &Table<D>,
    draft: &mut D,
) {
    // One bit a row; tables have fewer than 64.
    let (mut seen, mut told) = (0u64, 0u64);
    for item in items.clone() {
        let keyword = item.keyword();
        let Some((index, row)) = table
            .rows
            .iter()
            .enumerate()
            .find(|(_, row)| row.is(keyword))
        else {
            stranger(context, item, table);
            continue;
        };
        let bit = 1u64.checked_shl(u32::try_from(index).unwrap_or(64));
        let bit = bit.unwrap_or(0);
        if seen & !told & bit != 0 && !row.repeats {
            told |= bit;
            given_twice(context, item, items.clone().find(|i| row.is(i.keyword())));
        }
        seen |= bit;
        if fits(context, item, row.arity) {
            (row.apply)(context, item, draft);
        }
    }
}

/// Words and block as the row wants them?
fn fits(context: &mut Context<'_>, item: Item<'_, '_>, arity: Arity) -> bool {
    match arity {
        Arity::Value(expected) | Arity::NamedBlock(expected) if item.len() < 2 => {
            context.missing_parameter(item, expected);
            return false;
        }
        Arity::Free | Arity::Value(_) => {
            if let Some(open) = item.open() {
                let keyword = String::from_utf8_lossy(item.keyword());
                let finding = Finding::error(
                    code::UNEXPECTED_BLOCK,
                    open,
                    format!("`{keyword}` has no block: everything in these braces is ignored"),
                )
                .label("unexpected `{`")
                .help("remove the braces, or look for a misspelt keyword or a `}` missing above");
                context.push(finding);
            }
        }
        Arity::Block | Arity::NamedBlock(_) => {
            if !item.is_block() {
                let keyword = String::from_utf8_lossy(item.keyword());
                let finding = Finding::error(
                    code::MISSING_OPEN,
                    item.head(),
                    format!("`{keyword}` needs a block: expected `{{` after it, found none"),
                )
                .label("ignored")
                .help("write `{` at the end of this line and `}` after the block's last line");
                context.push(finding);
                return false;
            }
        }
    }
    true
}

fn given_twice(context: &mut Context<'_>, item: Item<'_, '_>, first: Option<Item<'_, '_>>) {
    let keyword = String::from_utf8_lossy(item.keyword());
    let mut finding = Finding::advice(
        code::GIVEN_TWICE,
        item.head(),
        format!("`{keyword}` stands here a second time: the last one counts"),
    )
    .help("remove the one that is not meant");
    if let Some(first) = first {
        finding = finding.also(first.head(), "first given here");
    }
    context.push(finding);
}

/// A keyword that is not in the table.
fn stranger<D>(context: &mut Context<'_>, item: Item<'_, '_>, table: &Table<D>) {
    let keyword = item.keyword();
    let unbuilt = unbuilt::contains(table.block, keyword);
    if context.findings.is_full(Severity::Warning) {
        context.findings.count(Severity::Warning, unbuilt);
        return;
    }
    let word = String::from_utf8_lossy(keyword);
    let rest = if item.is_block() {
        ", its block too"
    } else {
        ""
    };
    if unbuilt {
        let message = format!("`{word}` is not supported yet: ignored{rest}");
        let finding = Finding::warning(code::UNBUILT, item.word_span(0), message)
            .help("keepalived knows this keyword, holdfast will; until then it has no effect");
        context.push(finding);
        return;
    }
    let block = table.block;
    let place = if block == unbuilt::ROOT {
        "outside of all blocks".to_owned()
    } else {
        format!("in `{block}`")
    };
    let message = format!("unknown keyword `{word}` {place}: the line is ignored{rest}");
    let mut finding = Finding::warning(code::UNKNOWN_KEYWORD, item.word_span(0), message);
    let known = table.rows.iter().map(|row| row.name);
    let known = known.chain(unbuilt::of(block));
    if word.contains(['\u{feff}', '\u{a0}', '\u{200b}']) {
        finding = finding.help(
            "it holds an invisible character that is no blank (byte order mark, no-break space): \
             save the file as plain text without one, and indent with blanks",
        );
    }
    finding = match (suggest::nearest(&word, known), unbuilt::home_of(keyword)) {
        (Some(near), _) => finding.help(format!("did you mean `{near}`?")),
        (None, Some(unbuilt::ROOT)) => finding.help(format!(
            "`{word}` stands outside of all blocks: is a `}}` missing above?"
        )),
        (None, Some(home)) => finding.help(format!(
            "`{word}` belongs in `{home}`: move it there, or look for a misplaced `}}` above"
        )),
        (None, None) => finding.help("remove the line, or correct the word"),
    };
    context.push(finding);
}
