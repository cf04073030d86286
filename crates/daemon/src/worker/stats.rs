//! How the instances stand, as text in the run directory: what SIGUSR1 and SIGUSR2 ask for.

use crate::render::{diagnostic, reject};
use holdfast_bfd::Speaker;
use holdfast_model::event::RejectReason;
use holdfast_vrrp::Router;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Replaces `vrrp.stats`: a new file of our own, readable by root only, never through a link.
pub(super) fn write(run_dir: &Path, router: &Router, speaker: &Speaker) {
    let (path, new) = (run_dir.join("vrrp.stats"), run_dir.join("vrrp.stats.new"));
    let written = || -> io::Result<()> {
        let _left_over = std::fs::remove_file(&new);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(text(router).as_bytes())?;
        file.write_all(sessions(speaker).as_bytes())?;
        std::fs::rename(&new, &path)
    };
    match written() {
        Ok(()) => tracing::info!("Printing VRRP stats to {}", path.display()),
        Err(error) => tracing::warn!("cannot write {}: {error}", path.display()),
    }
}

fn text(router: &Router) -> String {
    let mut text = String::new();
    for status in router.status() {
        let _infallible = writeln!(text, "VRRP Instance: {}", status.key);
        let _infallible = writeln!(text, "  State: {}", status.state);
        let _infallible = writeln!(text, "  Priority: {}", status.priority);
        if let Some((address, priority)) = status.master {
            let _infallible = writeln!(text, "  Master: {address} (priority {priority})");
        }
        let Some(stats) = router.stats(&status.key) else {
            continue;
        };
        let lines = [
            ("Adverts received", stats.adverts_received),
            ("Adverts sent", stats.adverts_sent),
            ("Became master", stats.became_master),
            ("Released master", stats.released_master),
            ("Priority zero received", stats.priority_zero_received),
            ("Priority zero sent", stats.priority_zero_sent),
            ("Address list mismatches", stats.address_mismatches),
        ];
        for (name, value) in lines {
            let _infallible = writeln!(text, "  {name}: {value}");
        }
        rejected(&mut text, &stats.rejected);
    }
    text.push_str("No instance\n");
    rejected(&mut text, &router.router_stats().rejected);
    text
}

fn rejected(text: &mut String, counters: &BTreeMap<RejectReason, u64>) {
    for (reason, count) in counters {
        let _infallible = writeln!(text, "  Rejected, {}: {count}", reject(*reason));
    }
}

fn sessions(speaker: &Speaker) -> String {
    let mut text = String::new();
    for status in speaker.status() {
        let _infallible = writeln!(text, "BFD Instance: {}", status.key);
        let (local, remote) = status.diagnostics;
        let (ours, theirs) = status.discriminators;
        let detection = match status.detection_time {
            Some(time) => format!("{} us", time.as_micros()),
            None => "none, the neighbour is not heard".to_owned(),
        };
        let lines = [
            ("Neighbor IP", status.neighbor.to_string()),
            ("State", status.state.to_string()),
            ("Local diag", diagnostic(local).to_owned()),
            ("Remote diag", diagnostic(remote).to_owned()),
            ("Local discriminator", format!("{ours:#x}")),
            ("Remote discriminator", format!("{theirs:#x}")),
            ("Tx interval", format!("{} us", status.interval.as_micros())),
            ("Detection time", detection),
            ("Packets received", status.stats.received.to_string()),
            ("Packets sent", status.stats.sent.to_string()),
            ("Packets discarded", status.stats.discarded.to_string()),
            ("Came up", status.stats.ups.to_string()),
            ("Went down", status.stats.downs.to_string()),
        ];
        for (name, value) in lines {
            let _infallible = writeln!(text, "  {name}: {value}");
        }
    }
    if speaker.strangers() > 0 {
        let strangers = speaker.strangers();
        let _infallible = writeln!(text, "BFD packets of no session: {strangers}");
    }
    text
}
