//! The keywords that all network checkers share. Each checker's table lists these rows first.

use crate::block::{check, timing};
use crate::code;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, Spanned};
use crate::table::{Arity, Built, Row, Table, walk};
use crate::value::{address, number};
use holdfast_model::IfName;
use holdfast_syntax::Item;

pub(super) const CONNECT_IP: Row<CheckerDraft> = Row {
    name: "connect_ip",
    aliases: &[],
    arity: Arity::Value("an IP address"),
    repeats: false,
    built: Built::Works,
    doc: "Whom to connect to; the real server by default.",
    apply: |context, item, draft| match item.bytes(1).and_then(address::server_address) {
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
    built: Built::Works,
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
    built: Built::Works,
    doc: "Seconds to wait for a connection and for bytes.",
    apply: |c, i, d| timing::connect_timeout(c, i, &mut d.timing, timing::INHERITED),
};

pub(super) const RETRY: Row<CheckerDraft> = Row {
    name: "retry",
    aliases: &[],
    arity: Arity::Value("a whole number"),
    repeats: false,
    built: Built::Works,
    doc: "Failures that are forgiven while the server is up.",
    apply: retry,
};

pub(super) fn retry(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut CheckerDraft) {
    let otherwise = "the inherited number is used";
    timing::retry(context, item, 0, &mut draft.timing, otherwise);
}

pub(super) const DELAY_BEFORE_RETRY: Row<CheckerDraft> = Row {
    name: "delay_before_retry",
    aliases: &[],
    arity: Arity::Value("seconds"),
    repeats: false,
    built: Built::Works,
    doc: "Seconds until a failed check is repeated.",
    apply: |c, i, d| timing::delay_before_retry(c, i, &mut d.timing, timing::INHERITED),
};

pub(super) const WARMUP: Row<CheckerDraft> = Row {
    name: "warmup",
    aliases: &[],
    arity: Arity::Value("seconds"),
    repeats: false,
    built: Built::Works,
    doc: "The first check comes at random within this time.",
    apply: |c, i, d| timing::warmup(c, i, &mut d.timing, timing::INHERITED),
};

pub(super) const DELAY_LOOP: Row<CheckerDraft> = Row {
    name: "delay_loop",
    aliases: &[],
    arity: Arity::Value("seconds"),
    repeats: false,
    built: Built::Works,
    doc: "Seconds from one check to the next.",
    apply: |c, i, d| timing::delay_loop(c, i, &mut d.timing, timing::INHERITED),
};

pub(super) const ALPHA: Row<CheckerDraft> = Row {
    name: "alpha",
    aliases: &[],
    arity: Arity::Free,
    repeats: false,
    built: Built::Works,
    doc: "Counts as failed until it has succeeded.",
    apply: |c, i, d| d.alpha = check::truth(c, i).or(d.alpha),
};

pub(super) const LOG_ALL_FAILURES: Row<CheckerDraft> = Row {
    name: "log_all_failures",
    aliases: &[],
    arity: Arity::Free,
    repeats: false,
    built: Built::Works,
    doc: "Logs failures that are forgiven too.",
    apply: |c, i, d| d.log_all = check::truth(c, i).unwrap_or(d.log_all),
};

pub(super) const RISE: Row<CheckerDraft> = Row {
    name: "rise",
    aliases: &[],
    arity: Arity::Value("a number from 1 to 1000"),
    repeats: false,
    built: Built::Works,
    doc: "Holdfast's own (`@holdfast rise 3`): successes in a row, each a delay_loop after the other, until a server that is down is up; 1.",
    apply: |c, i, d| d.rise = check::whole_number(c, i, 1..=1000).or(d.rise),
};

/// Reads a checker block.
pub(super) fn read(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    table: &Table<CheckerDraft>,
    kind: CheckerKind,
) -> CheckerDraft {
    let mut checker = CheckerDraft {
        head: item.head(),
        kind,
        ..CheckerDraft::default()
    };
    walk(context, item.items(), table, &mut checker);
    checker
}

/// Those of every network checker.
pub(super) const ROWS: &[Row<CheckerDraft>] = &[
    CONNECT_PORT,
    CONNECT_TIMEOUT,
    RETRY,
    DELAY_BEFORE_RETRY,
    CONNECT_IP,
    WARMUP,
    DELAY_LOOP,
    Row::works(
        "bindto",
        Arity::Value("an IP address"),
        "Where the connection comes from.",
        |context, item, draft| match item.bytes(1).and_then(address::server_address) {
            Some(value) => {
                let span = item.word_span(1);
                draft.origin.address = Some(Spanned { value, span });
            }
            None => {
                let consequence = "the kernel chooses one";
                context.bad_value(code::ADDRESS, item, 1, "an IP address", consequence);
            }
        },
    ),
    Row::works(
        "bind_port",
        Arity::Value("a port"),
        "The port that it comes from.",
        |context, item, draft| match item.bytes(1).and_then(number::port) {
            Some(value) => draft.origin.port = value,
            None => {
                let expected = "a port from 1 to 65535";
                context.bad_value(code::NUMBER, item, 1, expected, "any port is used");
            }
        },
    ),
    Row::works(
        "bind_if",
        Arity::Value("an interface's name"),
        "The interface that it leaves by.",
        |context, item, draft| {
            check::name_within(context, item, 15);
            let name = item.text(1).and_then(|name| IfName::new(&name));
            draft.origin.interface = name.or(draft.origin.interface.take());
        },
    ),
    Row::works(
        "fwmark",
        Arity::Value("a mark"),
        "The firewall mark of its packets.",
        |c, i, d| {
            let mark = check::whole_number(c, i, 0..=u32::MAX);
            d.origin.mark = mark.unwrap_or(d.origin.mark);
        },
    ),
    ALPHA,
    LOG_ALL_FAILURES,
    RISE,
];
