//! What others may see of a virtual server.

use crate::check::Check;
use crate::service::{Row, Service};
use holdfast_model::event::CheckFailure;
use holdfast_model::{CheckKey, Given, Mono, RealServer, VirtualServer, Weight};

/// One virtual server as the table should show it now.
#[derive(Debug, Clone, Copy)]
pub struct ServiceView<'a> {
    service: &'a Service,
}

impl<'a> ServiceView<'a> {
    pub(crate) const fn new(service: &'a Service) -> Self {
        Self { service }
    }

    /// Its configuration, without the checkers: those are the pool's.
    pub const fn config(&self) -> &'a VirtualServer {
        &self.service.config
    }

    /// Every row, in the order of the file, the sorry server last.
    pub fn rows(&self) -> Vec<Row> {
        self.service.rows()
    }

    /// A real server's row; `None`: no row.
    pub fn weight(&self, server: &RealServer) -> Option<Weight> {
        self.service.weight(server)
    }

    /// The sorry server is in.
    pub const fn sorry(&self) -> bool {
        self.service.sorry()
    }

    /// The sorry server's row; `None`: no row.
    pub fn sorry_weight(&self) -> Option<Weight> {
        self.service.sorry_weight()
    }

    /// No check of it fails.
    pub fn lives(&self, server: &RealServer) -> bool {
        self.service.lives(&server.key)
    }

    /// What an operator wants of it.
    pub fn order(&self, server: &RealServer) -> Option<Given> {
        self.service.order(&server.key)
    }

    /// `slow_start`: when it has its whole weight again.
    pub fn eased_until(&self, server: &RealServer) -> Option<Mono> {
        self.service.eased_until(server)
    }

    /// The living reach the quorum.
    pub const fn has_quorum(&self) -> bool {
        self.service.quorum.up
    }

    /// The sum of the weights of the living.
    pub fn living_weight(&self) -> u64 {
        self.service.living_weight()
    }
}

/// One check as it stands.
#[derive(Debug, Clone, Copy)]
pub struct CheckView<'a> {
    /// Whom it judges, and by what.
    pub key: &'a CheckKey,
    /// It passes.
    pub up: bool,
    /// It had a result.
    pub tried: bool,
    /// Failures since the last success, while it is up.
    pub failures: u32,
    /// `rise`: successes since the last failure, while it is down.
    pub successes: u32,
    /// Why it failed last; none when it succeeded last.
    pub failure: Option<&'a CheckFailure>,
}

impl<'a> CheckView<'a> {
    pub(crate) fn new(check: &'a Check) -> Self {
        Self {
            key: &check.key,
            up: check.up,
            tried: check.tried,
            failures: if check.up { check.against } else { 0 },
            successes: if check.up { 0 } else { check.against },
            failure: check.failure.as_deref(),
        }
    }
}
