//! `bfd_instance`: a session of RFC 5880 with one neighbour.

use super::check;
use super::root::Draft;
use super::track::own_weight;
use super::tracked::Tracked;
use super::whole;
use crate::code;
use crate::context::Context;
use crate::draft::TrackKind;
use crate::table::{Arity, Row, Table, walk};
use crate::value::{address as ip, duration};
use core::net::IpAddr;
use core::num::NonZeroU8;
use holdfast_model::bfd::BfdListeners;
use holdfast_model::{AddressFamily, BfdKey, BfdSession, Micros, Name};
use holdfast_syntax::{Finding, Item, Span};

/// The longest name.
const NAME_MAX: usize = 31;
/// More milliseconds than this are hardly meant.
const SENSIBLE: u64 = 10_000;
/// What fits into a packet, in milliseconds.
const MILLIS: core::ops::RangeInclusive<u64> = 1..=4_294_967;
const IDLE: core::ops::RangeInclusive<u64> = 1000..=4_294_967;

/// The block on its way.
#[derive(Debug, Default)]
pub(crate) struct BfdDraft {
    tracked: Tracked,
    neighbor: Option<(IpAddr, Span)>,
    source: Option<(IpAddr, Span)>,
    min_rx: Option<Micros>,
    min_tx: Option<Micros>,
    idle_tx: Option<Micros>,
    multiplier: Option<NonZeroU8>,
    passive: bool,
    hop_limit: Option<u8>,
    max_hops: Option<(i32, Span)>,
    multihop: Option<Span>,
    vrrp: bool,
    checker: bool,
}

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let name = Name::from(item.text(1).unwrap_or_default().as_ref());
    let mut block = BfdDraft::default();
    walk(context, item.items(), &TABLE, &mut block);
    if !define(context, item, draft, &name, &block) && !draft.bfd_places.contains_key(&name) {
        draft.objects.refuse(TrackKind::Bfd, name);
    }
}

/// False: it is left out.
fn define(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &mut Draft,
    name: &Name,
    block: &BfdDraft,
) -> bool {
    if name.as_str().len() > NAME_MAX {
        let found = name.as_str().len();
        let finding = Finding::error(
            code::TOO_LONG,
            item.word_span(1),
            format!(
                "`bfd_instance`: expected a name of at most {NAME_MAX} characters, found {found}: it is left out"
            ),
        );
        context.push(finding.help("give it a shorter name"));
        return false;
    }
    let Some((neighbor, span)) = block.neighbor else {
        let finding = Finding::error(
            code::NO_SUBJECT,
            item.head(),
            format!("`bfd_instance {name}` has no usable `neighbor_ip`: it is left out"),
        );
        context.push(finding.help("add `neighbor_ip` with the neighbour's address"));
        return false;
    };
    if let Some((source, at)) = block.source
        && AddressFamily::of(source) != AddressFamily::of(neighbor)
    {
        let finding = Finding::error(
            code::FAMILY,
            at,
            format!(
                "`source_ip` {source} and `neighbor_ip` {neighbor} are of two families: `bfd_instance {name}` is left out"
            ),
        );
        context.push(
            finding
                .also(span, "the neighbour")
                .help("use two addresses of one family"),
        );
        return false;
    }
    if let Some(first) = draft.bfd_places.get(name).copied() {
        let finding = Finding::error(
            code::SAME_NAME,
            item.head(),
            format!("`bfd_instance {name}` is already defined: this one is left out"),
        );
        context.push(
            finding
                .also(first, "first defined here")
                .help("give it another name, or remove one of the two"),
        );
        return false;
    }
    let source = block.source.map(|(source, _)| source);
    if let Some(other) = same_ends(&draft.bfd, neighbor, source) {
        let finding = Finding::error(
            code::SAME_ADDRESS,
            span,
            format!(
                "`bfd_instance {other}` has the neighbour {neighbor} already: `bfd_instance {name}` is left out"
            ),
        );
        context.push(
            finding.help("one session for a neighbour is enough; two need a `source_ip` each"),
        );
        return false;
    }
    let weight = block.tracked.weight;
    draft
        .objects
        .define(TrackKind::Bfd, name.clone(), weight, item.head());
    draft.bfd_places.insert(name.clone(), item.head());
    let session = finish(context, name.clone(), neighbor, source, block);
    let listeners = &mut draft.objects.listeners;
    listeners.insert(name.clone(), session.listeners);
    draft.bfd.push(session);
    true
}

