//! Weights that checks give: MISC_CHECK's by its exit code, FILE_CHECK's by its number.

use crate::check::CheckId;
use crate::service::Place;
use holdfast_model::{RealServer, Weight};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the kernel has room for, and keepalived uses.
const HEAVIEST: i64 = 2_147_483_647;

/// What a check says of its real server's weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weigh {
    /// Nothing: the file's weight counts.
    #[default]
    Own,
    /// This instead of the file's.
    Is(u32),
    /// So much more, or less.
    Plus(i64),
}

/// Who is weighed, and by which checks.
pub(crate) type Weighed = BTreeMap<Place, BTreeMap<CheckId, Weigh>>;

/// The weight of a server that these say something of.
pub(crate) fn effective(server: &RealServer, weighed: Option<&BTreeMap<CheckId, Weigh>>) -> Weight {
    let Some(weighed) = weighed else {
        return server.weight;
    };
    let own = i64::from(server.weight.get());
    let sum = weighed.values().fold(own, |sum, weigh| {
        sum.saturating_add(match weigh {
            Weigh::Own => 0,
            Weigh::Is(weight) => i64::from(*weight) - own,
            Weigh::Plus(more) => *more,
        })
    });
    let sum = u32::try_from(sum.clamp(0, HEAVIEST)).ok();
    sum.and_then(Weight::new).unwrap_or(Weight::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::real;

    #[test]
    fn what_checks_say_adds_up() {
        let server = real(1, 1, 10);
        let cases: &[(&[Weigh], u32)] = &[
            (&[], 10),
            (&[Weigh::Own], 10),
            (&[Weigh::Is(0)], 0),
            (&[Weigh::Is(253)], 253),
            (&[Weigh::Plus(-3), Weigh::Plus(5)], 12),
            (&[Weigh::Is(20), Weigh::Plus(-3)], 17),
            (&[Weigh::Plus(-11)], 0),
            (&[Weigh::Plus(i64::MIN), Weigh::Plus(i64::MIN)], 0),
            (
                &[Weigh::Plus(i64::MAX), Weigh::Plus(i64::MAX)],
                2_147_483_647,
            ),
        ];
        for (weighed, expected) in cases {
            let weighed = (0..).map(CheckId).zip(weighed.iter().copied()).collect();
            assert_eq!(
                effective(&server, Some(&weighed)).get(),
                *expected,
                "{weighed:?}"
            );
        }
        assert_eq!(effective(&server, None).get(), 10);
    }
}
