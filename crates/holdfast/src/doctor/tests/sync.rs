//! What the other director is told of connections.

use super::super::sync::{PERIOD, REFRESH};
use super::{model, said, set};

#[test]
fn a_sync_daemon_tells_again_and_again() {
    let with = model("global_defs {\n lvs_sync_daemon eth0 id 7\n}\n");
    let without = model("global_defs {\n}\n");
    for (refresh, period, found) in [
        (10, 0, ""),
        (0, 0, "sync"),
        (0, 50, "sync"),
        (10, 50, "sync"),
    ] {
        let sysctls = |model| {
            said(model, |facts| {
                set(facts, REFRESH, refresh);
                set(facts, PERIOD, period);
            })
        };
        assert_eq!(sysctls(&with), found, "{refresh}, {period}");
        assert_eq!(sysctls(&without), "", "{refresh}, {period}");
    }
    assert_eq!(
        said(&with, |_| {}),
        "",
        "a kernel that has no such settings"
    );
}
