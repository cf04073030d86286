//! Routers that break a promise are caught, by the invariant that names it: whole runs, with the
//! real router and something in its way.

use holdfast_sim::draw::Limits;
use holdfast_sim::{Sabotage, draw, run_broken};
use std::collections::BTreeMap;

const SHORT: Limits = Limits {
    length: 240_000,
    nodes: (1, 4),
};

/// What each is caught for, in the first seeds: the id that must be among them.
const CAUGHT: &[(Sabotage, &str)] = &[
    (Sabotage::Mute, "L4"),
    (Sabotage::NeverResigns, "S9"),
    (Sabotage::Stutters, "S8"),
    (Sabotage::Clings, "S1"),
    (Sabotage::Abstains, "S1"),
    (Sabotage::Boasts, "S10"),
    (Sabotage::Steals, "S16"),
    (Sabotage::Babbles, "S18"),
    (Sabotage::Deaf, "S4"),
    (Sabotage::Deaf, "L4"),
    (Sabotage::Blind, "S12"),
    (Sabotage::Blind, "S6"),
    (Sabotage::Rooted, "S6"),
    (Sabotage::Gloomy, "L7"),
    (Sabotage::Hasty, "S4"),
    (Sabotage::Drowsy, "S19"),
    (Sabotage::Touchy, "S7"),
    (Sabotage::Loner, "S11"),
    (Sabotage::Meek, "L5"),
    (Sabotage::Rude, "S5"),
    (Sabotage::Forgetful, "S14"),
];

/// Runs at most, for each.
const SEEDS: u64 = 60;

#[test]
fn each_is_caught_for_what_it_does() {
    let mut missed = Vec::new();
    for (sabotage, id) in CAUGHT {
        let mut seen = BTreeMap::<&str, u32>::new();
        let caught = (0..SEEDS).any(|seed| {
            let found = run_broken(&draw(seed, &SHORT), *sabotage).violation;
            let found = found.map(|found| found.id);
            if let Some(found) = found {
                *seen.entry(found).or_default() += 1;
            }
            found == Some(id)
        });
        if !caught {
            missed.push(format!("{sabotage:?} as {id}: {seen:?}"));
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}

#[test]
#[should_panic(expected = "as a router that breaks")]
fn s17_a_panic_ends_the_run() {
    for seed in 0..20 {
        run_broken(&draw(seed, &SHORT), Sabotage::Fragile);
    }
}
