//! Drafts to model: defaults, inheritance, and the rules that need more than one line.

pub(crate) mod checks;
pub(crate) mod groups;
pub(crate) mod hmac;
mod judge;
mod lease;
mod lent;
pub(crate) mod listening;
pub(crate) mod lvs;
mod mail;
pub(crate) mod objects;
mod placeless;
mod process;
pub(crate) mod script;
pub(crate) mod server_group;
mod service;
mod settings;
mod strict;
pub(crate) mod table;
pub(crate) mod told;
pub(crate) mod tracks;
pub(crate) mod unique;
mod vmac;
pub(crate) mod vrrp;
mod wire;
