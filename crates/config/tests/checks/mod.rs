//! A check as a case shows it.

use holdfast_model::{Checker, Lent, Probe, RealServer, SlowStart, VirtualServer};
use std::fmt::Write as _;

pub(crate) fn text(check: &Checker) -> String {
    let timing = check.timing;
    let mut out = format!(
        "{} every {:?} warmup {:?} retry {} after {:?} timeout {:?}",
        check.probe,
        timing.delay_loop,
        timing.warmup,
        timing.retry,
        timing.delay_before_retry,
        timing.connect_timeout
    );
    out.push_str(if check.manner.alpha { " alpha" } else { "" });
    if check.manner.log_all {
        out.push_str(" log_all_failures");
    }
    if check.manner.further > 0 {
        let _ = write!(out, " rise {}", check.manner.further + 1);
    }
    match &check.probe {
        Probe::Smtp(smtp) => {
            let _ = write!(out, " helo {}", smtp.helo);
        }
        Probe::Dns(dns) => {
            let _ = write!(out, " type {} name {:?}", dns.kind, dns.name);
        }
        Probe::Udp(udp) => {
            let _ = write!(out, " payload {:x?} reply {:x?}", udp.payload, udp.reply);
        }
        Probe::Misc(misc) => {
            let _ = write!(out, " {:?} dynamic {}", misc.script, misc.dynamic);
        }
        Probe::Http(http) => {
            out.push_str(&crate::web_text::http_text(http));
        }
        Probe::File(file) => {
            let reverse = if file.reverse { " reverse" } else { "" };
            let _ = write!(out, " weight {}{reverse}", file.weight);
        }
        Probe::Bfd(session) => {
            let _ = write!(out, " session {session}");
        }
        Probe::Talk(talk) => {
            let _ = write!(out, " send {:?}", talk.send.escape_ascii().to_string());
            let _ = write!(out, " expect {:?}", talk.expect);
        }
        Probe::Tcp(_) | Probe::Ping(_) => {}
    }
    out
}

/// What a real server has of our own words.
pub(crate) fn own_words(server: &VirtualServer, real: &RealServer) -> String {
    let mut out = String::new();
    let mut lent = server.options.lent.iter();
    let own = |one: &&Lent| (one.address, one.port) == (real.key.address, real.key.port);
    if let Some(lent) = lent.find(own) {
        let _ = writeln!(out, "    FULLNAT by {:?}", lent.sources);
    }
    if real.slow_start != SlowStart::NONE {
        let _ = writeln!(out, "    slow start {:?}", real.slow_start.duration());
    }
    out
}
