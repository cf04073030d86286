//! `virtual_ipaddress`: one address a line.
//!
//! `IP[/len] [dev IF] [scope S] [brd|broadcast A|+|-] [label L] [peer IP] [home] [-nodad]
//! [mngtmpaddr] [noprefixroute] [autojoin] [no_track] [preferred_lft N|forever]`

use super::address_options;
use crate::code;
use crate::context::Context;
use crate::draft::{AddressDraft, InstanceDraft, OptionsDraft, StaticsDraft};
use crate::hint;
use crate::listening_draft::Followed;
use crate::value::{address as ip, words};
use core::net::IpAddr;
use holdfast_model::{IfName, Name};
use holdfast_syntax::{Finding, Item};

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let (lines, refused) = lines(context, item);
    draft.address_refused |= refused;
    for (line, address) in lines {
        if one_family(context, line, draft, &address) && once(context, line, draft, &address) {
            draft.addresses.push(address);
        }
    }
}

/// `virtual_ipaddress_excluded`: of any family.
pub(super) fn excluded(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    for (line, address) in lines(context, item).0 {
        if once(context, line, draft, &address) {
            draft.kernel.excluded.push(address);
        }
    }
}

/// `static_ipaddress`.
pub(super) fn statics(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut StaticsDraft) {
    for (_, mut address) in lines(context, item).0 {
        let group = address.options.group.take();
        if let Some((group, span)) = group.filter(|_| !address.options.untracked) {
            let interface = address.interface.clone();
            draft.followed.push(Followed {
                group,
                interface,
                span,
            });
        }
        draft.addresses.push(address);
    }
}

/// The lines that hold an address, and whether one had to be left out.
fn lines<'t, 's>(
    context: &mut Context<'_>,
    item: Item<'t, 's>,
) -> (Vec<(Item<'t, 's>, AddressDraft)>, bool) {
    let (mut list, mut refused) = (Vec::new(), false);
    for line in item.items() {
        if let Some(open) = line.open() {
            let finding = Finding::error(
                code::UNEXPECTED_BLOCK,
                open,
                "an address has no block: everything in these braces is ignored",
            )
            .label("unexpected `{`")
            .help(
                "write its words behind the address, on one line: `IP dev INTERFACE label LABEL`",
            );
            context.shifted = true;
            context.push(finding);
        }
        match self::line(context, line) {
            Some(address) => list.push((line, address)),
            None => refused = true,
        }
    }
    (list, refused)
}

/// Reads one line.
fn line(context: &mut Context<'_>, line: Item<'_, '_>) -> Option<AddressDraft> {
    let (text, prefix) = ip::split_slash(line.keyword());
    let Some(address) = ip::address(text) else {
        let found = line.text(0).unwrap_or_default();
        let finding = Finding::error(
            code::ADDRESS,
            line.word_span(0),
            format!("expected an IP address, found `{found}`: the line is skipped"),
        )
        .label("no address")
        .help(not_an_address(&found));
        context.push(finding);
        return None;
    };
    let full = ip::full_prefix(address);
    let mut draft = AddressDraft {
        address,
        prefix: full,
        interface: None,
        label: None,
        scope: None,
        broadcast: None,
        options: OptionsDraft::default(),
        span: line.head(),
    };
    draft.options.prefix = prefix.is_some();
    if let Some(word) = prefix {
        draft.prefix = ip::prefix(word, address).unwrap_or_else(|| {
            bad_prefix(context, line, word, full);
            full
        });
    }
    options(context, line, &mut draft).then_some(draft)
}

