//! `-L --timeout` and `-L --daemon`.

use crate::names::address_text;
use holdfast_ipvs::{SyncDaemon, SyncRole, Timeouts};

/// The three timeouts.
pub fn timeouts(timeouts: &Timeouts) -> String {
    let Timeouts { tcp, tcp_fin, udp } = timeouts;
    format!("Timeout (tcp tcpfin udp): {tcp} {tcp_fin} {udp}\n")
}

/// A line each.
pub fn daemons(daemons: &[SyncDaemon]) -> String {
    daemons.iter().map(daemon).collect()
}

fn daemon(daemon: &SyncDaemon) -> String {
    let role = match daemon.role {
        SyncRole::Master => "master",
        SyncRole::Backup => "backup",
    };
    let (interface, id) = (&daemon.interface, daemon.sync_id);
    let mut text = format!("{role} sync daemon (mcast={interface}, syncid={id}");
    if let Some(bytes) = daemon.max_length.filter(|bytes| *bytes != 0) {
        text.push_str(&format!(", maxlen={bytes}"));
    }
    if let Some(group) = daemon.group {
        text.push_str(&format!(", group={}", address_text(group)));
    }
    if let Some(port) = daemon.port.filter(|port| *port != 0) {
        text.push_str(&format!(", port={port}"));
    }
    if let Some(ttl) = daemon.ttl.filter(|ttl| *ttl != 0) {
        text.push_str(&format!(", ttl={ttl}"));
    }
    text.push_str(")\n");
    text
}
