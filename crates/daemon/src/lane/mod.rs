//! Threads that change the kernel, so that those who decide never wait for it.

mod addresses;
mod announce;
mod beats;
mod fast;
pub(crate) mod firewall;
pub(crate) mod handle;
pub(crate) mod ipvs;
pub(crate) mod links;
pub(crate) mod mailbox;
pub(crate) mod outbox;
mod paths;
pub(crate) mod settings;
mod virtual_links;
