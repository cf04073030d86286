//! Seeds and scenario files.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test code reads its cases"
)]

use holdfast_sim::draw::Limits;
use holdfast_sim::scenario::{Fault, Kind};
use holdfast_sim::{Scenario, draw, run, shrink};
use std::path::Path;

const SHORT: Limits = Limits {
    length: 120_000,
    nodes: (1, 5),
};

#[test]
fn a_seed_is_a_whole_run() {
    for seed in 0..20 {
        let scenario = draw(seed, &SHORT);
        assert_eq!(scenario, draw(seed, &SHORT), "seed {seed}");
        let (first, second) = (run(&scenario), run(&scenario));
        assert_eq!(first, second, "seed {seed}");
        assert!(first.turns > 0);
    }
    let marks = |seed| run(&draw(seed, &SHORT)).mark;
    assert_ne!(marks(1), marks(2));
}

// conforms: C14+ C14- C16- C32- C44+ C49-
#[test]
fn promises_are_kept() {
    for seed in 0..150 {
        let violation = run(&draw(seed, &SHORT)).violation;
        assert_eq!(
            violation, None,
            "cargo xtask sim --from {seed} --seeds 1 --minutes 2"
        );
    }
}

#[test]
fn one_seed_in_four_knows_no_fault() {
    let quiet = |seed: &u64| draw(*seed, &SHORT).faults_until == 0;
    let quiet = (0..400).filter(quiet).count();
    assert!((60..140).contains(&quiet), "{quiet} of 400");
}

/// What once was broken stays mended: every scenario in tests/sim.
#[test]
fn scenario_files_keep_their_promises() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sim");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let scenario: Scenario =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(
            run(&scenario).violation,
            None,
            "{}: {}",
            path.display(),
            scenario.about
        );
        files += 1;
    }
    assert!(files > 0);
}

/// A file says all of a run.
#[test]
fn scenarios_survive_being_written_down() {
    let scenario = draw(3, &SHORT);
    let text = serde_json::to_string_pretty(&scenario).unwrap();
    assert_eq!(serde_json::from_str::<Scenario>(&text).unwrap(), scenario);
}

/// A LAN whose packets take longer than it says breaks L4; among a hundred faults that do not
/// matter, the shrinker finds that none is needed.
#[test]
fn a_failing_scenario_is_made_small() {
    let mut scenario = draw(
        4,
        &Limits {
            length: 120_000,
            nodes: (4, 4),
        },
    );
    scenario.lan.delay_min = 1_500_000;
    scenario.lan.delay_max = 1_500_000;
    scenario.lan.jitter = 0;
    scenario.faults_until = 60_000;
    for at in 0..100 {
        let kind = Kind::TakeVip { slot: 7, vip: 200 };
        scenario.faults.push(Fault {
            at: 400 * at,
            node: 0,
            kind,
        });
    }
    // Whatever it breaks, it breaks it with less.
    if let Some(small) = shrink(&scenario) {
        assert!(
            small.faults.len() < scenario.faults.len() / 2,
            "{}",
            small.about
        );
        assert!(run(&small).violation.is_some());
    }
}
