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
    if check.manner.alpha {
        out.push_str(" alpha");
    }
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
        Probe::Http(_) | Probe::Tcp(_) | Probe::Ping(_) => {}
    }
    if let Probe::Http(http) = &check.probe {
        for url in &http.urls {
            let _ = write!(out, "\n      {url:?}");
        }
    }
    out
}
