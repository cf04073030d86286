//! A link that gets another name takes its addresses along, while the file goes on to mean whoever has the old one.

use super::Lane;
use holdfast_kernel::rt::{Change, ObservedLink};

impl Lane {
    /// What instances hold on a link that is not theirs any more goes: by its name nobody finds it again, and the host
    /// would answer for it beside the next master. Down, renamed and up may be heard of at once.
    pub(super) fn leave_renamed(&mut self, link: &ObservedLink) {
        let Some(before) = self.links.name(link.index) else {
            return;
        };
        if *before == link.name {
            return;
        }
        let held = self
            .held
            .instances
            .values()
            .flat_map(|held| &held.addresses);
        let left: Vec<Change<'_>> = held
            .filter(|address| address.interface == *before)
            .map(|left| Change::DeleteAddress {
                index: link.index,
                address: left.address,
                prefix: left.prefix,
            })
            .collect();
        if left.is_empty() {
            return;
        }
        // one that is not there is refused, and that is all
        let _outcomes = self.kernel.writer.run(&left);
        self.addresses.overrun();
    }
}
