//! `holdfast release`: what a daemon that was killed as a whole still holds, given back. It reads
//! the state file only: no configuration, no model.

use crate::Context;
use crate::lane::settings::restore;
use crate::state::{Held, HeldInstance, StateFile};
use holdfast_kernel::nft::remove;
use holdfast_kernel::rt::release::{delete_address, delete_links, delete_paths, send_once};
use holdfast_kernel::time::{now, wall_ahead};
use holdfast_model::Mono;
use holdfast_packet::vrrp::hmac::Stamp;
use holdfast_supervise::{Level, Sink, exit, namespace};
use holdfast_vrrp::Outgoing;
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
    if daemon_runs(&context.run_dir) {
        // of several it may be one that runs
        if places.is_empty() {
            let line = "release: the daemon is running: stop it instead";
            log.write(Level::Error, line);
            return exit::FATAL;
        }
    } else {
        code = one(&context.run_dir, &mut log);
    }
    for place in places {
        if !daemon_runs(&place) && enter(&place, home.as_ref()) {
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

/// Priority 0 first, so that the peer need not wait for its timer, then the addresses off.
fn one(run_dir: &Path, log: &mut Sink) -> i32 {
    let file = StateFile::vrrp(run_dir);
    let Some(held) = file.read::<Held>() else {
        return exit::OK;
    };
    let mut failed = false;
    for (name, instance) in &held.instances {
        for mut out in resignation(instance) {
            if let Some(key) = &instance.signer {
                out.sign(key, signed_now());
            }
            let sent = send_once(
                &instance.interface,
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
    let instances = held.instances.values();
    let statics = &held.statics;
    let routes = instances.clone().flat_map(|held| &held.routes);
    let rules = instances.flat_map(|held| &held.rules);
    let (routes, rules) = (routes.chain(&statics.routes), rules.chain(&statics.rules));
    for (what, error) in delete_paths(routes, rules) {
        failed = true;
        log.write(Level::Error, &format!("release: {what} stays: {error}"));
    }
    for (name, instance) in &held.instances {
        for vip in &instance.addresses {
            match delete_address(vip.interface.as_str(), vip.address, vip.prefix) {
                Ok(()) => log.write(Level::Info, &format!("({name}) released {vip}")),
                Err(error) => {
                    failed = true;
                    let line = format!("({name}) release: {vip} stays: {error}");
                    log.write(Level::Error, &line);
                }
            }
        }
    }
    for vip in &held.statics.addresses {
        if let Err(error) = delete_address(vip.interface.as_str(), vip.address, vip.prefix) {
            failed = true;
            let line = format!("release: static address {vip} stays: {error}");
            log.write(Level::Error, &line);
        }
    }
    for (name, error) in delete_links(&held.links) {
        failed = true;
        log.write(Level::Error, &format!("release: {name} stays: {error}"));
    }
    if held.firewall
        && let Err(error) = remove(&file.mark())
    {
        failed = true;
        let line = format!("release: the nftables table stays: {error}");
        log.write(Level::Error, &line);
    }
    held.settings.iter().for_each(restore);
    if failed {
        return exit::FATAL;
    }
    file.remove();
    exit::OK
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
fn signed_now() -> Stamp {
    Stamp::of(now().since(Mono::ZERO) + wall_ahead())
}

/// True when a daemon holds the pid file of the run directory and is not the one that called us.
fn daemon_runs(run_dir: &Path) -> bool {
    let path = run_dir.join("holdfast.pid");
    let Ok(text) = std::fs::read_to_string(&path) else {
        return false;
    };
    if text.trim().parse() == Ok(nix::unistd::getppid().as_raw()) {
        return false;
    }
    let Ok(file) = File::open(&path) else {
        return false;
    };
    Flock::lock(file, FlockArg::LockExclusiveNonblock).is_err()
}
