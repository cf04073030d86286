//! What others do to our nftables tables.

use super::Lane;

impl Lane {
    /// Whatever is gone is put back when things are next brought to what is wanted, in this turn.
    pub(super) fn look_for_tables(&mut self) {
        let own = [self.firewall.port(), self.leases.port()];
        let own: Vec<u32> = own.into_iter().flatten().collect();
        let taken = self.ruleset.read(&own);
        let missed = [self.firewall.miss(&taken), self.leases.miss(&taken)];
        if missed.contains(&true) {
            self.ruleset.say();
        }
    }
}
