//! This host: what holds, what is changed, what is taken back.

use super::record::Done;
use super::way;
use super::wish::Wish;
use super::words::Net;
use holdfast_kernel::rt::{Change, NewAddress, Writer, link};
use holdfast_kernel::{module, nft};
use holdfast_plan::Outcome;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_nametoindex};
use std::io;
use std::net::{IpAddr, Ipv4Addr};

/// The name of our nft table.
const TABLE: &str = "holdfast_director";
/// The name of those that keep ARP silent.
const SILENT: &str = "holdfast_realserver";
/// linux/if_addr.h: IFA_F_NODAD.
const NO_DUPLICATES: u32 = 2;
const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EEXIST: i32 = 17;
const EADDRNOTAVAIL: i32 = 99;
const ENODEV: i32 = 19;

/// Interfaces with settings of their own.
pub(super) fn interfaces() -> Vec<String> {
    let Ok(folder) = std::fs::read_dir("/proc/sys/net/ipv4/conf") else {
        return Vec::new();
    };
    let names = folder
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names
        .filter(|name| name != "all" && name != "default")
        .collect();
    names.sort();
    names
}

/// The comment by which our nft table is known.
fn mark(net: &Net) -> String {
    format!("holdfast director {}/{}", net.address, net.prefix)
}

/// The comment of the table that keeps ARP silent about a VIP.
pub(crate) fn hush(vip: Ipv4Addr) -> String {
    format!("holdfast realserver arp {vip}")
}

fn path(setting: &str) -> String {
    format!("/proc/sys/net/{setting}")
}

/// The kernel takes a change of `ip_forward` as a reason to change `accept_redirects`, too.
const FORWARD: &str = "ipv4/ip_forward";
const REDIRECTS: &str = "ipv4/conf/all/accept_redirects";

fn write(setting: &str, value: i32) -> io::Result<()> {
    let redirects = (setting == FORWARD).then(|| read(REDIRECTS));
    std::fs::write(path(setting), value.to_string())?;
    match redirects {
        Some(before) => std::fs::write(path(REDIRECTS), before?.to_string()),
        None => Ok(()),
    }
}

fn read(setting: &str) -> io::Result<i32> {
    let text = std::fs::read_to_string(path(setting))?;
    text.trim().parse().map_err(io::Error::other)
}

fn is_up(name: &str) -> bool {
    getifaddrs().is_ok_and(|mut all| {
        all.any(|each| each.interface_name == name && each.flags.contains(InterfaceFlags::IFF_UP))
    })
}

fn has(interface: &str, address: &IpAddr) -> bool {
    getifaddrs().is_ok_and(|mut all| {
        all.any(|each| {
            let one = each.address.and_then(|address| {
                let four = address.as_sockaddr_in().map(|four| IpAddr::V4(four.ip()));
                four.or_else(|| address.as_sockaddr_in6().map(|six| IpAddr::V6(six.ip())))
            });
            each.interface_name == interface && one == Some(*address)
        })
    })
}

/// Whether a wish holds.
pub(super) fn holds(wish: &Wish) -> bool {
    match wish {
        Wish::Setting {
            path,
            value,
            or_more,
        } => read(path).is_ok_and(|now| now == *value || (*or_more && now > *value)),
        Wish::Link { name, .. } => is_up(name),
        Wish::Silence(vip) => nft::is_there(&hush(*vip)).unwrap_or(false),
        Wish::Address { interface, address } => has(interface, address),
        Wish::Route {
            table,
            gateway,
            interface,
        } => way::has_route(*table, *gateway, interface),
        Wish::Rule { source, table } => way::has_rule(*source, *table),
        Wish::Masquerade(net) => nft::is_there(&mark(net)).unwrap_or(false),
    }
}

/// Loads what a wish needs of the kernel.
pub(super) fn provide(wish: &Wish) -> Result<(), String> {
    let Wish::Link {
        name,
        module: needed,
    } = wish
    else {
        return Ok(());
    };
    if if_nametoindex(*name).is_ok() || module::load(needed) {
        return Ok(());
    }
    Err(format!(
        "there is no {name}: the kernel's module {needed} cannot be loaded"
    ))
}

