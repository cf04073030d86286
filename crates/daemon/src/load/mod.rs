//! Files → findings → model → bundle, and the sections back.

mod bundle;
mod compile;
mod files;
mod glob;
mod world;

pub(crate) use bundle::{lvs_section, vrrp_section};
pub use compile::{compile, config_test};
