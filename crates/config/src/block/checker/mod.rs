//! Checker blocks.

mod common;
pub(super) mod http;
pub(super) mod others;
pub(super) mod tcp;
