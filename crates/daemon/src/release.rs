//! `holdfast release`: what a daemon that was killed as a whole still holds, given back. It reads
//! the state file only: no configuration, no model.

use crate::Context;
use crate::lane::ipvs::place;
use crate::lane::lease;
use crate::lane::lent::{give_back, mark, remove_table};
use crate::lane::marks;
use crate::lane::settings::restore;
use crate::state::{Held, HeldInstance, Rows, StateFile};
use holdfast_kernel::nft::remove;
use holdfast_kernel::rt::release::{delete_address, delete_links, delete_paths, send_once};
use holdfast_kernel::time::{now, wall_ahead};
use holdfast_model::{Hmac, Mono, Name};
use holdfast_packet::vrrp::hmac::Stamp;
use holdfast_supervise::{Level, Sink, exit, namespace};
use holdfast_vrrp::{Outgoing, Signed, next_stamp};
use nix::fcntl::{Flock, FlockArg};
use std::fs::File;
use std::path::{Path, PathBuf};

/// What the daemon of this run directory left, and those of its places (`net_namespace`,
/// `instance`) that do not run.
pub fn release(context: &Context) -> i32 {
    let mut log = Sink::open("Keepalived", &context.log);
    let places = places(&context.run_dir);
    let home = File::open("/proc/self/ns/net").ok();
    let mut code = exit::OK;
    match holder(&context.run_dir) {
        // its other worker may hold what is not for VIPs
        Holder::Caller => code = instances(&context.run_dir, &mut log),
        Holder::Nobody => code = one(&context.run_dir, &mut log),
        // of several it may be one that runs
        Holder::Daemon if !places.is_empty() => {}
        Holder::Daemon => {
            let line = "release: the daemon is running: stop it instead";
            log.write(Level::Error, line);
            return exit::FATAL;
        }
    }
    for place in places {
        if holder(&place) != Holder::Daemon && enter(&place, home.as_ref()) {
            code = code.max(one(&place, &mut log));
        }
    }
    code
}

/// The directories of daemons that are one of several: `netns-N`, `instance-N`, one in the other.
fn places(run_dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(run_dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("netns-") || name.starts_with("instance-") {
            all.extend(places(&entry.path()));
            all.push(entry.path());
        }
    }
    all
}

/// Goes where the daemon of this directory stood: into the network namespace that its path names,
/// or back `home`. What was in a namespace that is gone is gone.
fn enter(place: &Path, home: Option<&File>) -> bool {
    let mut parts = place.components().rev().take(2);
    let name = parts.find_map(|part| {
        let name = part.as_os_str().to_str()?.strip_prefix("netns-")?;
        Some(name.to_owned())
    });
    let there = match name {
        Some(name) => namespace::open(&name).ok(),
        None => home.and_then(|home| home.try_clone().ok()),
    };
    there.is_some_and(|there| namespace::enter(there).is_ok())
}

/// What both workers hold.
fn one(run_dir: &Path, log: &mut Sink) -> i32 {
    let lent = lent(run_dir, log);
    lent.max(instances(run_dir, log))
}

/// What the VRRP worker of this run directory held: priority 0 first, so that the peer need not wait for its
/// timer, then the addresses off.
pub fn instances(run_dir: &Path, log: &mut Sink) -> i32 {
    let file = StateFile::vrrp(run_dir);
    let Some(held) = file.read::<Held>() else {
        return exit::OK;
    };
    let signed: Option<Signed> = StateFile::signed(run_dir).read();
    let before = signed.and_then(|signed| signed.before(now()));
    let mut failed = false;
    for (name, instance) in &held.instances {
        for mut out in resignation(instance) {
            if let Some(hmac) = &instance.signer {
                sign(&mut out, hmac, before);
            }
            let sent = send_once(
                (&instance.interface, instance.bound),
                out.source,
                out.destination,
                &out.packet,
            );
            if let Err(error) = sent {
                let line = format!("({name}) release: no priority 0: {error}");
                log.write(Level::Warning, &line);
            }
        }
    }
    for step in ORDER {
        if !step.is_due(&held, failed) {
            continue;
        }
        for (level, line) in step.carry_out(&held, &file.mark()) {
            failed |= level == Level::Error;
            log.write(level, &line);
        }
    }
    if failed {
        return exit::FATAL;
    }
    file.remove();
    exit::OK
}

/// FULLNAT and `nftables_ipvs`: the tables go, and connections are no longer tracked if they were not.
fn lent(run_dir: &Path, log: &mut Sink) -> i32 {
    let file = StateFile::lvs(run_dir);
    let Some(mut rows) = file.read::<Rows>() else {
        return exit::OK;
    };
    let marks = || remove_table(&marks::mark(&file));
    let taken = match &rows.head.namespace {
        None => marks(),
        Some(name) => within(name.as_ref(), marks),
    };
    if let Err(error) = taken {
        log.write(Level::Error, &format!("release: nftables_ipvs: {error}"));
        return exit::FATAL;
    }
    let Some(was) = rows.head.conntrack.take() else {
        return exit::OK;
    };
    let given = match &rows.head.namespace {
        None => give_back(&mark(&file), was),
        Some(name) => within(name.as_ref(), || give_back(&mark(&file), was)),
    };
    let written = file.write(&rows).map_err(|error| error.to_string());
    match given.and(written) {
        Ok(()) => exit::OK,
        Err(error) => {
            log.write(Level::Error, &format!("release: FULLNAT: {error}"));
            exit::FATAL
        }
    }
}

