//! A check as a case shows it.

use holdfast_model::{Checker, Probe};
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
        Probe::Tcp(_) | Probe::Ping(_) => {}
    }
    out
}
