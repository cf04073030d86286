//! Messages of the kernel's nf_tables, as far as a table of our own needs them.
//!
//! ```text
//!  guard       what the table keeps away: the whole of it as one transaction
//!  lent        connections to real servers that leave with an address of this host
//!  marks       packets to a group's addresses, and the mark that they get
//!  masquerade  a net whose packets leave with an address of this host
//!  lease       addresses that can be used while somebody says so
//!  silent      ARP of a real server about a VIP
//!  expression  the steps of a rule                list   which tables there are, and whose
//!  taken       what somebody took out of a table            chain  how many rules there are
//!  wire        attributes and message headers
//! ```
//!
//! Source: `linux/netfilter/nf_tables.h`, `linux/netfilter/nfnetlink.h`. Numbers are big endian,
//! addresses as on the wire, interface indices in host order.
//!
//! No I/O here: `holdfast-kernel` sends and receives these.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod chain;
mod expression;
mod guard;
mod lease;
mod lent;
mod list;
mod marks;
mod masquerade;
mod silent;
mod taken;
mod wire;

pub use chain::rules_in;
pub use guard::{Guard, Place, replace};
pub use lease::{Alive, lease, renew};
pub use lent::{Lent, count, lend, question};
pub use list::{Table, table, tables};
pub use marks::{Marked, give_marks, question_of_marks, rules_for_marks};
pub use masquerade::masquerade;
pub use silent::silence;
pub use taken::taken;
pub use wire::{Family, Message};
