//! Faults of the kernel's table of virtual servers, and of the servers that are checked.

mod bed;
mod drift;
mod hung;
mod list;
mod refused;

pub(super) use bed::{Table, TableBed};
pub(super) use list::LIST;
