//! Words of an address line that few lines have.

use crate::code;
use crate::context::Context;
use crate::draft::AddressDraft;
use crate::suggest;
use crate::value::{address as ip, number::number};
use holdfast_model::Name;
use holdfast_model::address::flag;
use holdfast_syntax::{Finding, Item};

/// Those with a value.
pub(super) const PAIRS: [&[u8]; 3] = [b"peer", b"preferred_lft", b"track_group"];

/// Those without a value.
const FLAGS: [&[u8]; 7] = [
    b"home",
    b"-nodad",
    b"mngtmpaddr",
    b"noprefixroute",
    b"autojoin",
    b"no_track",
    b"use_vmac",
];

/// What people misspell.
const WORDS: [&str; 11] = [
    "dev",
    "label",
    "scope",
    "brd",
    "broadcast",
    "peer",
    "home",
    "no_track",
    "use_vmac",
    "noprefixroute",
    "preferred_lft",
];

/// Is it one of these words?
pub(super) fn knows(word: &[u8]) -> bool {
    PAIRS.contains(&word) || FLAGS.contains(&word)
}

/// Reads the word at `index`, its value too; false for a word that is none of these.
pub(super) fn read(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    index: usize,
    draft: &mut AddressDraft,
) -> bool {
    let options = &mut draft.options;
    match line.bytes(index).unwrap_or_default() {
        b"home" => options.flags |= flag::HOME,
        b"mngtmpaddr" => options.flags |= flag::MANAGE_TEMP,
        b"noprefixroute" => options.flags |= flag::NO_PREFIX_ROUTE,
        b"autojoin" => options.flags |= flag::AUTOJOIN,
        b"-nodad" => options.detect_duplicates = true,
        b"no_track" => options.untracked = true,
        b"use_vmac" => options.vmac = true,
        b"peer" => peer(context, line, index + 1, draft),
        b"track_group" => {
            let name = line.text(index + 1).unwrap_or_default();
            options.group = Some((Name::from(name.as_ref()), line.word_span(index + 1)));
        }
        b"preferred_lft" => preferred(context, line, index + 1, draft),
        _ => return false,
    }
    true
}

fn peer(context: &mut Context<'_>, line: Item<'_, '_>, at: usize, draft: &mut AddressDraft) {
    let peer = line.bytes(at).and_then(ip::address);
    draft.options.peer = peer.filter(|peer| peer.is_ipv4() == draft.address.is_ipv4());
    if draft.options.peer.is_none() {
        let expected = "an address of the same family, without a prefix length, after `peer`";
        context.bad_value(code::ADDRESS, line, at, expected, "it is ignored");
    }
}

fn preferred(context: &mut Context<'_>, line: Item<'_, '_>, at: usize, draft: &mut AddressDraft) {
    let word = line.bytes(at).unwrap_or_default();
    let value = match word {
        b"forever" => Some(None),
        _ => number(word, 0..=u32::MAX - 1).map(Some),
    };
    if value.is_none() {
        let expected = "seconds or `forever` after `preferred_lft`";
        context.bad_value(code::NUMBER, line, at, expected, "it is ignored");
    }
    draft.options.preferred = value;
}

/// What does not go together: a peer has the whole prefix, and leaves no broadcast address.
pub(super) fn judge(context: &mut Context<'_>, line: Item<'_, '_>, draft: &mut AddressDraft) {
    if draft.options.peer.is_none() {
        return;
    }
    let mut clash = |what: &str| {
        let message = format!("an address with a `peer` has no {what}: it is ignored");
        let finding = Finding::error(code::ADDRESS, line.head(), message);
        context.push(finding.help("leave it out, or remove `peer`"));
    };
    if draft.options.prefix {
        clash("prefix length of its own");
    }
    if draft.broadcast.take().is_some() {
        clash("broadcast address");
    }
    draft.prefix = ip::full_prefix(draft.address);
}

/// A word that does nothing. True when it is unknown.
pub(super) fn stranger(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    at: usize,
    word: &[u8],
) -> bool {
    let text = String::from_utf8_lossy(word);
    let span = line.word_span(at);
    let message = format!("unknown word `{text}` after an address: ignored");
    let address = line.text(0).unwrap_or_default();
    let help = match text.as_ref() {
        "netmask" | "mask" | "prefix" => {
            format!("write the length of the prefix behind the address: `{address}/24`")
        }
        "device" | "interface" | "iface" => "did you mean `dev`?".to_owned(),
        _ => match suggest::nearest(&text, WORDS.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "after the address come dev, scope, brd and label with their values; each address has a line of its own".to_owned(),
        },
    };
    context.push(Finding::warning(code::ADDRESS_WORD, span, message).help(help));
    true
}