fn bad_prefix(context: &mut Context<'_>, line: Item<'_, '_>, word: &[u8], full: u8) {
    let found = String::from_utf8_lossy(word);
    let found = match found.as_ref() {
        "" => "nothing".to_owned(),
        found => format!("`{found}`"),
    };
    let mask = ip::address4(word).and_then(ip::mask_prefix);
    let help = match mask.filter(|_| full == 32) {
        Some(length) => format!("write `/{length}`, the number of ones in this mask"),
        None if full == 32 => "write the length of the network's prefix, such as /24".to_owned(),
        None => "write the length of the network's prefix, such as /64".to_owned(),
    };
    let finding = Finding::error(
        code::NUMBER,
        line.word_span(0),
        format!(
            "expected a prefix length from 0 to {full} after `/`, found {found}: {full} is used"
        ),
    );
    context.push(finding.help(help));
}

/// What to write instead.
fn not_an_address(found: &str) -> String {
    let in_full = "write it in full, with a prefix length if you like: 192.0.2.10/24";
    if found.contains(',') {
        return "write each address on a line of its own, without commas".to_owned();
    }
    if let Some((address, _)) = found.split_once('-')
        && ip::address(address.as_bytes()).is_some()
    {
        return "ranges work in virtual_server_group only: write each address on a line of its own, or repeat the line with `~SEQ(n,10,20) 192.0.2.$n`".to_owned();
    }
    let hint = hint::for_value(code::ADDRESS, found, "an IP address");
    hint.unwrap_or_else(|| in_full.to_owned())
}

/// The words after the address. False when the address has to be left out.
fn options(context: &mut Context<'_>, line: Item<'_, '_>, draft: &mut AddressDraft) -> bool {
    let mut index = 1;
    // the words behind an unknown one are taken for its value
    let mut lost = false;
    while let Some(word) = line.bytes(index) {
        let text = String::from_utf8_lossy(word);
        if hint::foreign_comment(&text) {
            let message = format!("`{text}` starts no comment: it is ignored, with what follows");
            let finding = Finding::warning(code::ADDRESS_WORD, line.word_span(index), message);
            context.push(finding.help("write `#` or `!` in front of a comment"));
            return true;
        }
        let pair = matches!(word, b"dev" | b"label" | b"scope" | b"brd" | b"broadcast")
            || address_options::PAIRS.contains(&word);
        if pair && line.bytes(index + 1).is_none() {
            let finding = Finding::error(
                code::MISSING_VALUE,
                line.word_span(index),
                format!(
                    "`{}` is missing its value: the address is left out",
                    String::from_utf8_lossy(word)
                ),
            )
            .help("write the value after the word, or remove the word");
            context.push(finding);
            return false;
        }
        let six = draft.address.is_ipv6();
        let keep = match word {
            b"label" | b"scope" if six => {
                ipv4_only(context, line, index);
                true
            }
            b"dev" => device(context, line, index + 1, draft),
            b"label" => label(context, line, index + 1, draft),
            b"scope" => {
                scope(context, line, index + 1, draft);
                true
            }
            b"brd" | b"broadcast" => broadcast(context, line, index + 1, draft),
            _ if lost && !address_options::knows(word) => true,
            _ => {
                let known = address_options::read(context, line, index, draft);
                lost |= !known && address_options::stranger(context, line, index, word);
                true
            }
        };
        if !keep {
            return false;
        }
        lost &= !pair;
        index += if pair { 2 } else { 1 };
    }
    address_options::judge(context, line, draft);
    true
}

/// The kernel keeps neither for IPv6.
fn ipv4_only(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) {
    let word = line.text(index).unwrap_or_default();
    let finding = Finding::warning(
        code::ADDRESS_WORD,
        line.word_span(index),
        format!("an IPv6 address has no `{word}`: it is ignored"),
    )
    .help("remove the word and its value");
    context.push(finding);
}

fn device(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    at: usize,
    draft: &mut AddressDraft,
) -> bool {
    let text = line.text(at).unwrap_or_default();
    let name = IfName::new(&text);
    let keep = name.is_some()
        && (context.has_interface(&text)
            || context.missing_interface(line.word_span(at), &text, "the address is left out"));
    if name.is_none() {
        let expected = "an interface's name of 1 to 15 characters";
        context.bad_value(
            code::TOO_LONG,
            line,
            at,
            expected,
            "the address is left out",
        );
    }
    draft.interface = name;
    keep
}

