//! What the fast lane says, told to the router; and what BFD finds out, to whoever hangs on it.

use super::Worker;
use crate::lane::handle::Said;
use crate::lane::links::LinkNews;
use crate::worker::link::Level;
use holdfast_kernel::time::now;
use holdfast_model::Event;
use holdfast_model::event::VrrpEvent;
use holdfast_vrrp::{Action, Input};

impl Worker {
    /// What BFD found out about neighbours.
    pub(super) fn heed_bfd(&mut self) {
        for (session, up, listeners) in self.bfd.take_levels() {
            if self.stopping.is_some() {
                continue;
            }
            if listeners.vrrp {
                let (key, level) = (session.watched(), holdfast_model::Level::of(up));
                self.feed(Input::Level { key: &key, level });
            }
            if listeners.checkers {
                self.link.send(&Level::Bfd(session, up));
            }
        }
    }

    /// The lvs worker has just started, and knows nothing.
    pub(super) fn tell_levels(&mut self) {
        self.effects.followed.forget();
        for (session, up) in self.bfd.for_checks() {
            self.link.send(&Level::Bfd(session.clone(), up));
        }
    }

    pub(super) fn heard(&mut self, said: Said) {
        match said {
            Said::Link(LinkNews::Is(link)) => {
                self.hearsay.remove(&link.index);
                self.effects.link(&link);
                self.feed(Input::Link(link));
            }
            Said::Link(LinkNews::Gone(index)) => {
                self.effects.link_gone(index);
                self.feed(Input::LinkGone(index));
            }
            Said::Applied { instance, epoch } => {
                self.feed(Input::Applied {
                    instance: &instance,
                    epoch,
                });
            }
            Said::GaveUp { instance, epoch } => {
                self.feed(Input::ApplyFailed {
                    instance: &instance,
                    epoch,
                });
            }
            Said::Lost {
                instance,
                interface,
                address,
            } => {
                let lost = self
                    .model
                    .instances
                    .iter()
                    .find(|i| i.key == instance)
                    .and_then(|i| {
                        i.owned()
                            .into_iter()
                            .find(|a| a.interface == interface && a.address == address)
                    });
                if let Some(address) = lost {
                    self.feed(Input::Lost {
                        instance: &instance,
                        address: &address,
                    });
                }
            }
            Said::Taken(instance) => self.feed(Input::Claimed(&instance)),
            Said::Claimed(conflict) => {
                let event = VrrpEvent::AddressClaimed {
                    address: conflict.address,
                    interface: conflict.interface,
                    hardware: conflict.hardware.0,
                };
                let instance = conflict.instance;
                self.effects
                    .run(Action::Report(Event::Vrrp { instance, event }));
            }
            Said::Ready { restarted } => {
                self.check_hearsay();
                self.restarted = restarted;
                self.kernel_read.get_or_insert_with(now);
            }
        }
    }
}
