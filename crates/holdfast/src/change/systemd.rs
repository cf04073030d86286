//! Changing over where systemd runs both daemons.

use crate::cli::Options;
use crate::complain;
use holdfast_supervise::exit;
use std::path::Path;
use std::process::Command;

const DEFAULTS: &str = "/etc/default/holdfast";

/// It is the one that starts daemons here.
pub(super) fn runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// What the unit calls the daemon with.
pub(super) fn options() -> Options {
    let text = std::fs::read_to_string(DEFAULTS).unwrap_or_default();
    let value = text
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix("DAEMON_ARGS="));
    let value = value.unwrap_or_default().trim_matches(['"', '\'']);
    let words = value.split_whitespace().map(Into::into).collect();
    Options::parse(words).unwrap_or_default()
}

/// Starts our unit without the stop of keepalived's that it would bring: the daemon ends that by itself. A
/// keepalived.service that restarts by itself may not, since that would stop ours.
pub(super) fn take_over() -> i32 {
    let keepalived = "keepalived.service";
    systemctl(&["mask", "--runtime", keepalived]);
    let start = [
        "start",
        "--job-mode=ignore-dependencies",
        "holdfast.service",
    ];
    let started = systemctl(&start);
    if started {
        // nothing of it runs any more: this only ends what would start it again
        systemctl(&["stop", keepalived]);
    }
    systemctl(&["unmask", "--runtime", keepalived]);
    if !started {
        complain("holdfast: holdfast.service did not start: 'journalctl -u holdfast' says why");
        return exit::FATAL;
    }
    systemctl(&["reset-failed", keepalived]);
    complain(
        "holdfast: it serves in keepalived's place. At the next boot, too: \
         systemctl disable keepalived && systemctl enable holdfast",
    );
    exit::OK
}

fn systemctl(words: &[&str]) -> bool {
    let mut command = Command::new("systemctl");
    command.arg("--quiet").args(words);
    command.status().is_ok_and(|status| status.success())
}
