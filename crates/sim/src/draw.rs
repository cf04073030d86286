//! From a seed to a scenario. Rates are drawn per seed, so that some runs know only one kind of
//! fault and some know all; one in four knows none.

use crate::roster::{self, priority, watches};
use crate::scenario::{Fault, Flaw, ITEMS, Kind, Lan, NODES, Scenario};
use crate::spec::{Form, Spec, Standing};
use fastrand::Rng;

/// What everything gets to heal in, in ms.
pub const HEAL: u64 = 60_000;

/// What a run is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Simulated milliseconds, healing included.
    pub length: u64,
    /// Routers, from and to.
    pub nodes: (usize, usize),
}

impl Limits {
    /// So many simulated minutes, 1 to 5 routers.
    pub const fn minutes(minutes: u64) -> Self {
        Self {
            length: minutes * 60_000,
            nodes: (1, NODES),
        }
    }
}

/// The scenario of a seed.
pub fn draw(seed: u64, limits: &Limits) -> Scenario {
    let mut rng = Rng::with_seed(seed);
    let (least, most) = limits.nodes;
    let count = rng.usize(least.max(1)..=most.clamp(1, NODES));
    let faulty = rng.u8(0..4) != 0;
    let lan = lan(&mut rng, faulty);
    let nodes = roster::nodes(&mut rng, count, &lan);
    let end = limits.length.max(HEAL + 10_000);
    let faults_until = if faulty { end - HEAL } else { 0 };
    let mut scenario = Scenario {
        about: String::new(),
        seed: rng.u64(..),
        faults_until,
        end,
        lan,
        nodes,
        faults: Vec::new(),
    };
    if faulty {
        add_faults(&mut rng, &mut scenario);
    }
    scenario
}

fn lan(rng: &mut Rng, faulty: bool) -> Lan {
    // Adverts of two masters answer each other within L; a LAN of half an interval is not one.
    let delay_max = [200, 1_000, 5_000, 40_000][rng.usize(0..4)];
    let mut rate = |most: u32| {
        if faulty && rng.bool() {
            rng.u32(0..=most)
        } else {
            0
        }
    };
    let (loss, twice, late) = (rate(200_000), rate(50_000), rate(50_000));
    Lan {
        delay_min: delay_max / 10,
        delay_max,
        jitter: [0, 100, 2_000, 10_000][rng.usize(0..4)],
        apply: [100, 2_000, 80_000][rng.usize(0..3)],
        loss,
        twice,
        late,
        late_by: rng.u64(1..6_000_000),
    }
}

fn add_faults(rng: &mut Rng, scenario: &mut Scenario) {
    // Which kinds this run knows, and how far apart they are on average.
    let known = rng.u16(..);
    let apart = [500, 3_000, 15_000, 60_000][rng.usize(0..4)];
    let mut current = scenario.nodes.clone();
    let mut at = rng.u64(0..apart);
    while at < scenario.faults_until {
        let node = rng.usize(0..scenario.nodes.len());
        let kind = rng.u8(0..15);
        if known & (1 << kind) != 0 {
            let specs = current.get(node).cloned().unwrap_or_default();
            let kind = fault(rng, kind, &specs, scenario.nodes.len());
            if let (Kind::Reload { specs }, Some(slot)) = (&kind, current.get_mut(node)) {
                slot.clone_from(specs);
            }
            scenario.faults.push(Fault { at, node, kind });
        }
        at += rng.u64(1..=2 * apart);
    }
    // Healed means: configured as in the beginning.
    for (node, specs) in scenario.nodes.iter().enumerate() {
        if current.get(node) != Some(specs) {
            scenario.faults.push(Fault {
                at: scenario.faults_until,
                node,
                kind: Kind::Reload {
                    specs: specs.clone(),
                },
            });
        }
    }
}

fn fault(rng: &mut Rng, kind: u8, specs: &[Spec], nodes: usize) -> Kind {
    let ms = match rng.u8(0..4) {
        0 => rng.u64(1..100),
        1 => rng.u64(1..2_000),
        2 => rng.u64(1..6_000),
        _ => rng.u64(1..30_000),
    };
    let slot = specs.get(rng.usize(0..specs.len().max(1)));
    let (slot, vips) = slot.map_or((0, 1), |spec| (spec.slot, spec.vips));
    match kind {
        0 => Kind::Pause { ms },
        1 => Kind::Crash { ms, resume: false },
        2 => Kind::Crash { ms, resume: true },
        3 => Kind::Reboot { ms },
        4 => Kind::Stop { ms },
        5 => Kind::LinkDown { ms },
        6 => Kind::LinkGone { ms },
        7 => Kind::NoSource { ms },
        8 => Kind::Cut {
            to: rng.usize(0..nodes),
            ms,
        },
        9 => Kind::Isolate { ms },
        10 => Kind::TakeVip {
            slot,
            vip: rng.u8(0..vips.max(1)),
        },
        11 if rng.bool() => Kind::Refuse { ms },
        11 => Kind::Slow {
            ms,
            by: rng.u64(1..1_500),
        },
        12 => Kind::Reload {
            specs: reload(rng, specs),
        },
        13 => Kind::Level {
            item: rng.u8(0..ITEMS as u8),
            level: standing(rng),
            ms,
        },
        _ => Kind::Forge {
            slot,
            flaw: flaw(rng),
            count: rng.u16(1..40),
            every: rng.u64(1..700),
        },
    }
}

fn standing(rng: &mut Rng) -> Standing {
    match rng.u8(0..6) {
        0 => Standing::Up,
        1 | 2 => Standing::Value(rng.i32(-300..=300)),
        _ => Standing::Down,
    }
}

fn flaw(rng: &mut Rng) -> Flaw {
    match rng.u8(0..10) {
        0 => Flaw::Ttl,
        1 => Flaw::Checksum,
        2 => Flaw::Length,
        3 => Flaw::Password,
        4 => Flaw::Interval,
        5 => Flaw::Addresses,
        6 => Flaw::Vrid,
        7 => Flaw::Noise,
        8 => Flaw::Own,
        _ => Flaw::Nothing,
    }
}

fn reload(rng: &mut Rng, specs: &[Spec]) -> Vec<Spec> {
    let mut specs = specs.to_vec();
    let at = rng.usize(0..specs.len().max(1));
    let full = specs.len() > 1;
    let Some(spec) = specs.get_mut(at) else {
        return specs;
    };
    match rng.u8(0..10) {
        0 if !spec.owner() => spec.priority = priority(rng),
        1 => spec.interval = rng.u16(1..=4) * 100,
        2 => {
            // A list that is being changed overlaps, or another cluster's begins.
            spec.first_vip = rng.u8(0..4);
            spec.vips = rng.u8(0..=6);
        }
        3 if full => {
            specs.remove(at);
        }
        4 => spec.nopreempt = !spec.nopreempt && !spec.owner(),
        5 => spec.refresh = rng.u16(0..30),
        6 => spec.watches = watches(rng),
        7 => {
            spec.form = match spec.form {
                Form::V2 => Form::V3,
                Form::V3 | Form::V3Ip6 => Form::V2,
            };
            spec.interval = spec.interval.next_multiple_of(100);
        }
        8 => spec.group = None,
        // As it is: nothing may move.
        _ => {}
    }
    specs
}
