//! Small blocks outside of all others: static addresses and routes, groups, links.

use super::root::Draft;
use super::{listening, needed, routes, seconds, virtual_ipaddress};
use crate::code;
use crate::context::Context;
use crate::hint;
use crate::listening_draft::TrackGroup;
use crate::table::{Arity, Row, Table, walk};
use crate::value::duration;
use core::time::Duration;
use holdfast_model::{IfName, LinkDelay, Micros, Pace, Secret, TlsClient};
use holdfast_syntax::{Finding, Item};

/// Their keywords.
pub(super) const ROWS: &[Row<Draft>] = &[
    Row::works(
        "static_ipaddress",
        Arity::Block,
        "Addresses that are there while the daemon runs.",
        |c, i, d: &mut Draft| virtual_ipaddress::statics(c, i, &mut d.statics),
    )
    .repeated(),
    Row::works(
        "static_routes",
        Arity::Block,
        "Routes that are there while the daemon runs.",
        |c, i, d: &mut Draft| {
            let statics = &mut d.statics;
            routes::routes(c, i, &mut statics.routes, Some(&mut statics.followed));
        },
    )
    .repeated(),
    Row::works(
        "static_rules",
        Arity::Block,
        "Rules that are there while the daemon runs.",
        |c, i, d: &mut Draft| {
            let statics = &mut d.statics;
            routes::rules(c, i, &mut statics.rules, Some(&mut statics.followed));
        },
    )
    .repeated(),
    Row::works(
        "track_group",
        Arity::Block,
        "Instances that are in FAULT while the interface of a static address, route or rule that names the group is down.",
        track_group,
    )
    .repeated(),
    Row::works(
        "garp_group",
        Arity::Block,
        "Interfaces that share the pace of gratuitous ARPs.",
        garp_group,
    )
    .repeated(),
    Row::works(
        "linkbeat_interfaces",
        Arity::Block,
        "Interfaces that are asked once a second whether they are up, besides being told: `NAME [MII|ETHTOOL|IOCTL]`.",
        linkbeat,
    )
    .repeated(),
    Row::works(
        "interface_up_down_delays",
        Arity::Block,
        "How long a link has to be down, and up, before that counts: `NAME DOWN [UP]`.",
        delays,
    )
    .repeated(),
    Row::works(
        "SSL",
        Arity::Block,
        "Who the director is to servers that SSL_GET asks.",
        |c, i, d: &mut Draft| {
            walk(c, i.items(), &SSL, d.tls_client.get_or_insert_default());
        },
    )
    .repeated(),
];

fn track_group(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if item.len() < 2 {
        context.nameless(item);
        return;
    }
    let mut group = TrackGroup {
        members: Vec::new(),
        head: item.head(),
    };
    walk(context, item.items(), &TRACK_GROUP, &mut group);
    draft.listening.groups.insert(super::name(item, 1), group);
}

pub(super) const TRACK_GROUP: Table<TrackGroup> = Table {
    block: "track_group",
    parts: &[&[Row::works(
        "group",
        Arity::Block,
        "The instances, by name.",
        |_, i, group: &mut TrackGroup| {
            for line in i.items() {
                let words = (0..line.len()).map(|at| (super::name(line, at), line.word_span(at)));
                group.members.extend(words);
            }
        },
    )
    .repeated()]],
};

pub(super) const SSL: Table<TlsClient> = Table {
    block: "SSL",
    parts: &[&[
        Row::works(
            "password",
            Arity::Needed("a password"),
            "Of the key.",
            |c, i, d: &mut TlsClient| {
                let password = needed(c, i);
                d.password = password.map(|word| Secret(word.as_str().as_bytes().to_vec()));
            },
        ),
        Row::works(
            "ca",
            Arity::Needed("a file"),
            "Certificates of authorities; as with keepalived no server is measured by them (`tls_verify` does that).",
            |c, i, d: &mut TlsClient| d.authorities = needed(c, i),
        ),
        Row::works(
            "certificate",
            Arity::Needed("a file"),
            "The director's certificate, and those between it and its authority (PEM).",
            |c, i, d: &mut TlsClient| d.certificate = needed(c, i),
        ),
        Row::works(
            "key",
            Arity::Needed("a file"),
            "The key of the certificate (PEM).",
            |c, i, d: &mut TlsClient| d.key = needed(c, i),
        ),
    ]],
};

