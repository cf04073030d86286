//! `vip_lease`: for how long after an advert an instance's addresses can be used.
//!
//! ```text
//!  advert ── A ── advert ── A ── … ── K A - 0.1 s: ours end ── K A + skew: the first backup begins
//! ```

use crate::code;
use crate::context::Context;
use crate::draft::Spanned;
use crate::listening_draft::LeaseWish;
use core::time::Duration;
use holdfast_model::{Centis, LEASE_MARGIN, Name, Version, Wire};
use holdfast_syntax::Finding;

/// How late an advert may be before a lease ends that should not.
const PATIENCE: Duration = Duration::from_millis(100);

/// The limit; `None` without a lease, or where it cannot be.
pub(super) fn limit(
    context: &mut Context<'_>,
    wish: Option<&Spanned<LeaseWish>>,
    name: &Name,
    wire: &Wire,
    interval: Centis,
) -> Option<Duration> {
    let wish = wish?;
    let LeaseWish::On(theirs) = wish.value else {
        return None;
    };
    let adverts = theirs.map_or(wire.down_adverts, |theirs| theirs.min(wire.down_adverts));
    let every = match wire.version {
        Version::V2 => Duration::from_secs(u64::from(interval.whole_secs().max(1))),
        Version::V3 => Duration::from_millis(u64::from(interval.get()) * 10),
    };
    let limit = (every * u32::from(adverts)).saturating_sub(LEASE_MARGIN);
    if limit >= every + PATIENCE {
        return Some(limit);
    }
    let every = every.as_secs_f64();
    let message = format!(
        "vip_lease: for `{name}` {adverts} x {every} s less 0.1 s is no time in which another advert is sure to \
         leave: it has no lease"
    );
    let finding = Finding::error(code::LEASE, wish.span, message);
    context.push(finding.help(
        "`down_timer_adverts` has to be 2 or more, here and on the peers, and `advert_int` such that one \
         interval less than those are 0.2 s: 0.1 s with 3, 0.2 s with 2",
    ));
    None
}
