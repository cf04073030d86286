//! Keywords that their block does not know: which one was meant, or where it belongs.

use crate::block::{self, homes_of};
use crate::code;
use crate::context::Context;
use crate::hint;
use crate::suggest;
use crate::value::address as ip;
use holdfast_syntax::{Finding, Item, Items, Severity};

/// Blocks that a finding names before it only counts them.
const FEW: usize = 4;

/// Says that `item` is unknown in `block`, whose keywords are `known`. What comes after it and is
/// lost for the same reason is told of with it: how many items that is.
pub(crate) fn stranger(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    block: &'static str,
    known: impl Iterator<Item = &'static str> + Clone,
    rest: Items<'_, '_>,
) -> usize {
    if context.findings.is_full(Severity::Warning) {
        context.findings.count(Severity::Warning, false);
        return 0;
    }
    let word = String::from_utf8_lossy(item.keyword());
    let mut homes = homes_of(item.keyword());
    let near = suggest::keyword(&word, known.clone());
    // a keyword of another block is no beginning of one of this
    let begun = || suggest::begun(&word, known.clone()).filter(|_| homes.is_empty());
    let near = near.or_else(begun);
    let mut also = 0;
    if near.is_none() && !homes.is_empty() {
        also = companions(&mut homes, known, rest);
    } else if near.is_none() && is_address(item) {
        also = rest.take_while(|item| is_address(*item)).count();
    }
    let place = if block == block::ROOT_NAME {
        "outside of all blocks".to_owned()
    } else {
        format!("in `{block}`")
    };
    let lost = match (item.is_block(), also) {
        (false, 0) => "the line is ignored".to_owned(),
        (true, 0) => "the line is ignored, its block too".to_owned(),
        (false, 1) => "the line is ignored, and so is the next keyword".to_owned(),
        (true, 1) => "the line is ignored with its block, and so is the next keyword".to_owned(),
        (false, _) => format!("the line is ignored, and so are the next {also} keywords"),
        (true, _) => {
            format!("the line is ignored with its block, and so are the next {also} keywords")
        }
    };
    let message = format!("unknown keyword `{word}` {place}: {lost}");
    let mut finding = Finding::warning(code::UNKNOWN_KEYWORD, item.word_span(0), message);
    if word.contains(['\u{feff}', '\u{a0}', '\u{200b}']) {
        finding = finding.help(
            "it holds an invisible character that is no blank (byte order mark, no-break space): \
             save the file as plain text without one, and indent with blanks",
        );
    }
    finding = finding.help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if block == "vrrp_sync_group" && homes.is_empty() && item.len() == 1 => {
            format!("instances stand in a block of their own: `group {{`, then `{word}` on a line, then `}}`")
        }
        None => advice(item, &word, &homes, also),
    });
    context.push(finding);
    also
}

/// How many of the following items are unknown here too and share a home with the first: one brace
/// that is missing or in the wrong place loses them all. `homes` keeps what they share.
fn companions(
    homes: &mut Vec<&'static str>,
    known: impl Iterator<Item = &'static str> + Clone,
    rest: Items<'_, '_>,
) -> usize {
    let mut count = 0;
    for item in rest {
        let keyword = item.keyword();
        if known.clone().any(|name| name.as_bytes() == keyword) {
            break;
        }
        let theirs = homes_of(keyword);
        let shared: Vec<&'static str> = homes
            .iter()
            .copied()
            .filter(|home| theirs.contains(home))
            .collect();
        if shared.is_empty() {
            break;
        }
        *homes = shared;
        count += 1;
    }
    count
}

/// True for what is lost because the `{` of `block` is missing above: it goes without saying.
pub(crate) fn inside(item: Item<'_, '_>, block: &[u8]) -> bool {
    let homes = homes_of(item.keyword());
    homes.is_empty() || homes.iter().any(|home| home.as_bytes() == block)
}

/// What to do about a word that is near to no keyword of its block.
fn advice(item: Item<'_, '_>, word: &str, homes: &[&'static str], also: usize) -> String {
    match homes {
        [] => nowhere(item, word),
        [block::ROOT_NAME, ..] => {
            format!("`{word}` stands outside of all blocks: is a `}}` missing above?")
        }
        homes => {
            let named = homes.get(..FEW.min(homes.len())).unwrap_or_default();
            let more = match homes.len() - named.len() {
                0 => String::new(),
                1 => " and one more block".to_owned(),
                more => format!(" and {more} more blocks"),
            };
            let them = if also > 0 { "them" } else { "it" };
            format!(
                "`{word}` belongs in `{}`{more}: move {them} there, or look above for a `}}` that is missing or one too many",
                named.join("`, `")
            )
        }
    }
}

/// An address, perhaps with a prefix length, where a keyword belongs.
fn is_address(item: Item<'_, '_>) -> bool {
    ip::address(ip::split_slash(item.keyword()).0).is_some()
}

/// Words that keepalived had, or that people bring along from elsewhere.
fn nowhere(item: Item<'_, '_>, word: &str) -> String {
    let bare = word.trim_end_matches([':', ';', ',', '=', '{']);
    let (key, value) = word.split_once('=').unwrap_or((word, ""));
    match word {
        "nat_mask" => return "keepalived dropped it long ago: remove the line".to_owned(),
        "include" | "includer" | "includem" | "includew" | "includeb" | "includea" => {
            return format!("write the file's name after `{word}`");
        }
        _ if hint::foreign_comment(word) || item.bytes(item.len() - 1) == Some(b"*/") => {
            return "comments start with `#` or `!`, and end with their line".to_owned();
        }
        _ if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].contains(&word) => {
            return "a merge has left its marks: keep one of the two sides and remove them"
                .to_owned();
        }
        _ if !value.is_empty() && !homes_of(key.as_bytes()).is_empty() => {
            return format!("write `{key} {value}`: a blank, and no `=`");
        }
        _ if bare != word && !homes_of(bare.as_bytes()).is_empty() => {
            return format!("write `{bare}`, without a mark behind it");
        }
        _ if word.starts_with('$') && item.bytes(1).is_some_and(|next| next.starts_with(b"=")) => {
            return format!("write `{word}=value`, without blanks around the `=`");
        }
        _ => {}
    }
    if is_address(item) {
        return "addresses stand in a block, such as `virtual_ipaddress {` or `unicast_peer {`, one a line: write it around them".to_owned();
    }
    "remove the line, or correct the word".to_owned()
}
