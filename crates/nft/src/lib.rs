//! Messages of the kernel's nf_tables, as far as a table of our own needs them.
//!
//! ```text
//!  guard       what the table keeps away: the whole of it as one transaction
//!  masquerade  a net whose packets leave with an address of this host
//!  expression  the steps of a rule                list   which tables there are, and whose
//!  wire        attributes and message headers
//! ```
//!
//! Source: `linux/netfilter/nf_tables.h`, `linux/netfilter/nfnetlink.h`. Numbers are big endian,
//! addresses as on the wire, interface indices in host order.
//!
//! No I/O here: `holdfast-kernel` sends and receives these.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod expression;
mod guard;
mod list;
mod masquerade;
mod wire;

pub use guard::{Guard, Place, replace};
pub use list::{Table, table, tables};
pub use masquerade::masquerade;
pub use wire::{Family, Message};
