//! What others may see of a virtual server.

use crate::service::{Row, Service};
use holdfast_model::{RealServer, VirtualServer, Weight};

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

    /// The living reach the quorum.
    pub const fn has_quorum(&self) -> bool {
        self.service.quorum.up
    }

    /// The sum of the weights of the living.
    pub fn living_weight(&self) -> u64 {
        self.service.living_weight()
    }
}
