//! Somebody else changes nftables' tables: what is gone from ours is put back.

use crate::lane::rest::Rest;
use holdfast_kernel::nft::{NftWatch, Taken};
use holdfast_kernel::time::now;
use holdfast_model::Mono;
use std::future::pending;
use std::time::Duration;

/// After something was read, so long nothing is: whoever takes our table away again and again must not
/// keep the lane from its work.
const REST: Duration = Duration::from_millis(20);
/// It is said again after so long.
const SAID_FOR: Duration = Duration::from_secs(10);

/// There while a table of ours is.
#[derive(Debug, Default)]
pub(crate) struct Ruleset {
    watch: Option<NftWatch>,
    rest: Rest,
    said: Option<Mono>,
}

impl Ruleset {
    /// Listens from now on, or not any more. Before the table is made.
    pub(crate) fn listen(&mut self, wanted: bool) {
        if wanted == self.watch.is_some() {
            return;
        }
        // a kernel without nf_tables says so where it is to do something
        self.watch = wanted.then(NftWatch::open).and_then(Result::ok);
    }

    /// Waits until somebody changes something.
    pub(crate) async fn wait(&self) {
        let Some(watch) = &self.watch else {
            return pending().await;
        };
        self.rest.over().await;
        watch.readable().await;
    }

    /// What others took.
    pub(crate) fn read(&mut self, own: &[u32]) -> Taken {
        self.rest.begin(REST);
        let watch = self.watch.as_mut();
        watch.map_or_else(Taken::default, |watch| watch.read(own))
    }

    /// Says so, unless it was said a moment ago.
    pub(crate) fn say(&mut self) {
        let now = now();
        if self.said.is_none_or(|said| now.since(said) >= SAID_FOR) {
            self.said = Some(now);
            tracing::warn!(
                "nftables: somebody removed rules of ours (a firewall that was loaded anew?): they are put back"
            );
        }
    }
}
