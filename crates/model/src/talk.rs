//! TCP_CHECK with `send` and `expect`: what is said to a server, and what it has to say.

use crate::connect::Connect;
use crate::http::BodyMatch;
use serde::{Deserialize, Serialize};

/// A connection in which something is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TalkCheck {
    /// Whom to ask.
    pub connect: Connect,
    /// `send`: said once the connection is made; empty: nothing.
    pub send: Vec<u8>,
    /// `expect`: what has to come; none: nothing is read.
    pub expect: Option<Box<BodyMatch>>,
}
