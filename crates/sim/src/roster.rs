//! Who is there in a drawn run: routers and their instances.

use crate::scenario::{ITEMS, Lan, SLOTS};
use crate::spec::{Form, Spec, Watch};
use fastrand::Rng;

/// What all routers of one virtual router have in common.
#[derive(Debug, Clone, Copy)]
struct Common {
    form: Form,
    unicast: bool,
    interval: u16,
    /// Each router may have another interval.
    mixed: bool,
    down_adverts: u8,
    vips: u8,
    group: Option<u8>,
}

/// What one router wants of a virtual router, or of all in one sync group.
#[derive(Debug, Clone, Copy)]
struct Wish {
    priority: u8,
    nopreempt: bool,
    delay: u16,
    watches: [Option<Watch>; 2],
}

/// Draws all routers.
pub fn nodes(rng: &mut Rng, count: usize, lan: &Lan) -> Vec<Vec<Spec>> {
    let pace = Pace::draw(rng, lan);
    let most = if pace == Pace::Hasty { 2 } else { SLOTS };
    let slots = u8::try_from(rng.usize(1..=most)).unwrap_or(1);
    // Half the runs have no sync group, the others one or two.
    let groups = if rng.bool() { 0 } else { rng.u8(1..=2) };
    let mut nodes = vec![Vec::new(); count];
    let mut shared: [Option<Vec<Wish>>; 2] = [None, None];
    for slot in 0..slots {
        let common = common(rng, slot, pace, groups, lan);
        let known = common
            .group
            .and_then(|group| shared.get_mut(usize::from(group)));
        let wishes = match known {
            Some(known) => known.get_or_insert_with(|| wishes(rng, count)).clone(),
            None => wishes(rng, count),
        };
        for (at, (node, wish)) in nodes.iter_mut().zip(wishes).enumerate() {
            // A sync group is whole everywhere.
            if rng.u8(0..8) == 0 && at > 0 && common.group.is_none() {
                continue;
            }
            node.push(Spec {
                slot,
                priority: wish.priority,
                interval: common.interval * if common.mixed { rng.u16(1..=3) } else { 1 },
                form: common.form,
                unicast: common.unicast,
                down_adverts: common.down_adverts,
                nopreempt: wish.nopreempt,
                preempt_delay: wish.delay,
                first_vip: 0,
                vips: common.vips,
                refresh: if rng.u8(0..8) == 0 { rng.u16(1..60) } else { 0 },
                group: common.group,
                watches: wish.watches,
            });
        }
    }
    nodes
}

/// How short the intervals of a run are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Usual,
    /// Tenths of a second, in version 3.
    Brisk,
    /// Hundredths.
    Hasty,
}

impl Pace {
    fn draw(rng: &mut Rng, lan: &Lan) -> Self {
        match rng.u8(0..40) {
            // An interval that is not much longer than a packet's way and a loop's lateness is none.
            0 if lan.delay_max + lan.jitter <= 5_000 => Self::Hasty,
            0..=7 => Self::Brisk,
            _ => Self::Usual,
        }
    }
}

fn common(rng: &mut Rng, slot: u8, pace: Pace, groups: u8, lan: &Lan) -> Common {
    let form = match rng.u8(0..10) {
        0..=4 => Form::V2,
        5..=7 => Form::V3,
        _ => Form::V3Ip6,
    };
    let least = u16::try_from((lan.delay_max + lan.jitter) / 2_500).unwrap_or(20);
    let interval = match (form, pace) {
        (Form::V2, _) | (_, Pace::Usual) => 100 * [1, 1, 1, 2, 4][rng.usize(0..5)],
        (_, Pace::Brisk) => rng.u16(10..=50).max(least),
        (_, Pace::Hasty) => rng.u16(1..=5).max(least),
    };
    Common {
        form,
        unicast: rng.u8(0..5) == 0,
        interval,
        mixed: form != Form::V2 && rng.u8(0..3) == 0,
        down_adverts: [3, 3, 3, 3, 2, 5][rng.usize(0..6)],
        vips: rng.u8(u8::from(form != Form::V2)..=6),
        group: (groups > 0 && rng.u8(0..3) != 0).then_some(slot % groups.max(1)),
    }
}

fn wishes(rng: &mut Rng, count: usize) -> Vec<Wish> {
    let owner = (rng.u8(0..6) == 0).then(|| rng.usize(0..count));
    let nopreempt = rng.u8(0..4) == 0;
    let patient = rng.u8(0..4) == 0;
    let delay = if patient { rng.u16(1..=12) } else { 0 };
    let watch = rng.u8(0..3) == 0;
    let wish = |at: usize| {
        let owns = owner == Some(at);
        Wish {
            priority: if owns { u8::MAX } else { priority(rng) },
            nopreempt: nopreempt && !owns,
            delay: if owns { 0 } else { delay },
            watches: if watch { watches(rng) } else { [None; 2] },
        }
    };
    (0..count).map(wish).collect()
}

/// Equal priorities are likely, and so are the ends.
pub fn priority(rng: &mut Rng) -> u8 {
    match rng.u8(0..6) {
        0 => 1,
        1 => 254,
        2 | 3 => 100,
        _ => rng.u8(1..=254),
    }
}

/// Up to two things that are watched, with weights that matter, or are a fault.
pub fn watches(rng: &mut Rng) -> [Option<Watch>; 2] {
    let items = u8::try_from(ITEMS).unwrap_or(1);
    let first = rng.u8(0..items);
    let mut watch = |item: u8| Watch {
        item,
        weight: match rng.u8(0..4) {
            0 => 0,
            1 => rng.i16(-60..=-1),
            2 => rng.i16(1..=60),
            _ => rng.i16(-253..=253),
        },
        reverse: rng.u8(0..6) == 0,
    };
    let second = watch((first + 1) % items);
    [Some(watch(first)), Some(second).filter(|_| first > 0)]
}
