//! Threads that change the kernel, so that those who decide never wait for it.

mod addresses;
mod announce;
mod beats;
pub(crate) mod conflicts;
mod ears;
mod fast;
pub(crate) mod firewall;
pub(crate) mod handle;
pub(crate) mod ipvs;
mod ipvs_frame;
pub(crate) mod ipvs_handle;
mod ipvs_rows;
mod ipvs_sweep;
mod kept;
pub(crate) mod lease;
pub(crate) mod lent;
mod link_settings;
pub(crate) mod links;
pub(crate) mod mailbox;
pub(crate) mod marks;
pub(crate) mod outbox;
pub(crate) mod packets;
mod paths;
mod rest;
pub(crate) mod ruleset;
pub(crate) mod settings;
mod virtual_links;