/// What fulfilling a wish will change; `None` when there is nothing to change.
pub(super) fn change(wish: &Wish) -> Result<Option<Done>, String> {
    Ok(Some(match wish {
        Wish::Setting { path, value, .. } => Done::Setting {
            was: read(path).map_err(|error| format!("cannot read net/{path}: {error}"))?,
            path: path.clone(),
            is: *value,
        },
        Wish::Link { name, .. } => Done::Link((*name).to_owned()),
        Wish::Silence(vip) => Done::Silence(*vip),
        Wish::Address { interface, address } => Done::Address {
            interface: (*interface).to_owned(),
            address: *address,
        },
        Wish::Route {
            table,
            gateway,
            interface,
        } => Done::Route {
            table: *table,
            gateway: *gateway,
            interface: interface.clone(),
        },
        Wish::Rule { source, table } => Done::Rule {
            source: *source,
            table: *table,
        },
        Wish::Masquerade(net) => Done::Masquerade(mark(net)),
    }))
}

/// Makes a wish hold.
pub(super) fn make(wish: &Wish) -> Result<(), String> {
    let failed = |error: String| format!("{wish}: {error}");
    match wish {
        Wish::Setting {
            path: name, value, ..
        } => write(name, *value).map_err(|error| failed(error.to_string())),
        Wish::Link { name, .. } => {
            let index = index(name).map_err(failed)?;
            one(&Change::SetLink(link::up(index)), &[]).map_err(failed)
        }
        Wish::Silence(vip) => {
            let made = nft::silence(SILENT, &hush(*vip), *vip, &way::own_addresses(*vip));
            made.map_err(|error| failed(error.to_string()))
        }
        Wish::Address { interface, address } => {
            let index = index(interface).map_err(failed)?;
            let mut new = NewAddress::plain(index, *address, length(address));
            if address.is_ipv6() {
                // nobody is asked, and it is no source of this host's own connections
                new.flags = NO_DUPLICATES;
                new.preferred = Some(0);
            }
            one(&Change::AddAddress(new), &[]).map_err(failed)
        }
        Wish::Route {
            table,
            gateway,
            interface,
        } => {
            let change = way::add_route(*table, *gateway, interface).map_err(failed)?;
            one(&change, &[]).map_err(failed)
        }
        Wish::Rule { source, table } => {
            one(&way::add_rule(*source, *table), &[EEXIST]).map_err(failed)
        }
        Wish::Masquerade(net) => nft::masquerade(TABLE, &mark(net), (net.address, net.prefix))
            .map_err(|error| failed(error.to_string())),
    }
}

/// Takes a change back; what somebody else has changed since stays as it is.
pub(super) fn undo(done: &Done) -> Result<(), String> {
    let failed = |error: String| format!("{done}: {error}");
    match done {
        Done::Setting {
            path: name,
            was,
            is,
        } => {
            if read(name).ok() != Some(*is) {
                return Ok(());
            }
            write(name, *was).map_err(|error| failed(error.to_string()))
        }
        Done::Link(name) => match index(name) {
            Ok(index) => one(&Change::SetLink(link::down(index)), &[ENODEV]).map_err(failed),
            Err(_gone) => Ok(()),
        },
        Done::Silence(vip) => nft::remove(&hush(*vip)).map_err(|error| failed(error.to_string())),
        Done::Address { interface, address } => match index(interface) {
            Ok(index) => {
                let change = Change::DeleteAddress {
                    index,
                    address: *address,
                    prefix: length(address),
                };
                one(&change, &[EADDRNOTAVAIL, ENODEV]).map_err(failed)
            }
            Err(_gone) => Ok(()),
        },
        Done::Route { table, gateway, .. } => {
            one(&way::delete_route(*table, *gateway), &[ESRCH]).map_err(failed)
        }
        Done::Rule { source, table } => {
            one(&way::delete_rule(*source, *table), &[ENOENT]).map_err(failed)
        }
        Done::Masquerade(mark) => nft::remove(mark).map_err(|error| failed(error.to_string())),
    }
}

fn length(address: &IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn index(name: &str) -> Result<u32, String> {
    if_nametoindex(name).map_err(|_| format!("there is no interface {name}"))
}

/// Errors in `fine` count as done.
fn one(change: &Change<'_>, fine: &[i32]) -> Result<(), String> {
    let mut writer = Writer::open().map_err(|error| error.to_string())?;
    let words = |errno: i32| io::Error::from_raw_os_error(errno).to_string();
    match writer.run(std::slice::from_ref(change)) {
        Outcome::Known(failed) => match failed.first() {
            Some((_, errno)) if !fine.contains(errno) => Err(words(*errno)),
            _ => Ok(()),
        },
        Outcome::Unknown(errno) => Err(words(errno)),
    }
}
