//! Checks with everything filled in: what they ask, where, and when.

use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft, TimingDraft, VirtualServerDraft};
use core::net::{IpAddr, SocketAddr};
use holdfast_model::{Checker, HttpCheck, Micros, Name, Probe, Timing};

/// The checks of a real server, which the kernel knows under `port`.
pub(super) fn of(draft: &VirtualServerDraft, server: &RealServerDraft, port: u16) -> Vec<Checker> {
    let inherited = server.timing.or(draft.timing);
    let virtualhost = server.virtualhost.as_ref().or(draft.virtualhost.as_ref());
    // A check asks the port that the file gives the server, whatever the kernel's row has.
    let port = if server.port == 0 { port } else { server.port };
    let to = (server.address, port);
    server
        .checkers
        .iter()
        .map(|checker| Checker {
            probe: probe(checker, to, virtualhost),
            timing: timing(checker.timing.or(inherited), &checker.kind),
        })
        .collect()
}

fn probe(checker: &CheckerDraft, to: (IpAddr, u16), inherited: Option<&Name>) -> Probe {
    let target = SocketAddr::new(
        checker.address.unwrap_or(to.0),
        checker.port.unwrap_or(to.1),
    );
    match &checker.kind {
        CheckerKind::Tcp => Probe::Tcp { target },
        CheckerKind::Http { virtualhost, urls } => {
            let mut urls = urls.clone();
            for url in &mut urls {
                let outer = virtualhost.as_ref().or(inherited);
                url.virtualhost = url.virtualhost.take().or_else(|| outer.cloned());
            }
            Probe::Http(Box::new(HttpCheck { target, urls }))
        }
    }
}

/// What nobody said: the checker type's own defaults.
fn timing(draft: TimingDraft, kind: &CheckerKind) -> Timing {
    let defaults = Timing::default();
    let delay_loop = draft.delay_loop.unwrap_or(defaults.delay_loop);
    let before_retry = match kind {
        CheckerKind::Tcp => defaults.delay_before_retry,
        CheckerKind::Http { .. } => Micros::from_secs(3),
    };
    Timing {
        delay_loop,
        warmup: draft.warmup.unwrap_or(delay_loop),
        retry: draft.retry.unwrap_or(defaults.retry),
        delay_before_retry: draft.delay_before_retry.unwrap_or(before_retry),
        connect_timeout: draft.connect_timeout.unwrap_or(defaults.connect_timeout),
    }
}
