//! The explorer: no order of the first choices breaks a promise, and one that must is found.

use holdfast_sim::explore::{Case, cases, explore};
use holdfast_sim::spec::Spec;

#[test]
fn the_first_choices_keep_every_promise() {
    for case in cases(400) {
        let found = explore(&case);
        assert_eq!(found.broken, None, "{}", case.name);
        assert!(found.states >= 400 && found.depth > 0, "{found:?}");
        assert_eq!(found, explore(&case), "{}", case.name);
    }
}

/// Two owners of version 2 do not listen to each other (RFC 3768 s7.1): that is found.
#[test]
fn two_owners_are_two_masters() {
    let found = explore(&Case {
        name: "two owners",
        specs: vec![Spec::plain(0, 255), Spec::plain(0, 255)],
        depth: 2,
        limit: 100,
    });
    let broken = found.broken.unwrap_or_default();
    assert!(broken.contains("2 masters"), "{broken}");
}
