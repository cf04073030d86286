//! Commands that change what serves on this host, without anybody noticing.

mod handback;
mod rival;
mod systemd;
mod takeover;
mod upgrade;

pub(crate) use handback::handback;
pub(crate) use rival::Rival;
pub(crate) use takeover::takeover;
pub(crate) use upgrade::upgrade;
