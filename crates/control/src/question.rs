//! What the control process asks a worker.

use crate::report::{Act, Connections, Lvs, Ordered, Vrrp, Why};
use serde::{Deserialize, Serialize};

/// A question to one worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// How is everything?
    Status,
    /// Why is an instance in its state?
    Why {
        /// Its name.
        instance: String,
    },
    /// Do this to a real server.
    Order(OrderRequest),
    /// How many connections has a real server?
    Connections {
        /// Its virtual server, as people call it.
        virtual_server: String,
        /// Itself.
        real_server: String,
    },
}

/// What an operator wants of a real server: the body of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// As people call it: `192.0.2.20:80`, `fwmark:5`, `group:web`.
    pub virtual_server: String,
    /// The same: `10.0.0.1:80`, or its address where that is enough.
    pub real_server: String,
    /// What.
    pub act: Act,
    /// For how long; none: until another order.
    pub for_ms: Option<u64>,
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The vrrp worker's status.
    Vrrp(Vrrp),
    /// The lvs worker's status.
    Lvs(Lvs),
    /// Why an instance is in its state.
    Why(Box<Why>),
    /// What came of an order.
    Ordered(Box<Ordered>),
    /// A real server's connections.
    Connections(Connections),
    /// It is not the one to ask, or cannot; why.
    Refused(String),
}
