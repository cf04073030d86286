//! Values of keywords that have no effect yet: judged as keepalived judges them, and not kept.

use super::{seconds as seconds_of, whole};
use crate::code;
use crate::context::Context;
use crate::draft::Extra;
use crate::programs;
use crate::table::Arity;
use crate::value::{address, number, words};
use core::ops::RangeInclusive;
use holdfast_model::Micros;
use holdfast_syntax::{Finding, Item};

/// What is said of a value that does not count.
const IGNORED: &str = "the line is ignored";

/// Nothing to judge.
pub(super) fn nothing<D>(_: &mut Context<'_>, _: Item<'_, '_>, _: &mut D) {}

/// An optional boolean.
pub(super) fn boolean<D>(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut D) {
    let _value = truth(context, item);
}

/// An optional boolean; true when it is left out, none when it is neither.
pub(super) fn truth(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<bool> {
    let Some(word) = item.bytes(1) else {
        return Some(true);
    };
    let value = words::boolean(word);
    if value.is_none() {
        let expected = "true, on, yes, false, off, no or nothing";
        context.bad_value(code::CHOICE, item, 1, expected, IGNORED);
    }
    value
}

/// A whole number.
pub(super) fn number(context: &mut Context<'_>, item: Item<'_, '_>, range: RangeInclusive<u32>) {
    let _value = whole(context, item, range, IGNORED);
}

/// The same, and the number.
pub(super) fn whole_number(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    range: RangeInclusive<u32>,
) -> Option<u32> {
    whole(context, item, range, IGNORED)
}

/// A whole number that may be negative.
pub(super) fn signed(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    index: usize,
    range: RangeInclusive<i32>,
) -> Option<i32> {
    let word = item.bytes(index)?;
    let value = words::signed(word).filter(|value| range.contains(value));
    if value.is_none() {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        context.bad_value(code::NUMBER, item, index, &expected, IGNORED);
    }
    value
}

/// Seconds with decimals, between microseconds.
pub(super) fn seconds(context: &mut Context<'_>, item: Item<'_, '_>, micros: RangeInclusive<u64>) {
    let _value = seconds_of(context, item, micros, IGNORED);
}

/// The same, and the time.
pub(super) fn time(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    micros: RangeInclusive<u64>,
) -> Option<Micros> {
    seconds_of(context, item, micros, IGNORED)
}

/// One of some words.
pub(super) fn choice(context: &mut Context<'_>, item: Item<'_, '_>, choices: &[&str]) {
    let word = item.bytes(1);
    if !choices.iter().any(|choice| Some(choice.as_bytes()) == word) {
        let expected = format!("one of {}", choices.join(", "));
        context.bad_value(code::CHOICE, item, 1, &expected, IGNORED);
    }
}

/// `[all] SECONDS`, for gratuitous ARPs on further interfaces.
pub(super) fn extra_seconds(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    least: u32,
) -> Option<Extra> {
    let at = if item.bytes(1) == Some(b"all") { 2 } else { 1 };
    let word = item.bytes(at);
    let seconds = word.and_then(|word| number::number(word, least..=86_400));
    if seconds.is_none() {
        let at = at.min(item.len() - 1);
        let expected = format!("seconds from {least} to 86400");
        context.bad_value(code::NUMBER, item, at, &expected, IGNORED);
    }
    let all = at == 2;
    seconds.map(|seconds| Extra { seconds, all })
}

/// An IPv4 or IPv6 address.
pub(super) fn address<D>(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut D) {
    if item.bytes(1).and_then(address::server_address).is_none() {
        context.bad_value(code::ADDRESS, item, 1, "an IP address", IGNORED);
    }
}

/// An interface's name.
pub(super) fn interface<D>(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut D) {
    name_within(context, item, 15);
}

/// A word of at most `most` bytes.
pub(super) fn name_within(context: &mut Context<'_>, item: Item<'_, '_>, most: usize) {
    if item.bytes(1).is_some_and(|word| word.len() > most) {
        let expected = format!("at most {most} characters");
        context.bad_value(code::TOO_LONG, item, 1, &expected, IGNORED);
    }
}

/// What [`command`] judges.
pub(super) const COMMAND: Arity = Arity::Value(crate::context::COMMAND);

/// A command: a program and its words.
pub(super) fn command<D>(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut D) {
    named(context, item);
    programs::note(&mut context.programs, item);
}

/// Something is named: a program, or a FIFO.
pub(super) fn named(context: &mut Context<'_>, item: Item<'_, '_>) {
    if item.len() < 2 && !context.quote_follows(item) {
        let keyword = String::from_utf8_lossy(item.keyword());
        let finding = Finding::error(
            code::MISSING_VALUE,
            item.head(),
            format!("`{keyword}` names no program: {IGNORED}"),
        )
        .help("write the program's path and its arguments after the keyword");
        context.push(finding);
    }
}

/// An old spelling: works as `instead`.
pub(super) fn deprecated(context: &mut Context<'_>, item: Item<'_, '_>, instead: &str) {
    old_word(context, item, 0, instead);
}

/// The same of another word of a line.
pub(super) fn old_word(context: &mut Context<'_>, line: Item<'_, '_>, index: usize, instead: &str) {
    let word = line.text(index).unwrap_or_default();
    let finding = Finding::warning(
        code::DEPRECATED,
        line.word_span(index),
        format!("`{word}` is an old spelling"),
    )
    .help(format!("write {instead}"));
    context.push(finding);
}
