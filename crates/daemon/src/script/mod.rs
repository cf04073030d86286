//! Programs that are run for what happens: started without a fork, never waited for.
//!
//! ```text
//!  notices   events → what is told, and when     groups   the same of sync groups     queue   one at a time about one thing
//!  servers   the same of virtual and real servers
//!  server_letters  the mail about them                server_teller  both, through the runner
//!  runner    the thread that tells: FIFO lines, scripts      fifo   a line at once or not at all
//!  once      startup_script and shutdown_script, in a process of their own
//!  security  whether a script may run at all, judged once when the configuration is read
//!  spawner   a bounded number of children: start, end, limit
//! ```

mod check_words;
mod fifo;
mod groups;
pub(crate) mod notice;
pub(crate) mod notices;
pub mod once;
mod queue;
pub(crate) mod runner;
pub(crate) mod security;
mod server_letters;
pub(crate) mod server_teller;
mod servers;
pub mod spawner;
pub(crate) mod told;
pub(crate) mod what;

pub use holdfast_kernel::process::Identity;
pub use spawner::{Ended, Outcome, Spawner};

use std::ffi::OsString;
use std::io;

/// `exec-as`: becomes the script. The result is the exit code when that fails, as with a shell.
pub fn become_script(identity: &Identity, program: &OsString, arguments: &[OsString]) -> i32 {
    let error = holdfast_kernel::process::become_program(identity, program, arguments);
    match error.kind() {
        io::ErrorKind::NotFound => NOT_FOUND,
        _ => NOT_RUN,
    }
}

/// The program is not there.
pub const NOT_FOUND: i32 = 127;
/// The program is there and cannot be run.
pub const NOT_RUN: i32 = 126;
