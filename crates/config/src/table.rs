//! Keyword tables: a keyword is one row.

use crate::block;
use crate::code;
use crate::context::Context;
use crate::suggest;
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

/// How far a keyword is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Built {
    /// It does what its manual says.
    Works,
    /// It is read and checked, and has no effect yet.
    Parsed,
    /// The same, and it decides who is master, who may speak or who is reachable: an instance that
    /// ran without it would run as something else.
    Decisive,
}

impl Built {
    /// As the manual has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Parsed => "read only",
            Self::Decisive => "refused",
        }
    }
}

/// One keyword of one block.
pub(crate) struct Row<D> {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) arity: Arity,
    /// May stand more than once.
    pub(crate) repeats: bool,
    pub(crate) built: Built,
    /// The manual's line on it.
    pub(crate) doc: &'static str,
    pub(crate) apply: fn(&mut Context<'_>, Item<'_, '_>, &mut D),
}

/// A block's keywords, in parts.
pub(crate) struct Table<D: 'static> {
    /// The block's name in findings.
    pub(crate) block: &'static str,
    pub(crate) parts: &'static [&'static [Row<D>]],
}

impl<D> Table<D> {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'static Row<D>> + use<D> {
        self.parts.iter().copied().flatten()
    }
}

impl<D> Row<D> {
    /// A keyword that is read and checked, and has no effect yet.
    pub(crate) const fn parsed(
        name: &'static str,
        arity: Arity,
        doc: &'static str,
        apply: fn(&mut Context<'_>, Item<'_, '_>, &mut D),
    ) -> Self {
        Self {
            name,
            aliases: &[],
            arity,
            repeats: false,
            built: Built::Parsed,
            doc,
            apply,
        }
    }

    /// A keyword that works.
    pub(crate) const fn works(
        name: &'static str,
        arity: Arity,
        doc: &'static str,
        apply: fn(&mut Context<'_>, Item<'_, '_>, &mut D),
    ) -> Self {
        let mut row = Self::parsed(name, arity, doc, apply);
        row.built = Built::Works;
        row
    }

    /// A keyword that would have to be built before an instance with it can run.
    pub(crate) const fn decisive(mut self) -> Self {
        self.built = Built::Decisive;
        self
    }

    /// It may stand more than once.
    pub(crate) const fn repeated(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// Other names of the same.
    pub(crate) const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

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
    let (mut seen, mut told) = (Marks::default(), Marks::default());
    for item in items.clone() {
        let keyword = item.keyword();
        let mut rows = table.rows().enumerate();
        let Some((index, row)) = rows.find(|(_, row)| row.is(keyword)) else {
            stranger(context, item, table);
            continue;
        };
        if seen.set(index) && !row.repeats && !told.set(index) {
            given_twice(context, item, items.clone().find(|i| row.is(i.keyword())));
        }
        let unbuilt = row.built != Built::Works;
        if unbuilt {
            context.no_effect(item, table.block, row.built);
        }
        if fits(context, item, row.arity, table) {
            // what is inside goes without saying
            context.inside_unbuilt += u32::from(unbuilt);
            (row.apply)(context, item, draft);
            context.inside_unbuilt -= u32::from(unbuilt);
        }
    }
}

/// One bit a row; the longest table has fewer than 192.
#[derive(Default)]
struct Marks([u64; 3]);

impl Marks {
    /// Sets it; true when it was set before.
    fn set(&mut self, index: usize) -> bool {
        let Some(word) = self.0.get_mut(index / 64) else {
            return false;
        };
        let bit = 1 << (index % 64);
        let before = *word & bit != 0;
        *word |= bit;
        before
    }
}

/// Words and block as the row wants them?
fn fits<D>(context: &mut Context<'_>, item: Item<'_, '_>, arity: Arity, table: &Table<D>) -> bool {
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
                unexpected(context, item, table);
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

/// A block where none belongs. keepalived drops its braces and goes on inside: there a keyword
/// without its value makes it exit, `${interface}` without a definition for example.
fn unexpected<D>(context: &mut Context<'_>, item: Item<'_, '_>, table: &Table<D>) {
    for child in item.items().filter(|child| child.len() < 2) {
        let row = table.rows().find(|row| row.is(child.keyword()));
        if let Some(Arity::Value(expected) | Arity::NamedBlock(expected)) = row.map(|r| r.arity) {
            context.missing_parameter(child, expected);
        }
    }
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
    if context.findings.is_full(Severity::Warning) {
        context.findings.count(Severity::Warning, false);
        return;
    }
    let word = String::from_utf8_lossy(keyword);
    let rest = if item.is_block() {
        ", its block too"
    } else {
        ""
    };
    let block = table.block;
    let place = if block == block::ROOT_NAME {
        "outside of all blocks".to_owned()
    } else {
        format!("in `{block}`")
    };
    let message = format!("unknown keyword `{word}` {place}: the line is ignored{rest}");
    let mut finding = Finding::warning(code::UNKNOWN_KEYWORD, item.word_span(0), message);
    if word.contains(['\u{feff}', '\u{a0}', '\u{200b}']) {
        finding = finding.help(
            "it holds an invisible character that is no blank (byte order mark, no-break space): \
             save the file as plain text without one, and indent with blanks",
        );
    }
    let known = table.rows().map(|row| row.name);
    let homes = block::homes_of(keyword);
    finding = match (suggest::nearest(&word, known), homes.as_slice()) {
        (Some(near), _) => finding.help(format!("did you mean `{near}`?")),
        (None, []) => finding.help("remove the line, or correct the word"),
        (None, [block::ROOT_NAME, ..]) => finding.help(format!(
            "`{word}` stands outside of all blocks: is a `}}` missing above?"
        )),
        (None, homes) => finding.help(format!(
            "`{word}` belongs in `{}`: move it there, or look for a misplaced `}}` above",
            homes.join("`, `")
        )),
    };
    context.push(finding);
}
