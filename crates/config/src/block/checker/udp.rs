//! UDP_CHECK.

use super::common;
use crate::code;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft, UdpDraft};
use crate::table::{Arity, Row, Table};
use crate::value::number;
use holdfast_syntax::{Finding, Item};

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let checker = common::read(context, item, &TABLE, CheckerKind::Udp(UdpDraft::default()));
    lengths(context, item);
    draft.checkers.push(checker);
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "UDP_CHECK",
    parts: &[
        common::ROWS,
        &[
            Row::works(
                "payload",
                Arity::Needed("bytes in hexadecimal"),
                "What is sent.",
                |context, item, draft| {
                    let bytes = hexadecimal(context, item, false);
                    if let (CheckerKind::Udp(udp), Some(bytes)) = (&mut draft.kind, bytes) {
                        udp.payload = bytes.into_iter().map(|(byte, _)| byte).collect();
                    }
                },
            ),
            Row::works(
                "require_reply",
                Arity::Free,
                "What has to come back; X is any half byte.",
                |context, item, draft| {
                    let bytes = hexadecimal(context, item, true);
                    if let (CheckerKind::Udp(udp), Some(bytes)) = (&mut draft.kind, bytes) {
                        udp.reply = Some(bytes);
                    }
                },
            ),
            Row::works(
                "min_reply_length",
                Arity::Value("bytes"),
                "The shortest answer.",
                |context, item, draft| {
                    let value = length(context, item);
                    if let CheckerKind::Udp(udp) = &mut draft.kind {
                        udp.least = value.or(udp.least);
                    }
                },
            ),
            Row::works(
                "max_reply_length",
                Arity::Value("bytes"),
                "The longest answer; 255.",
                |context, item, draft| {
                    let value = length(context, item);
                    if let CheckerKind::Udp(udp) = &mut draft.kind {
                        udp.most = value.or(udp.most);
                    }
                },
            ),
        ],
    ],
};

fn length(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<u16> {
    let value = crate::block::check::whole_number(context, item, 0..=65_535)?;
    u16::try_from(value).ok()
}

/// No answer is as long as the one and as short as the other.
fn lengths(context: &mut Context<'_>, item: Item<'_, '_>) {
    let last = |keyword: &[u8]| item.items().filter(|line| line.keyword() == keyword).last();
    let value = |line: Item<'_, '_>| {
        line.bytes(1)
            .and_then(|word| number::number(word, 0..=65_535))
    };
    let (Some(least), Some(most)) = (last(b"min_reply_length"), last(b"max_reply_length")) else {
        return;
    };
    if let (Some(low), Some(high)) = (value(least), value(most))
        && low > high
    {
        let message =
            format!("no reply is {low} bytes or longer and at most {high}: the check always fails");
        let finding = Finding::error(code::NUMBER, most.word_span(1), message)
            .also(least.word_span(1), "the shortest reply");
        context.push(finding.help("raise `max_reply_length`, or lower `min_reply_length`"));
    }
}

/// Bytes with the bits that count: digits, with blanks or without; each word is filled up with a 0
/// in front of a last half byte, which keepalived takes for a whole one.
fn hexadecimal(context: &mut Context<'_>, item: Item<'_, '_>, any: bool) -> Option<Vec<(u8, u8)>> {
    let mut halves = Vec::new();
    for index in 1..item.len() {
        let digits = item.bytes(index).unwrap_or_default();
        for pair in digits.chunks(2) {
            if pair.len() == 1 {
                halves.push(Some((0, 0x0f)));
            }
            halves.extend(pair.iter().map(|digit| half(*digit, any)));
        }
    }
    let Some(halves) = halves.into_iter().collect::<Option<Vec<_>>>() else {
        let expected = "hexadecimal digits, two a byte";
        context.bad_value(code::NUMBER, item, 1, expected, "the line is ignored");
        return None;
    };
    let pairs = halves.chunks(2).map(|pair| match *pair {
        [(high, of_high), (low, of_low)] => (high << 4 | low, of_high << 4 | of_low),
        _ => (0, 0),
    });
    Some(pairs.collect())
}

/// A half byte, and which of its bits count.
fn half(digit: u8, any: bool) -> Option<(u8, u8)> {
    if any && matches!(digit, b'X' | b'x') {
        return Some((0, 0));
    }
    let value = char::from(digit).to_digit(16)?;
    Some((u8::try_from(value).ok()?, 0x0f))
}
