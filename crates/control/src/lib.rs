//! The control socket: what is asked of a running daemon, and what it says.
//!
//! ```text
//!   holdfast status ── HTTP over control.sock (0600, root) ── control process
//!      client, text                                           process/ │  one link a worker:
//!                                                                      │  Question ▶, ◀ Answer
//!                                          supervisor holds the socket ├── vrrp worker  Questions
//!                                          and both links' ends        └── lvs worker   Questions
//! ```
//! The control process is there while somebody asks; it has no state and no say. A worker takes a
//! question when it has nothing better to do, writes its answer into a memfd and sends that: it waits
//! for nobody. One that dies meanwhile is followed by one that finds the question in the link, and what
//! the dead one had taken is asked again.

pub mod client;
mod patience;
pub mod process;
mod question;
mod questions;
pub mod report;
pub mod text;

pub use question::{Answer, OrderRequest, Question};
pub use questions::Questions;

/// Bytes of the largest question, which is one message of a link.
pub(crate) const QUESTION_MAX: usize = 4000;
/// Bytes of the largest answer: 100,000 real servers take 40 MB.
pub(crate) const ANSWER_MAX: u64 = 1 << 28;
