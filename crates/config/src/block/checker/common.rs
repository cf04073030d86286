//! The keywords that all network checkers share. Each checker's table lists these rows first.

use crate::block::{seconds, whole};
use crate::code;
use crate::context::Context;
use crate::draft::CheckerDraft;
use crate::table::{Arity, Row};
use crate::value::{address, duration, number};
use holdfast_syntax::Item;

pub(super) const CONNECT_IP: Row<CheckerDraft> = Row {
    name: "connect_ip",
    aliases: &[],
    arity: Arity::Value("an IP address"),
    repeats: false,
    doc: "Whom to connect to; the real server by default.",
    apply: |context, item, draft| match item.bytes(1).and_then(address::address) {
        Some(value) => draft.address = Some(value),
        None => {
            let consequence = "the real server's address is used";
            context.bad_value(code::ADDRESS, item, 1, "an IP address", consequence);
        }
    },
};

pub(super) const CONNECT_PORT: Row<CheckerDraft> = Row {
    name: "connect_port",
    aliases: &[],
    arity: Arity::Value("a port"),
    repeats: false,
    doc: "The port to connect to; the real server's by default.",
    apply: |context, item, draft| match item.bytes(1).and_then(number::port) {
        Some(value) => draft.port = Some(value),
        None => {
            let (expected, consequence) = ("a port from 1 to 65535", "the real server's is used");
            context.bad_value(code::NUMBER, item, 1, expected, consequence);
        }
    },
};

pub(super) const CONNECT_TIMEOUT: Row<CheckerDraft> = Row {
    name: "connect_timeout",
    aliases: &[],
    arity: Arity::Value("seconds"),
    repeats: false,
    doc: "Seconds to wait for a connection and for bytes.",
    apply: |context, item, draft| {
        let value = seconds(context, item, duration::SHORT, "the inherited time is used");
        draft.timing.connect_timeout = value.or(draft.timing.connect_timeout);
    },
};

pub(super) const RETRY: Row<CheckerDraft> = Row {
    name: "retry",
    aliases: &[],
    arity: Arity::Value("a whole number"),
    repeats: false,
    doc: "Failures that are forgiven while the server is up.",
    apply: retry,
};

pub(super) fn retry(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut CheckerDraft) {
    let value = whole(context, item, 0..=u32::MAX, "the inherited number is used");
    draft.timing.retry = value.or(draft.timing.retry);
}

pub(super) const DELAY_BEFORE_RETRY: Row<CheckerDraft> = Row {
    name: "delay_before_retry",
    aliases: &[],
    arity: Arity::Value("seconds"),
    repeats: false,
    doc: "Seconds until a failed check is repeated.",
    apply: |context, item, draft| {
        let value = seconds(context, item, duration::ANY, "the inherited time is used");
        draft.timing.delay_before_retry = value.or(draft.timing.delay_before_retry);
    },
};

pub(super) const WARMUP: Row<CheckerDraft> = Row {
    name: "warmup",
    aliases: &[],
    arity: Arity::Value("seconds"),
    repeats: false,
    doc: "The first check comes at random within this time.",
    apply: |context, item, draft| {
        let value = seconds(context, item, duration::ANY, "the inherited time is used");
        draft.timing.warmup = value.or(draft.timing.warmup);
    },
};

pub(super) const DELAY_LOOP: Row<CheckerDraft> = Row {
    name: "delay_loop",
    aliases: &[],
    arity: Arity::Value("seconds"),
    repeats: false,
    doc: "Seconds from one check to the next.",
    apply: |context, item, draft| {
        let value = seconds(context, item, duration::LONG, "the inherited time is used");
        draft.timing.delay_loop = value.or(draft.timing.delay_loop);
    },
};
