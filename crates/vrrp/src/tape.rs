//! The tape: what the router was told and what it did, line by line, so that another process can do it again.
//!
//! ```text
//!   head    how the router begins: new, from a snapshot, for masters found, or as it stood in the middle
//!   turn    when, what it was told, what it did
//!   turn    ...
//!   head    a new process, a new file, or turns that were lost: from here on without what was before
//! ```
//!
//! Secrets are not on it ([`veil`]). Whoever writes and reads lines is elsewhere.

mod given;
pub(crate) mod hex;
pub(crate) mod pairs;
pub mod veil;

pub use given::Given;

use crate::action::Action;
use crate::router::Router;
use crate::snapshot::RouterState;
use core::time::Duration;
use holdfast_model::{InstanceKey, Mono, VrrpModel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The form of all lines; one of another form is not understood.
pub const FORM: u16 = 4;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A beginning.
    Head(Box<Head>),
    /// An input, and what came of it.
    Turn(Box<Turn>),
}

/// What is needed to go on from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORM`].
    pub form: u16,
    /// Which build recorded it.
    pub build: String,
    /// When.
    pub at: Mono,
    /// How far the wall clock is ahead of these times.
    pub ahead: Duration,
    /// Turns before this that are not on the tape.
    pub lost: u64,
    /// How the router begins.
    pub how: How,
}

/// How a router begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// [`Router::new`].
    Begins(VrrpModel),
    /// [`Router::resume`].
    Resumes {
        /// The configuration.
        model: VrrpModel,
        /// What the process before left.
        from: RouterState,
    },
    /// [`Router::adopt`].
    Adopts {
        /// The configuration.
        model: VrrpModel,
        /// Who served until now.
        masters: BTreeSet<InstanceKey>,
    },
    /// It goes on as it stands.
    GoesOn(Box<Router>),
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// When.
    pub at: Mono,
    /// What the router was told.
    pub input: Given,
    /// What it did, in that order.
    pub actions: Vec<Action>,
}

impl How {
    /// The router at this beginning.
    pub fn router(&self, at: Mono) -> Router {
        match self {
            Self::Begins(model) => Router::new(model),
            Self::Resumes { model, from } => Router::resume(model, from, at),
            Self::Adopts { model, masters } => Router::adopt(model, masters, at),
            Self::GoesOn(router) => router.as_ref().clone(),
        }
    }
}

/// What a router looks at of a configuration: the rest is nothing to a tape.
pub fn told(model: &VrrpModel) -> VrrpModel {
    VrrpModel {
        instances: model.instances.clone(),
        groups: model.groups.clone(),
        listening: model.listening.clone(),
        ..VrrpModel::default()
    }
}
