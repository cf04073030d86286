//! Files → findings → model → bundle, and the sections back.

mod bundle;
pub mod check;
mod compile;
mod differences;
mod explain;
mod files;
mod glob;
mod keys;
mod model;
mod programs;
mod reading;
mod recompile;
mod report;
mod tidy;
mod verdict;
mod world;

pub(crate) use bundle::{lvs_section, process_section, table_section, vrrp_section};
pub use check::{CheckOptions, Format, check};
pub use compile::{compile, config_test};
pub use differences::{CompareError, differences};
pub use explain::explain;
pub use model::model;
pub use recompile::recompile;
pub use tidy::{dump, format_files};
