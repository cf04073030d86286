//! What keys come to want.

use super::Reconciler;
use super::dump::Stale;
use super::key::KeyState;
use crate::domain::{Domain, Want};
use holdfast_model::Mono;

impl<D: Domain> Reconciler<D> {
    pub(super) fn want(&mut self, key: D::Key, epoch: u64, want: Option<Want<D>>) {
        let state = self.keys.entry(key.clone()).or_default();
        let pause = state.told(epoch, want);
        self.wanted(key, pause);
    }

    pub(super) fn amend(&mut self, key: D::Key, epoch: u64, rows: Want<D>) {
        if let Some(state) = self.keys.get_mut(&key).filter(|state| state.is_wanted()) {
            let pause = state.amended(epoch, rows);
            self.wanted(key, pause);
        }
    }

    /// `key` wants something new, which ends its pause.
    fn wanted(&mut self, key: D::Key, pause: Option<Mono>) {
        if let Some(at) = pause {
            self.waiting.remove(&(at, key.clone()));
        }
        let meets = |state: &KeyState<D>| state.meets(&self.doubtful);
        if self.keys.get(&key).is_some_and(meets) {
            self.stale = Stale::All;
        }
        self.dirty.insert(key);
    }
}
