//! Tree to model: keyword tables, values, rules over the whole file. Pure: what is asked of the
//! machine comes in as [`HostFacts`](holdfast_model::HostFacts).
//!
//! ```text
//!  compile        tree + facts -> Compiled: model, findings, what keepalived would do
//!  table          a keyword is one row: names, what follows it, manual text, apply
//!  block/         one file a block: its table, its draft on the way to the model
//!  value/         one file a kind of value, as lenient as keepalived 2.2.7
//!  finish/        rules that need the whole block or file: defaults, inheritance, duplicates
//!  rule/          advice over the whole file, one rule a file
//!  stranger, hint  words that nobody knows, values that do not fit: what was meant
//!  braces         braces where none belong, and braces that are missing
//!  repair, rooms  a `{` that was forgotten, by what stands in which block
//!  lost           what keepalived would not have run, since it loses its place
//!  programs       which programs the file names, to be looked at outside
//!  explain        a page for each code
//!  reload         may a new file replace what runs?
//!  marks          groups that are one service, by a firewall mark
//! ```
//!
//! Nothing fails: a file with faults gives a model without what is faulty, and findings that say so.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod ahead;
mod auth_draft;
mod block;
mod braces;
mod check_draft;
pub mod code;
mod compiled;
mod context;
mod draft;
pub mod explain;
mod finish;
mod hint;
mod http_draft;
mod key_file;
mod keys;
mod listening_draft;
mod lost;
pub mod marks;
mod notify_draft;
mod programs;
pub mod reload;
mod repair;
mod rooms;
mod rule;
mod stranger;
mod suggest;
mod table;
mod table_draft;
mod value;
mod vmac_draft;

pub use ahead::Both;
pub use block::{Keyword, LearnedCap, Own, keywords_page, man_page, manual};
pub use compiled::{Compiled, Outcome, compile, compile_by};
pub use key_file::KeyFile;
pub use keys::FindingKeys;
pub use lost::Lost;
pub use table::Built;
