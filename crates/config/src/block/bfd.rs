//! `bfd_instance`: a BFD session (RFC 5880).

use super::check;
use super::track::own_weight;
use super::tracked::Tracked;
use crate::code;
use crate::context::Context;
use crate::table::{Arity, Row, Table};
use crate::value::{
    address as ip,
    duration::{self, SECOND},
};
use holdfast_syntax::Item;

pub(super) const TABLE: Table<Tracked> = Table {
    block: "bfd_instance",
    parts: &[&[
        Row::parsed(
            "neighbor_ip",
            Arity::Value("an IP address"),
            "The other end.",
            neighbour,
        )
        .alias(&["neighbour_ip"]),
        Row::parsed(
            "source_ip",
            Arity::Value("an IP address"),
            "This end.",
            check::address,
        ),
        Row::parsed(
            "min_rx",
            Arity::Value("milliseconds"),
            "The fastest that it may send; 10.",
            milliseconds,
        ),
        Row::parsed(
            "min_tx",
            Arity::Value("milliseconds"),
            "The fastest that we send; 10.",
            milliseconds,
        ),
        Row::parsed(
            "idle_tx",
            Arity::Value("milliseconds"),
            "How often while it is down; 1000.",
            |c, i, _| check::number(c, i, 1000..=10_000),
        ),
        Row::parsed(
            "multiplier",
            Arity::Value("1 to 255"),
            "Packets that may be lost; 5.",
            |c, i, _| check::number(c, i, 1..=255),
        ),
        Row::parsed(
            "passive",
            Arity::Switch,
            "Waits for the other end.",
            check::nothing,
        ),
        Row::parsed(
            "ttl",
            Arity::Value("1 to 255"),
            "TTL of its packets.",
            |c, i, _| check::number(c, i, 1..=255),
        )
        .alias(&["hoplimit"]),
        Row::parsed(
            "max_hops",
            Arity::Value("-1 to 255"),
            "Hops that a packet may have gone.",
            |c, i, _| {
                let _value = check::signed(c, i, 1, -1..=255);
            },
        ),
        Row::parsed(
            "multihop",
            Arity::Free,
            "Port 4784 (RFC 5883).",
            check::boolean,
        ),
        Row::parsed(
            "weight",
            Arity::Value("-253 to 253"),
            "Added to the priority.",
            |c, i, draft| {
                draft.weight = own_weight(c, i, 253);
            },
        ),
        Row::parsed("vrrp", Arity::Free, "For instances only.", check::nothing),
        Row::parsed(
            "checker",
            Arity::Free,
            "For real servers only.",
            check::nothing,
        ),
    ]],
};

fn neighbour(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Tracked) {
    check::address(context, item, draft);
    if item.bytes(1).and_then(ip::server_address).is_some() {
        draft.subject = Some(item.head());
    }
}

fn milliseconds(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Tracked) {
    let word = item.bytes(1).unwrap_or_default();
    // in thousandths, as everywhere in keepalived
    let micros = SECOND..=10_000 * SECOND;
    if duration::seconds(word, micros).is_none() {
        let expected = "milliseconds from 1 to 10000";
        context.bad_value(code::NUMBER, item, 1, expected, "the line is ignored");
    }
}
