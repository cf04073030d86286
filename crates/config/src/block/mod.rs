//! One file a block: its keyword table, and its draft on the way to the model.

mod address_options;
mod auth_hmac;
mod authentication;
mod bfd;
mod check;
mod checker;
mod encap;
mod global_defs;
mod instance_behaviour;
mod instance_link;
mod lease;
mod listening;
mod manual;
mod method;
mod own;
mod own_link;
mod pages;
mod path_words;
mod real_server;
mod root;
mod route_line;
mod route_words;
mod routes;
mod rule_line;
mod script;
mod server_group;
mod static_objects;
mod sync_group;
mod timing;
mod track;
mod track_file;
mod track_process;
mod track_script;
mod tracked;
mod virtual_ipaddress;
mod virtual_server;
mod virtual_server_further;
mod virtual_server_values;
mod vrrp_instance;

pub use manual::{Keyword, manual};
pub(crate) use manual::{homes_of, visit};
pub use own::{LearnedCap, Own};
pub(crate) use own::{beside, hush};
pub use pages::{keywords_page, man_page};
pub(crate) use root::{Draft, ROOT_NAME, TABLE as ROOT};
pub(crate) use virtual_server::{DEFAULT_PERSISTENCE, read as read_virtual_server};

use crate::code;
use crate::context::Context;
use crate::value::{duration, number};
use core::ops::RangeInclusive;
use holdfast_model::{Micros, Name, Weight};
use holdfast_syntax::{Item, Span};

/// The keyword's value as text.
fn name(item: Item<'_, '_>, index: usize) -> Name {
    Name::from(item.text(index).unwrap_or_default().as_ref())
}

/// Head to closing brace; what of it stands in other files is remembered.
fn block_span(context: &mut Context<'_>, item: Item<'_, '_>) -> Span {
    let stretches = item.stretches();
    if !stretches.is_empty() {
        context.stretches.insert(item.head(), stretches);
    }
    let inside = item.items().last().map(|last| last.head());
    let end = item.close().or(inside).or(item.open());
    end.map_or(item.head(), |end| item.head().to(end))
}

/// The first word as a number.
fn whole(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    range: RangeInclusive<u32>,
    consequence: &str,
) -> Option<u32> {
    let value = number::number(item.bytes(1)?, range.clone());
    if value.is_none() {
        let (low, high) = (*range.start(), *range.end());
        let expected = if low.checked_add(1) == Some(high) {
            format!("{low} or {high}")
        } else {
            format!("a whole number from {low} to {high}")
        };
        context.bad_value(code::NUMBER, item, 1, &expected, consequence);
    }
    value
}

/// The first word as seconds.
fn seconds(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    micros: RangeInclusive<u64>,
    consequence: &str,
) -> Option<Micros> {
    let value = duration::seconds(item.bytes(1)?, micros.clone());
    if value.is_none() {
        let low = if *micros.start() > 0 {
            "above 0"
        } else {
            "from 0"
        };
        let expected = if *micros.end() < u64::MAX / 2 {
            let high = *micros.end() / duration::SECOND;
            format!("seconds, {low} and at most {high}")
        } else {
            format!("seconds, {low}")
        };
        context.bad_value(code::NUMBER, item, 1, &expected, consequence);
    }
    value
}

/// A value that counts replaces what was there.
fn keep<T>(value: Option<T>, kept: &mut Option<T>) {
    if value.is_some() {
        *kept = value;
    }
}

/// `down_timer_adverts`.
fn down_adverts(context: &mut Context<'_>, item: Item<'_, '_>, kept: &mut Option<u8>) {
    let value = whole(context, item, 1..=100, "3 is used");
    keep(value.and_then(|value| u8::try_from(value).ok()), kept);
}

/// `weight`.
fn weight(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<Weight> {
    let range = 0..=i32::MAX.unsigned_abs();
    whole(context, item, range, "the inherited weight is used").and_then(Weight::new)
}

/// A value that keepalived only reports when it is missing.
fn needed(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<Name> {
    if item.len() > 1 {
        return Some(name(item, 1));
    }
    context.missing_value(item, "a word");
    None
}
