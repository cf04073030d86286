//! The keywords that all network checkers share. Each checker's table lists these rows first.

use super::others;
use crate::block::{check, timing};
use crate::code;
use crate::context::Context;
use crate::draft::CheckerDraft;
use crate::table::{Arity, Built, Row};
use crate::value::{address, number};
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

/// Those that work.
pub(super) const ROWS: &[Row<CheckerDraft>] = &[
    CONNECT_PORT,
    CONNECT_TIMEOUT,
    RETRY,
    DELAY_BEFORE_RETRY,
    CONNECT_IP,
    WARMUP,
    DELAY_LOOP,
];

/// Those that are read only.
pub(super) const FURTHER: &[Row<CheckerDraft>] = &[
    Row::parsed(
        "bindto",
        Arity::Value("an IP address"),
        "Where the connection comes from.",
        check::address,
    ),
    Row::parsed(
        "bind_port",
        Arity::Value("a port"),
        "The port that it comes from.",
        others::port,
    ),
    Row::parsed(
        "bind_if",
        Arity::Value("an interface's name"),
        "The interface that it leaves by.",
        check::interface,
    ),
    Row::parsed(
        "fwmark",
        Arity::Value("a mark"),
        "The firewall mark of its packets.",
        |c, i, _| check::number(c, i, 0..=u32::MAX),
    ),
    Row::parsed(
        "alpha",
        Arity::Free,
        "Counts as failed until it has succeeded.",
        check::boolean,
    ),
    Row::parsed(
        "log_all_failures",
        Arity::Free,
        "Logs failures of a server that is down too.",
        check::boolean,
    ),
];
