//! Rules about what the kernel tells the other director of its connections. Pure.
//!
//! A connection is told of again when it has a packet and `sync_refresh_period` is over; but with a period in
//! `sync_threshold` only with one packet of so many (Linux, Documentation/networking/
//! ipvs-sysctl.rst). A director that comes back knows of those only that were told of since.

use super::facts::Facts;
use super::finding::Finding;
use holdfast_model::Model;

pub(super) const REFRESH: &str = "ipv4/vs/sync_refresh_period";
/// Of its two numbers the second.
pub(super) const PERIOD: &str = "ipv4/vs/sync_threshold";

pub(super) fn judge(model: &Model, facts: &Facts) -> Vec<Finding> {
    let setting = |path| facts.settings.get(path).copied();
    // without IPVS there are none
    let (Some(sync), Some(refresh), Some(period)) =
        (&model.lvs.table.sync, setting(REFRESH), setting(PERIOD))
    else {
        return Vec::new();
    };
    let when = match (refresh, period) {
        (0, 0) => "once, when it is established".to_owned(),
        (_, 0) => return Vec::new(),
        (_, period) => format!("with every {period}th of its packets"),
    };
    vec![
        Finding::risk(
            "sync",
            format!("the sync daemon on {} tells of a connection {when}", sync.interface),
        )
        .expected("every few seconds: a director that comes back and takes over resets those that it was not told of since")
        .todo("sysctl -w net.ipv4.vs.sync_threshold='0 0' net.ipv4.vs.sync_refresh_period=10, and `preempt_delay 20` or `nopreempt`"),
    ]
}