/// Packets of both could not be told apart.
fn same_ends(list: &[BfdSession], neighbor: IpAddr, source: Option<IpAddr>) -> Option<&BfdKey> {
    let mut list = list.iter();
    let same = list.find(|other| {
        other.neighbor == neighbor
            && (other.source.is_none() || source.is_none() || other.source == source)
    });
    same.map(|other| &other.key)
}

fn finish(
    context: &mut Context<'_>,
    name: Name,
    neighbor: IpAddr,
    source: Option<IpAddr>,
    block: &BfdDraft,
) -> BfdSession {
    // RFC 5881 s5 wants 255 of both families. keepalived sends IPv6 with 64, and takes that and more.
    let (sent, expected) = match (block.hop_limit, neighbor) {
        (Some(hop_limit), _) => (hop_limit, hop_limit),
        (None, IpAddr::V4(_)) => (255, 255),
        (None, IpAddr::V6(_)) => (255, 64),
    };
    let least = match block.max_hops {
        None => expected,
        // 2.2.7 takes -1 for 255
        Some((hops, span)) => match expected.checked_sub(u8::try_from(hops).unwrap_or(u8::MAX)) {
            Some(least) => least,
            None => {
                let message = format!(
                    "`max_hops` {hops} is more than a packet with a TTL of {expected} can go: {expected} is used"
                );
                let finding = Finding::warning(code::NUMBER, span, message);
                context.push(finding.help("lower `max_hops`, or raise `ttl`"));
                0
            }
        },
    };
    if let (Some(span), None) = (block.multihop, block.max_hops) {
        let message = format!(
            "`bfd_instance {name}` is `multihop` without `max_hops`: a packet that went through a router is not accepted"
        );
        let finding = Finding::advice(code::NUMBER, span, message);
        context.push(
            finding
                .help("add `max_hops N`, the routers on the way, or `max_hops -1` for any number"),
        );
    }
    let millis = |value: Option<Micros>, default| value.unwrap_or(Micros::from_millis(default));
    BfdSession {
        key: BfdKey(name),
        neighbor,
        source,
        multihop: block.multihop.is_some(),
        passive: block.passive,
        min_tx: millis(block.min_tx, 10),
        min_rx: millis(block.min_rx, 10),
        idle_tx: millis(block.idle_tx, 1000),
        multiplier: block
            .multiplier
            .unwrap_or(const { NonZeroU8::new(5).unwrap() }),
        hop_limit: sent,
        least_hop_limit: least,
        listeners: BfdListeners {
            vrrp: block.vrrp || !block.checker,
            checkers: block.checker || !block.vrrp,
        },
    }
}

