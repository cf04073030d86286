//! Keyword tables: a keyword is one row.

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
    // the block whose `{` is missing: what stood in it goes without saying
    let mut unopened: Option<&'static str> = None;
    let mut rest = items.clone();
    while let Some(item) = rest.next() {
        let keyword = item.keyword();
        let mut rows = table.rows().enumerate();
        let Some((index, row)) = rows.find(|(_, row)| row.is(keyword)) else {
            if unopened.is_none_or(|block| !stranger::inside(item, block.as_bytes())) {
                let known = table.rows().map(|row| row.name);
                let told = stranger::stranger(context, item, table.block, known, rest.clone());
                if let Some(last) = told.checked_sub(1) {
                    rest.nth(last);
                }
            }
            continue;
        };
        unopened = None;
        if seen.set(index) && !row.repeats && !told.set(index) {
            given_twice(context, item, items.clone().find(|i| row.is(i.keyword())));
        }
        let unbuilt = row.built != Built::Works;
        if unbuilt {
            context.no_effect(item, table.block, row.built);
        }
        if matches!(row.arity, Arity::Block | Arity::NamedBlock(_)) && !item.is_block() {
            unopened = Some(row.name);
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
                let finding = Finding::error(
                    code::UNEXPECTED_BLOCK,
                    open,
                    format!("`{keyword}` has no block: everything in these braces is ignored"),
                )
                .label("unexpected `{`")
                .help(unexpected_help(item));
                context.push(finding);
                unexpected(context, item, table);
            }
        }
        Arity::Block | Arity::NamedBlock(_) => {
            if !item.is_block() {
                let named = matches!(arity, Arity::NamedBlock(_)) || takes_name(item.keyword());
                unopened(context, item, named);
                return false;
            }
        }
    }
    true
}

/// Blocks that take a name, and say in their own words when they have none.
fn takes_name(keyword: &[u8]) -> bool {
    matches!(
        keyword,
        b"vrrp_instance" | b"vrrp_sync_group" | b"track_group"
    )
}

/// A block's `{` is missing.
fn unopened(context: &mut Context<'_>, item: Item<'_, '_>, named: bool) {
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
    .label("ignored, with what belongs in it")
    .help(help);
    context.push(finding);
}

/// Braces behind a value: of a variable that nobody defined, or one too many.
fn unexpected_help(item: Item<'_, '_>) -> &'static str {
    let last = item.bytes(item.len() - 1).unwrap_or_default();
    if last.ends_with(b"$") {
        "`${NAME}` is replaced when `$NAME=value` stands above, and takes no default inside its braces"
    } else {
        "remove the braces, or look for a misspelt keyword or a `}` missing above; a brace in a value needs \"quotes\" around it"
    }
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

/// A block where none belongs. keepalived drops its braces and goes on inside: there a keyword
/// without its value makes it exit, `${interface}` without a definition for example.
fn unexpected<D>(context: &mut Context<'_>, item: Item<'_, '_>, table: &Table<D>) {
    for child in item.items().filter(|child| child.len() < 2) {
        let row = table.rows().find(|row| row.is(child.keyword()));
        if let Some(Arity::Value(expected) | Arity::NamedBlock(expected)) = row.map(|r| r.arity) {
            context.missing_parameter(child, expected, false);
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
