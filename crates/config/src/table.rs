//! Keyword tables: a keyword is one row.

use crate::braces::{is_undefined, takes_name, unexpected, unexpected_help, unopened};
use crate::code;
use crate::context::Context;
use crate::stranger;
use holdfast_syntax::{Finding, Item, Items};

/// What follows a keyword. More words than needed are ignored, as keepalived does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arity {
    /// Nothing, or something that may be left out.
    Free,
    /// Nothing: it is on as soon as it stands there, whatever follows.
    Switch,
    /// At least one word, described here; without it keepalived exits.
    Value(&'static str),
    /// At least one word, described here; without it keepalived says so and goes on.
    Needed(&'static str),
    /// A block.
    Block,
    /// At least one word, described here, then a block.
    NamedBlock(&'static str),
}

impl Arity {
    pub(crate) const fn has_block(self) -> bool {
        matches!(self, Self::Block | Self::NamedBlock(_))
    }
}

/// How far a keyword is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Built {
    /// It does what its manual says.
    Works,
    /// It is read and checked, and has no effect yet.
    Parsed,
}

impl Built {
    /// As the manual has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Parsed => "read only",
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
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'static Row<D>> + Clone + use<D> {
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

    pub(crate) fn is(&self, keyword: &[u8]) -> bool {
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
    walk_on(
        context,
        items,
        table,
        draft,
        &mut (Marks::default(), Marks::default()),
        false,
    );
}

fn walk_on<D>(
    context: &mut Context<'_>,
    items: Items<'_, '_>,
    table: &Table<D>,
    draft: &mut D,
    marks: &mut (Marks, Marks),
    in_extra_braces: bool,
) {
    // the block whose `{` is missing: what stood in it goes without saying
    let mut unopened: Option<&'static str> = None;
    let mut rest = items.clone();
    while let Some(item) = rest.next() {
        let keyword = item.keyword();
        let mut rows = table.rows().enumerate();
        let Some((index, row)) = rows.find(|(_, row)| row.is(keyword)) else {
            context.shifted |= item.is_block();
            if in_extra_braces && !item.is_block() {
                // it may be a part of a value
                continue;
            }
            if unopened.is_none_or(|block| !stranger::inside(item, block.as_bytes())) {
                let known = table.rows().map(|row| row.name);
                let told = stranger::stranger(context, item, table.block, known, rest.clone());
                context.shifted |= rest.by_ref().take(told).filter(Item::is_block).count() > 0;
            }
            continue;
        };
        unopened = None;
        let (seen, told) = marks;
        if seen.set(index) && !row.repeats && !told.set(index) {
            let mut others = items.clone().filter(|other| other.index() != item.index());
            given_twice(context, item, others.find(|other| row.is(other.keyword())));
        }
        let unbuilt = row.built != Built::Works;
        if unbuilt {
            context.no_effect(item, table.block);
        }
        if row.arity.has_block() && !item.is_block() && !item.lacks_open() {
            unopened = Some(row.name);
        }
        if fits(context, item, row.arity, table) {
            // what is inside goes without saying
            context.inside_unbuilt += u32::from(unbuilt);
            (row.apply)(context, item, draft);
            context.inside_unbuilt -= u32::from(unbuilt);
        }
        // keepalived does the same: its braces count for nothing
        if item.is_block() && !row.arity.has_block() && !is_undefined(item) {
            walk_on(context, item.items(), table, draft, marks, true);
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
            context.missing_parameter(item, expected, matches!(arity, Arity::Value(_)));
            return false;
        }
        Arity::Needed(expected) if item.len() < 2 => {
            context.missing_value(item, expected);
            return false;
        }
        Arity::Free | Arity::Value(_) | Arity::Needed(_) | Arity::Switch => {
            surplus(context, item, arity, table);
            if let Some(open) = item.open() {
                let keyword = String::from_utf8_lossy(item.keyword());
                let what = if is_undefined(item) {
                    "everything in these braces is ignored"
                } else {
                    "what is in these braces is read as if they were not there"
                };
                let finding = Finding::error(
                    code::UNEXPECTED_BLOCK,
                    open,
                    format!("`{keyword}` has no block: {what}"),
                )
                .label("unexpected `{`")
                .help(unexpected_help(item));
                context.push(finding);
                context.shifted = true;
                if is_undefined(item) {
                    unexpected(context, item, table);
                }
            }
        }
        Arity::Block | Arity::NamedBlock(_) => {
            if !item.is_block() {
                let named = matches!(arity, Arity::NamedBlock(_)) || takes_name(item.keyword());
                unopened(context, item, named);
                return item.lacks_open();
            }
        }
    }
    true
}

/// Words that do not count although they look as if they did. Digits never do: a port may follow.
fn surplus<D>(context: &mut Context<'_>, item: Item<'_, '_>, arity: Arity, table: &Table<D>) {
    let keyword = item.keyword();
    let (index, message, help) = match arity {
        Arity::Switch if matches!(item.bytes(1), Some(b"no" | b"off" | b"false")) => (
            1,
            "is on as soon as it stands here: the word after it is ignored",
            "remove the line to switch it off",
        ),
        Arity::Switch | Arity::Free if item.len() < 2 => return,
        Arity::Value(_) | Arity::Needed(_) if item.len() < 3 => return,
        // a command's arguments may be any words
        _ if item.bytes(1).is_some_and(|word| word.contains(&b'/')) => return,
        _ => {
            let from = if matches!(arity, Arity::Value(_)) {
                2
            } else {
                1
            };
            let known = |word: &[u8]| table.rows().any(|row| row.is(word));
            let second = (from..item.len()).find(|index| {
                let word = item.bytes(*index).unwrap_or_default();
                word.first().is_some_and(u8::is_ascii_alphabetic) && word.len() > 5 && known(word)
            });
            let Some(index) = second else { return };
            let (message, help) = (
                "ends its line: the keyword behind its value is ignored",
                "write each keyword on a line of its own",
            );
            (index, message, help)
        }
    };
    let keyword = String::from_utf8_lossy(keyword);
    let finding = Finding::advice(
        code::SURPLUS,
        item.word_span(index),
        format!("`{keyword}` {message}"),
    );
    context.push(finding.label("without effect").help(help));
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
