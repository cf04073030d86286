//! What the fast lane says, told to the router.

use super::Worker;
use crate::lane::handle::Said;
use crate::lane::links::LinkNews;
use holdfast_kernel::time::now;
use holdfast_vrrp::Input;

impl Worker {
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
            Said::Ready { restarted } => {
                self.check_hearsay();
                self.restarted = restarted;
                self.kernel_read.get_or_insert_with(now);
            }
        }
    }
}
