//! Files → findings → model → bundle, and the sections back.

mod bundle;
pub mod check;
mod compile;
mod explain;
mod files;
mod glob;
mod keys;
mod programs;
mod reading;
mod report;
mod tidy;
mod verdict;
mod world;

pub(crate) use bundle::{lvs_section, process_section, vrrp_section};
pub use check::{CheckOptions, Format, check};
pub use compile::{compile, config_test};
pub use explain::explain;
pub use tidy::{dump, format_files};
