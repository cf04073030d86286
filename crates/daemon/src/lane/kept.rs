//! A rule set of ours in the kernel: made as the configuration wants it, tried again when that fails, looked
//! for now and then, and made anew when somebody has removed it.

use holdfast_kernel::netlink::NetlinkError;
use holdfast_kernel::time::now;
use holdfast_model::Mono;
use std::time::Duration;

/// How often what did not work is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(10);
/// How often it is looked for. The kernel would tell of it among all else that happens to rule sets.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What is wanted, and what there is.
#[derive(Debug, Default)]
pub(super) struct Kept<W> {
    pub(super) wanted: W,
    /// What the kernel has; none: nobody knows.
    pub(super) done: Option<W>,
    try_at: Mono,
    look_at: Mono,
    complained: bool,
}

impl<W: Clone + PartialEq> Kept<W> {
    pub(super) fn configure(&mut self, wanted: W) {
        self.wanted = wanted;
        self.try_at = Mono::ZERO;
        self.complained = false;
    }

    /// It is as it is wanted.
    pub(super) fn is_done(&self) -> bool {
        self.done.as_ref() == Some(&self.wanted)
    }

    /// When it is tried next, if it has to be.
    pub(super) const fn due(&self) -> Mono {
        self.try_at
    }

    /// True when it may be tried now.
    pub(super) fn begin(&mut self) -> bool {
        let time = now();
        let may = time >= self.try_at;
        if may {
            self.try_at = time + TRY_AGAIN;
        }
        may
    }

    /// It was tried; what is to be said of it, once.
    pub(super) fn end(&mut self, made: Result<(), String>) -> Option<String> {
        let error = made.err();
        self.done = error.is_none().then(|| self.wanted.clone());
        let told = core::mem::replace(&mut self.complained, error.is_some());
        error.filter(|_| !told)
    }

    /// True when it should be there, and is to be looked for now.
    pub(super) fn look(&mut self, should: impl Fn(&W) -> bool) -> bool {
        let time = now();
        let looks = self.done.as_ref().is_some_and(should) && time >= self.look_at;
        if looks {
            self.look_at = time + LOOK_AGAIN;
        }
        looks
    }

    /// It is not as it was made: it is to be made at once.
    pub(super) fn lost(&mut self) {
        (self.done, self.try_at) = (None, Mono::ZERO);
    }

    /// So many rules are there, as behind a firewall that is loaded anew; there should be `all`. True when
    /// they have to be made again, for `what`.
    pub(super) fn seen(
        &mut self,
        what: &str,
        rules: Result<usize, NetlinkError>,
        all: usize,
    ) -> bool {
        // what cannot be read is no reason to write
        let Some(left) = rules.ok().filter(|left| *left < all) else {
            return false;
        };
        tracing::warn!(
            "{what}: somebody has removed nftables rules of ours ({left} of {all} are left): making them again"
        );
        self.lost();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_again_and_complained_of_once() {
        let mut kept = Kept::<u8>::default();
        assert!(!kept.is_done(), "nobody knows what is there");
        kept.configure(1);
        assert!(kept.begin());
        assert!(!kept.begin(), "not again at once");
        let error = || Err("no".to_owned());
        assert_eq!(kept.end(error()), Some("no".to_owned()));
        assert_eq!(kept.end(error()), None);
        assert!(!kept.is_done());
        assert_eq!(kept.end(Ok(())), None);
        assert!(kept.is_done());
        assert_eq!(kept.end(error()).as_deref(), Some("no"), "another trouble");
        kept.configure(2);
        assert_eq!(kept.due(), Mono::ZERO, "a reload tries at once");
    }

    #[test]
    fn what_is_gone_is_made_again() {
        let mut kept = Kept::<u8>::default();
        kept.configure(1);
        assert!(!kept.look(|_| true), "nothing was made yet");
        let mut seen = |rules| {
            assert!(kept.begin() && kept.end(Ok(())).is_none());
            let again = kept.seen("a test", rules, 4);
            assert_eq!(again, !kept.is_done());
            assert_eq!(again, kept.due() == Mono::ZERO);
            kept.configure(1);
            again
        };
        assert!(!seen(Ok(4)));
        assert!(!seen(Ok(5)), "somebody's own beside them");
        assert!(!seen(Err(NetlinkError::Timeout)));
        assert!(seen(Ok(3)));
        assert!(seen(Ok(0)));
        assert!(kept.begin() && kept.end(Ok(())).is_none());
        assert!(!kept.look(|made| *made == 2));
        assert!(kept.look(|made| *made == 1));
        assert!(!kept.look(|_| true), "not again at once");
    }
}
