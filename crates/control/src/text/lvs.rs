//! Virtual and real servers.

use crate::report::{Lvs, Ordered, RealServer, VirtualServer};
use std::fmt::Write as _;

pub(super) fn report(text: &mut String, lvs: &Lvs) {
    match lvs.ipvs {
        Some(true) => {}
        Some(false) => text.push_str("  this kernel has no IPVS: none of them works\n"),
        None => text.push_str("  the kernel's table has not been looked at yet\n"),
    }
    for server in &lvs.virtual_servers {
        virtual_server(text, server);
    }
}

fn virtual_server(text: &mut String, server: &VirtualServer) {
    let quorum = server.quorum;
    let held = if quorum.up { "held" } else { "lost" };
    let more = match quorum.hysteresis {
        0 => String::new(),
        hysteresis => format!(", hysteresis {hysteresis}"),
    };
    let suspended = if server.suspended {
        ", no checks while its address is elsewhere"
    } else {
        ""
    };
    let _infallible = writeln!(
        text,
        "  {}  {} {}, quorum {held} ({} of {}{more}){suspended}",
        server.name, server.scheduler, server.method, quorum.weight, quorum.needed
    );
    let names = server.real_servers.iter().map(|real| real.name.len());
    let column = names.max().unwrap_or(0) + 2;
    for real in &server.real_servers {
        real_server(text, real, column);
    }
    if let Some(sorry) = &server.sorry_server {
        let does = if sorry.active { "serves" } else { "waits" };
        let _infallible = writeln!(text, "    sorry server {} {does}", sorry.name);
    }
}

/// What came of an order.
pub fn ordered(ordered: &Ordered) -> String {
    let real = &ordered.real_server;
    let up = if real.up { "up" } else { "down" };
    let mut text = format!(
        "{} of {}: {up}, {}: {}\n",
        real.name,
        ordered.virtual_server,
        weight(real),
        real.why
    );
    for note in &ordered.notes {
        let _infallible = writeln!(text, "  note: {note}");
    }
    text
}

fn weight(real: &RealServer) -> String {
    real.weight.map_or_else(
        || "not in table".to_owned(),
        |weight| format!("weight {weight}"),
    )
}

fn real_server(text: &mut String, real: &RealServer, column: usize) {
    let up = if real.up { "up" } else { "down" };
    let weight = weight(real);
    let line = format!(
        "    {:<column$} {up:<5} {weight:<13} {}",
        real.name, real.why
    );
    let _infallible = writeln!(text, "{}", line.trim_end());
}
