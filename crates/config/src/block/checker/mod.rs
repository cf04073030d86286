//! Checker blocks.

mod common;
pub(super) mod dns;
pub(super) mod http;
pub(super) mod misc;
pub(super) mod others;
pub(super) mod ping;
pub(super) mod smtp;
pub(super) mod tcp;
pub(super) mod udp;
pub(super) mod url;