fn label(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    at: usize,
    draft: &mut AddressDraft,
) -> bool {
    let text = line.text(at).unwrap_or_default();
    if text.len() > 15 {
        let finding = Finding::error(
            code::TOO_LONG,
            line.word_span(at),
            format!("label `{text}` is longer than 15 bytes: the address is left out"),
        )
        .label(format!("{} bytes", text.len()))
        .help("shorten the label; the kernel takes 15 bytes");
        context.push(finding);
        return false;
    }
    draft.label = Some(Name::from(text.as_ref()));
    true
}

fn scope(context: &mut Context<'_>, line: Item<'_, '_>, at: usize, draft: &mut AddressDraft) {
    draft.scope = line.bytes(at).and_then(words::scope);
    if draft.scope.is_none() {
        let found = line.text(at).unwrap_or_default();
        let finding = Finding::error(
            code::CHOICE,
            line.word_span(at),
            format!(
                "`scope`: expected global, site, link, host or a number up to 255, found `{found}`"
            ),
        )
        .label("the default scope is used")
        .help("remove it unless you need it: global is the default");
        context.push(finding);
    }
}

fn broadcast(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    at: usize,
    draft: &mut AddressDraft,
) -> bool {
    let word = line.bytes(at).unwrap_or(&[]);
    let IpAddr::V4(address) = draft.address else {
        let finding = Finding::error(
            code::ADDRESS,
            line.word_span(at),
            "an IPv6 address has no broadcast address: the word is ignored",
        )
        .help("remove `brd`");
        context.push(finding);
        return true;
    };
    if matches!(word, b"+" | b"-") {
        if draft.prefix > 30 {
            let finding = Finding::error(
                code::ADDRESS,
                line.word_span(at),
                format!(
                    "a prefix of {} leaves no broadcast address: `brd` is ignored",
                    draft.prefix
                ),
            )
            .help("write the network's prefix length after the address, such as /24");
            context.push(finding);
            return true;
        }
        draft.broadcast = Some(match word {
            b"+" => ip::broadcast(address, draft.prefix),
            _ => ip::network(address, draft.prefix),
        });
        return true;
    }
    draft.broadcast = ip::address4(word);
    if draft.broadcast.is_none() {
        let found = line.text(at).unwrap_or_default();
        let finding = Finding::error(
            code::ADDRESS,
            line.word_span(at),
            format!("`brd`: expected an IPv4 address, `+` or `-`, found `{found}`: the address is left out"),
        )
        .help("write `brd +` for the network's highest address, or remove it");
        context.push(finding);
    }
    draft.broadcast.is_some()
}

/// The first address decides the family.
fn one_family(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    draft: &InstanceDraft,
    address: &AddressDraft,
) -> bool {
    let first = draft.addresses.first();
    let Some(first) = first.filter(|f| f.address.is_ipv4() != address.address.is_ipv4()) else {
        return true;
    };
    let finding = Finding::error(
        code::FAMILY,
        line.word_span(0),
        format!(
            "`{}` is of another family than the instance's first address: it is left out",
            address.address
        ),
    )
    .help(
        "give IPv4 and IPv6 addresses an instance each, or list it in `virtual_ipaddress_excluded`",
    )
    .also(first.span, "the first address");
    context.push(finding);
    false
}

/// What stands there twice counts once.
fn once(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    draft: &mut InstanceDraft,
    address: &AddressDraft,
) -> bool {
    let identity = (address.address, address.prefix, address.interface.clone());
    if let Some(old) = draft.first_given.get(&identity) {
        let finding = Finding::advice(
            code::SAME_ADDRESS,
            line.head(),
            format!("`{}` stands here twice: it counts once", address.address),
        )
        .also(*old, "first given here")
        .help("remove one of the two lines");
        context.push(finding);
        return false;
    }
    draft.first_given.insert(identity, line.head());
    true
}