/// `garp_group` while it is read.
#[derive(Debug, Default)]
pub(crate) struct GarpGroup {
    pace: Pace,
    /// A delay is given, good or bad.
    delays: bool,
}

fn garp_group(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let mut group = GarpGroup::default();
    walk(context, item.items(), &GARP_GROUP, &mut group);
    if !group.delays {
        let finding = Finding::warning(
            code::NO_SUBJECT,
            item.head(),
            "this `garp_group` has no delay: it is left out",
        )
        .help("add `garp_interval SECONDS` or `gna_interval SECONDS`");
        context.push(finding);
        return;
    }
    let mut members = Vec::new();
    for line in item.items() {
        let listed = match line.keyword() {
            b"interfaces" => line.items().map(|line| line.text(0)).collect(),
            b"interface" => vec![line.text(1)],
            _ => Vec::new(),
        };
        for name in listed.into_iter().flatten() {
            if draft.garp_grouped.insert(name.clone().into_owned()) {
                members.extend(IfName::new(&name));
                continue;
            }
            let finding = Finding::warning(
                code::GIVEN_TWICE,
                line.head(),
                format!("interface `{name}` is in a `garp_group` already: ignored"),
            )
            .help("name each interface in one group");
            context.push(finding);
        }
    }
    draft.statics.paces.push((members, group.pace));
}

pub(super) const GARP_GROUP: Table<GarpGroup> = Table {
    block: "garp_group",
    parts: &[&[
        Row::works(
            "garp_interval",
            Arity::Value("seconds"),
            "Pause between two gratuitous ARPs.",
            |c, i, d| (d.delays, d.pace.arp) = (true, pace(c, i)),
        ),
        Row::works(
            "gna_interval",
            Arity::Value("seconds"),
            "Pause between two neighbour adverts.",
            |c, i, d| (d.delays, d.pace.neighbour) = (true, pace(c, i)),
        ),
        Row::works(
            "interface",
            Arity::Value("an interface's name"),
            "The interface that it is for.",
            |c, i, _| {
                needed_interface(c, i, 1);
            },
        ),
        Row::works(
            "interfaces",
            Arity::Block,
            "The interfaces that share it.",
            |c, i, _| {
                for line in i.items() {
                    needed_interface(c, line, 0);
                }
            },
        ),
    ]],
};

fn pace(context: &mut Context<'_>, item: Item<'_, '_>) -> Duration {
    let value = seconds(context, item, 0..=*duration::SHORT.end(), "none is used");
    value.map_or(Duration::ZERO, Micros::duration)
}

fn linkbeat(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    for line in item.items() {
        known_interface(context, line, 0);
        let beat = listening::beat(context, line);
        if let Some(name) = line.text(0).and_then(|name| IfName::new(&name)) {
            draft.listening.polled.push((name, beat));
        }
    }
}

/// `NAME DOWN [UP]`, one a line.
fn delays(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    for line in item.items() {
        known_interface(context, line, 0);
        let mut delay = LinkDelay::default();
        let places = [(1, &mut delay.down), (2, &mut delay.up)];
        for (index, delay) in places.into_iter().filter(|(index, _)| *index < line.len()) {
            let word = line.bytes(index).unwrap_or_default();
            match duration::seconds(word, 0..=255 * duration::SECOND) {
                Some(value) => *delay = value.duration(),
                None => {
                    let expected = "seconds from 0 to 255";
                    context.bad_value(code::NUMBER, line, index, expected, "0 is used");
                }
            }
        }
        if let Some(name) = line.text(0).and_then(|name| IfName::new(&name)) {
            draft.statics.delays.push((name, delay, line.head()));
        }
    }
}

/// keepalived exits when an interface of a `garp_group` does not exist.
fn needed_interface(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) {
    let text = line.text(index).unwrap_or_default();
    if !context.has_interface(&text) {
        context.missing_interface(line.word_span(index), &text, "keepalived would not start");
    }
}

/// Says so when the interface does not exist.
fn known_interface(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) {
    let text = line.text(index).unwrap_or_default();
    if !context.has_interface(&text) {
        let finding = Finding::warning(
            code::NO_INTERFACE,
            line.word_span(index),
            format!("interface `{text}` does not exist"),
        )
        .help(hint::for_interface(&text));
        context.push(finding);
    }
}