/// Does it in the namespace of the IPVS table, and comes back. What was in one that is gone is gone.
fn within(
    name: Option<&Name>,
    give_back: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let Ok(there) = place(name) else {
        return Ok(());
    };
    let here = File::open("/proc/self/ns/net");
    let here = here.map_err(|error| format!("net_namespace_ipvs: {error}"))?;
    namespace::enter(there).map_err(|error| format!("net_namespace_ipvs: {error}"))?;
    let given = give_back();
    namespace::enter(here).map_err(|error| format!("net_namespace_ipvs: {error}"))?;
    given
}

/// What depends on others goes before them; what guards them, after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Rules and routes.
    Paths,
    Addresses,
    /// Links of our own.
    Links,
    /// The table that keeps addresses away.
    Firewall,
    /// The table of addresses on lease.
    Leases,
    Settings,
}

const ORDER: [Step; 6] = [
    Step::Paths,
    Step::Addresses,
    Step::Links,
    Step::Firewall,
    Step::Leases,
    Step::Settings,
];

impl Step {
    /// Not where an address stays, when it is what keeps it from being reached.
    fn is_due(self, held: &Held, stays: bool) -> bool {
        match self {
            Self::Firewall => held.firewall && !stays,
            Self::Leases => held.instances.values().any(|held| held.lease.is_some()) && !stays,
            Self::Paths | Self::Addresses | Self::Links | Self::Settings => true,
        }
    }

    /// Does it, and gives back what is to be said.
    fn carry_out(self, held: &Held, mark: &str) -> Vec<(Level, String)> {
        match self {
            Self::Paths => paths(held),
            Self::Addresses => addresses(held),
            Self::Links => {
                let left = delete_links(&held.links).into_iter();
                left.map(|(name, error)| error_line(&format!("{name} stays: {error}")))
                    .collect()
            }
            Self::Firewall => table(mark),
            Self::Leases => table(&lease::mark(mark)),
            Self::Settings => {
                held.settings.iter().for_each(restore);
                Vec::new()
            }
        }
    }
}

/// A table of ours.
fn table(mark: &str) -> Vec<(Level, String)> {
    let failed = remove(mark).err();
    let line = |error| error_line(&format!("the nftables table stays: {error}"));
    failed.map(line).into_iter().collect()
}

fn error_line(text: &str) -> (Level, String) {
    (Level::Error, format!("release: {text}"))
}

fn paths(held: &Held) -> Vec<(Level, String)> {
    let instances = held.instances.values();
    let statics = &held.statics;
    let routes = instances.clone().flat_map(|held| &held.routes);
    let rules = instances.flat_map(|held| &held.rules);
    let (routes, rules) = (routes.chain(&statics.routes), rules.chain(&statics.rules));
    let left = delete_paths(routes, rules).into_iter();
    left.map(|(what, error)| error_line(&format!("{what} stays: {error}")))
        .collect()
}

fn addresses(held: &Held) -> Vec<(Level, String)> {
    let mut lines = Vec::new();
    for (name, instance) in &held.instances {
        for vip in &instance.addresses {
            let deleted = delete_address(vip.interface.as_str(), vip.address, vip.prefix);
            lines.push(match deleted {
                Ok(()) => (Level::Info, format!("({name}) released {vip}")),
                Err(error) => (
                    Level::Error,
                    format!("({name}) release: {vip} stays: {error}"),
                ),
            });
        }
    }
    for vip in &held.statics.addresses {
        if let Err(error) = delete_address(vip.interface.as_str(), vip.address, vip.prefix) {
            lines.push(error_line(&format!("static address {vip} stays: {error}")));
        }
    }
    lines
}

fn resignation(held: &HeldInstance) -> impl Iterator<Item = Outgoing> {
    let packets = held.resignation.iter().cloned();
    packets.map(|(source, destination, packet)| Outgoing {
        source,
        destination,
        packet,
    })
}

/// Later than whatever the daemon signed while it lived.
fn sign(out: &mut Outgoing, hmac: &Hmac, before: Option<Stamp>) {
    let wall = Stamp::of(now().since(Mono::ZERO) + wall_ahead());
    if let Some(key) = hmac.signer() {
        out.sign(key, next_stamp(hmac, wall, before));
    }
}

/// Whose a run directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Nobody,
    /// The daemon that called us: one of its workers is no more.
    Caller,
    Daemon,
}

/// Who holds the pid file of the run directory.
fn holder(run_dir: &Path) -> Holder {
    let path = run_dir.join("holdfast.pid");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return Holder::Nobody;
    };
    if text.trim().parse() == Ok(nix::unistd::getppid().as_raw()) {
        return Holder::Caller;
    }
    let Ok(file) = File::open(&path) else {
        return Holder::Nobody;
    };
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(_free) => Holder::Nobody,
        Err(_held) => Holder::Daemon,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_guards_addresses_goes_after_them() {
        assert!(ORDER.is_sorted());
        let place = |step| ORDER.iter().position(|other| *other == step);
        assert!(place(Step::Addresses) < place(Step::Firewall));
        assert!(place(Step::Links) < place(Step::Firewall));
        assert!(place(Step::Addresses) < place(Step::Leases));
    }

    #[test]
    fn what_guards_addresses_stays_with_them() {
        let held = Held {
            firewall: true,
            ..Held::default()
        };
        assert!(Step::Firewall.is_due(&held, false));
        assert!(!Step::Firewall.is_due(&held, true));
        assert!(Step::Settings.is_due(&held, true));
    }
}
