//! The `ipvsadm` command, as of version 1.31: what its words ask, and how tables are printed.
//!
//! ```text
//!  options   every option, one row each          words    an argument list by popt's rules
//!  legal     which options a command takes       parse    options in order -> Command
//!  command   what is asked                       error    why not, with the exit status
//!  restore   lines of -R as argument lists       refusal  the kernel's errors, in words
//!  list      -L in all its forms                 save     -S
//!  names     what others know: hosts, services   help     the text of -h, from the rows
//! ```
//!
//! No I/O: names are asked of [`Names`], tables come as [`Entry`], text goes out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod command;
mod error;
mod help;
mod legal;
mod list;
mod names;
mod options;
mod parse;
mod refusal;
mod restore;
mod save;
mod words;

pub use command::{Command, Format, What};
pub use error::{STATUS_FAILED, STATUS_USAGE, UsageError};
pub use help::{help, version};
pub use list::{Entry, all, connections, daemons, one, timeouts};
pub use names::Names;
pub use parse::parse;
pub use refusal::refusal;
pub use restore::{Line, lines};
pub use save::save;