pub(super) const TABLE: Table<BfdDraft> = Table {
    block: "bfd_instance",
    parts: &[&[
        Row::<BfdDraft>::works(
            "neighbor_ip",
            Arity::Value("an IP address"),
            "The other end.",
            |c, i, draft| {
                draft.neighbor = address(c, i).or(draft.neighbor);
            },
        )
        .alias(&["neighbour_ip"]),
        Row::works(
            "source_ip",
            Arity::Value("an IP address"),
            "This end; as the routing table says.",
            |c, i, draft| draft.source = address(c, i).or(draft.source),
        ),
        Row::works(
            "min_rx",
            Arity::Value("milliseconds"),
            "The fastest that it may send; 10.",
            |c, i, draft| draft.min_rx = millis(c, i, MILLIS).or(draft.min_rx),
        ),
        Row::works(
            "min_tx",
            Arity::Value("milliseconds"),
            "The fastest that we send; 10.",
            |c, i, draft| draft.min_tx = millis(c, i, MILLIS).or(draft.min_tx),
        ),
        Row::works(
            "idle_tx",
            Arity::Value("milliseconds"),
            "How often while it is not up, at least 1000; 1000.",
            |c, i, draft| draft.idle_tx = millis(c, i, IDLE).or(draft.idle_tx),
        ),
        Row::works(
            "multiplier",
            Arity::Value("1 to 255"),
            "How many of our packets have to be missing until the neighbour gives up; 5.",
            |c, i, draft| {
                draft.multiplier = byte(c, i).and_then(NonZeroU8::new).or(draft.multiplier)
            },
        ),
        Row::works(
            "passive",
            Arity::Switch,
            "Waits for the other end.",
            |_, _, draft| {
                draft.passive = true;
            },
        ),
        Row::<BfdDraft>::works(
            "ttl",
            Arity::Value("1 to 255"),
            "TTL of our packets, and, less max_hops, the least of theirs; 255. Without it an IPv6 \
             neighbour's hop limit may be 64, which keepalived sends.",
            |c, i, draft| draft.hop_limit = byte(c, i).or(draft.hop_limit),
        )
        .alias(&["hoplimit"]),
        Row::works(
            "max_hops",
            Arity::Value("-1 to 255"),
            "Hops that a packet may have gone; -1: any number; 0.",
            |c, i, draft| {
                let value = check::signed(c, i, 1, -1..=255);
                draft.max_hops = value.map(|value| (value, i.head())).or(draft.max_hops);
            },
        ),
        Row::works(
            "multihop",
            Arity::Free,
            "Port 4784 (RFC 5883), which keepalived knows since 2.2.8.",
            |c, i, draft| {
                if let Some(on) = check::truth(c, i) {
                    draft.multihop = on.then_some(i.head());
                }
            },
        ),
        Row::works(
            "weight",
            Arity::Value("-253 to 253"),
            "Added to the priority by a track_bfd without a weight of its own.",
            |c, i, draft| draft.tracked.weight = own_weight(c, i, 253),
        ),
        Row::works(
            "vrrp",
            Arity::Free,
            "For instances, and not for real servers unless `checker` stands here too.",
            |_, _, draft| draft.vrrp = true,
        ),
        Row::works(
            "checker",
            Arity::Free,
            "For real servers, and not for instances unless `vrrp` stands here too.",
            |_, _, draft| draft.checker = true,
        ),
    ]],
};

fn address(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<(IpAddr, Span)> {
    check::address(context, item, &mut ());
    let value = item.bytes(1).and_then(ip::server_address)?;
    Some((value, item.head()))
}

fn byte(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<u8> {
    let value = whole(context, item, 1..=255, "the line is ignored")?;
    u8::try_from(value).ok()
}

fn millis(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    range: core::ops::RangeInclusive<u64>,
) -> Option<Micros> {
    let word = item.bytes(1).unwrap_or_default();
    // in thousandths, as everywhere in keepalived
    let thousandths = range.start() * duration::SECOND..=range.end() * duration::SECOND;
    let Some(value) = duration::seconds(word, thousandths) else {
        let expected = format!("milliseconds from {} to {}", range.start(), range.end());
        context.bad_value(code::NUMBER, item, 1, &expected, "the line is ignored");
        return None;
    };
    let millis = value.duration().as_secs();
    if millis > SENSIBLE {
        let message =
            format!("{millis} ms are more than {SENSIBLE}: nothing is noticed for that long");
        let finding = Finding::advice(code::NUMBER, item.word_span(1), message);
        context.push(finding.help("write milliseconds"));
    }
    Some(Micros::new(
        u64::try_from(value.duration().as_millis()).unwrap_or(u64::MAX),
    ))
}
