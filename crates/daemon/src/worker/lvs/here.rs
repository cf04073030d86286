//! Which addresses this machine has, for `ha_suspend`: looked up with every beat where the file asks
//! for it, and told when they have changed.

use super::{Shared, feed};
use holdfast_health::Input;
use holdfast_model::LvsModel;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::rc::Rc;

/// What was told last.
pub(super) struct Here {
    asked: bool,
    told: Option<BTreeSet<IpAddr>>,
}

impl Here {
    pub(super) const fn new(model: &LvsModel) -> Self {
        Self {
            asked: !model.suspends.is_empty(),
            told: None,
        }
    }

    /// Looks, and tells what is new. Where the kernel does not say, what was stays.
    pub(super) fn look(&mut self, shared: &Rc<RefCell<Shared>>) {
        if !self.asked {
            return;
        }
        let Ok(all) = nix::ifaddrs::getifaddrs() else {
            return;
        };
        let storages = all.filter_map(|one| one.address);
        let here: BTreeSet<IpAddr> = storages
            .filter_map(|one| {
                let four = one.as_sockaddr_in().map(|four| IpAddr::V4(four.ip()));
                four.or_else(|| Some(IpAddr::V6(one.as_sockaddr_in6()?.ip())))
            })
            .collect();
        if self.told.as_ref() != Some(&here) {
            feed(shared, Input::Addresses(&here));
            self.told = Some(here);
        }
    }
}
