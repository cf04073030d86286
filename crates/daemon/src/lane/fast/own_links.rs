//! The lane and its links of our own: when they are looked after, and who must know before.

use super::Lane;
use crate::state::Held;
use std::io;

impl Lane {
    /// Whoever cleans up after a crash must know of them.
    fn hold_links(&mut self) {
        if !self.virtual_links.held().eq(&self.held.links) {
            let links = self.virtual_links.held().cloned().collect();
            self.write_down(Held {
                links,
                ..self.held.clone()
            });
        }
    }

    /// Makes and removes links of our own. What they must not say is forbidden before they are up.
    pub(super) async fn make_links(&mut self) -> io::Result<()> {
        let tasks = self.virtual_links.plan(&self.links);
        // one may also have gone by itself
        self.hold_links();
        if !tasks.is_empty() {
            self.virtual_links
                .carry_out(&tasks, &mut self.kernel.writer);
            self.firewall.look_again();
            self.firewall.sync(&self.links);
            self.virtual_links.raise(&tasks, &mut self.kernel.writer);
            self.monitor.forget();
            self.read_links().await?;
            self.addresses.overrun();
            self.paths.look_again();
            self.hold_links();
        }
        self.virtual_links
            .speak(&self.links, &mut self.kernel.writer);
        Ok(())
    }

    /// One of them is down: switched off, or on its way out, which the kernel says later.
    pub(super) async fn went_down(&mut self, index: u32) -> io::Result<()> {
        let writer = &mut self.kernel.writer;
        if let Some(name) = self.links.name(index)
            && self.virtual_links.revive(name, index, writer)
        {
            return self.read_links().await;
        }
        self.links.gone(index);
        self.make_links().await
    }
}
