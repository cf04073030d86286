//! `delay_loop`, `retry` and their kin, which virtual server, real server and checker can all say:
//! one range for each, and what was there stays when the value is none.

use super::{seconds, whole};
use crate::context::Context;
use crate::draft::TimingDraft;
use crate::value::duration;
use core::ops::RangeInclusive;
use holdfast_model::Micros;
use holdfast_syntax::Item;

/// What is said where the level around may say it too.
pub(super) const INHERITED: &str = "the inherited time is used";

/// `otherwise` says what is used instead of a value that does not count.
pub(super) fn delay_loop(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    timing: &mut TimingDraft,
    otherwise: &str,
) {
    keep(
        context,
        item,
        duration::LONG,
        &mut timing.delay_loop,
        otherwise,
    );
}

pub(super) fn delay_before_retry(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    timing: &mut TimingDraft,
    otherwise: &str,
) {
    keep(
        context,
        item,
        duration::ANY,
        &mut timing.delay_before_retry,
        otherwise,
    );
}

pub(super) fn warmup(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    timing: &mut TimingDraft,
    otherwise: &str,
) {
    keep(context, item, duration::ANY, &mut timing.warmup, otherwise);
}

pub(super) fn connect_timeout(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    timing: &mut TimingDraft,
    otherwise: &str,
) {
    keep(
        context,
        item,
        duration::SHORT,
        &mut timing.connect_timeout,
        otherwise,
    );
}

/// A checker may say 0, the levels around it at least 1.
pub(super) fn retry(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    least: u32,
    timing: &mut TimingDraft,
    otherwise: &str,
) {
    let value = whole(context, item, least..=u32::MAX, otherwise);
    timing.retry = value.or(timing.retry);
}

fn keep(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    micros: RangeInclusive<u64>,
    kept: &mut Option<Micros>,
    otherwise: &str,
) {
    let value = seconds(context, item, micros, otherwise);
    *kept = value.or(*kept);
}
