//! `-L` in all its forms.

mod connection;
mod counters;
mod header;
mod other;
mod row;
mod sort;

pub use connection::connections;
pub use other::{daemons, timeouts};

use crate::command::Format;
use crate::names::Names;
use holdfast_ipvs::{Destination, Info, Load, Service, Stats};

pub(crate) use row::server_name;
pub(crate) use sort::{destinations, services};

/// A service with its counters, and its destinations with theirs, in the kernel's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The service.
    pub service: Service,
    /// Its counters.
    pub stats: Stats,
    /// Its real servers.
    pub destinations: Vec<(Destination, Load)>,
}

/// The whole table.
pub fn all(info: &Info, mut entries: Vec<Entry>, format: &Format, names: &dyn Names) -> String {
    let (major, minor, patch) = info.version;
    let size = info.connection_table_size;
    let mut text = format!("IP Virtual Server version {major}.{minor}.{patch} (size={size})\n");
    text.push_str(header::header(format));
    if !format.unsorted {
        services(&mut entries);
    }
    for entry in entries {
        row::entry(&mut text, entry, format, names);
    }
    text
}

/// One service.
pub fn one(entry: Entry, format: &Format, names: &dyn Names) -> String {
    let mut text = header::header(format).to_owned();
    row::entry(&mut text, entry, format, names);
    text
}
