//! The kernel's IPVS table as others see it: `ipvsadm` and /proc.

use crate::background::Background;
use crate::error::{Doing as _, Result, lock};
use crate::net::Host;
use crate::shell::wait;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A real server's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Address.
    pub address: Ipv4Addr,
    /// Port.
    pub port: u16,
    /// Weight.
    pub weight: u32,
}

/// A virtual server and its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// `TCP 172.168.2.20:80`, `FWM 1`.
    pub name: String,
    /// In the kernel's order.
    pub rows: Vec<Row>,
}

/// The table, service by service.
pub type Table = Vec<Service>;

/// Rows of `ipvsadm -Sn`, sorted: their order means nothing.
///
/// # Errors
/// If ipvsadm fails.
pub fn saved(host: &Host) -> Result<Vec<String>> {
    let mut rows: Vec<String> = host
        .exec("ipvsadm -Sn")?
        .lines()
        .map(|line| line.trim().to_owned())
        .collect();
    rows.sort();
    Ok(rows)
}

/// The table of a host now.
///
/// # Errors
/// If the kernel has no IPVS.
pub fn read(host: &Host) -> Result<Table> {
    host.within(here)?
}

/// The addresses that serve (weight above 0) in the service of that name.
///
/// # Errors
/// As [`read`].
pub fn serving(host: &Host, service: &str) -> Result<Vec<Ipv4Addr>> {
    Ok(alive(&read(host)?, service).unwrap_or_default())
}

/// Waits until exactly `wanted` serve; when it was seen.
///
/// # Errors
/// [`crate::Error::Timeout`].
pub fn wait_serving(
    host: &Host,
    service: &str,
    wanted: &[Ipv4Addr],
    bound: Duration,
) -> Result<Instant> {
    let mut wanted = wanted.to_vec();
    wanted.sort();
    let what = format!("{service} on {} is served by {wanted:?}", host.name());
    wait(&what, bound, || {
        serving(host, service).is_ok_and(|mut now| {
            now.sort();
            now == wanted
        })
    })?;
    Ok(Instant::now())
}

/// What templates of persistence are: a real connection has come of it, or not yet.
pub const TEMPLATE: &[&str] = &["ASSURED", "NONE"];

/// The connections that a host has in one of these states (`ESTABLISHED`, [`TEMPLATE`]), each as
/// `CLIENT:PORT VIP:PORT SERVER:PORT` in the kernel's hexadecimal.
///
/// # Errors
/// If the kernel has no IPVS.
pub fn connections(host: &Host, states: &[&str]) -> Result<BTreeSet<String>> {
    let path = "/proc/thread-self/net/ip_vs_conn";
    let text = host.within(|| fs::read_to_string(path))?;
    Ok(connections_of(&text.doing(format!("read {path}"))?, states))
}

/// Protocol, client, virtual server, real server, state; each address and port a word.
fn connections_of(text: &str, states: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [_protocol, c, cp, v, vp, r, rp, its, ..] = words.as_slice()
            && states.contains(its)
        {
            found.insert(format!("{c}:{cp} {v}:{vp} {r}:{rp}"));
        }
    }
    found
}

/// How many connections each service and each of its rows has been given so far: `SERVICE` or `SERVICE ROW`.
///
/// # Errors
/// If ipvsadm fails.
pub fn given(host: &Host) -> Result<BTreeMap<String, u64>> {
    let text = host.exec("ipvsadm -Ln --stats --exact")?;
    Ok(given_of(&text))
}

fn given_of(text: &str) -> BTreeMap<String, u64> {
    let (mut counts, mut service) = (BTreeMap::new(), String::new());
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, count) = match words.as_slice() {
            ["->", row, count, ..] => (format!("{service} {row}"), count),
            [protocol, place, count, ..] => {
                service = format!("{protocol} {place}");
                (service.clone(), count)
            }
            _ => continue,
        };
        if let Ok(count) = count.parse() {
            counts.insert(name, count);
        }
    }
    counts
}

fn alive(table: &Table, service: &str) -> Option<Vec<Ipv4Addr>> {
    let service = table.iter().find(|each| each.name == service)?;
    Some(
        service
            .rows
            .iter()
            .filter(|row| row.weight > 0)
            .map(|row| row.address)
            .collect(),
    )
}

fn here() -> Result<Table> {
    let path = "/proc/thread-self/net/ip_vs";
    Ok(parse(
        &fs::read_to_string(path).doing(format!("read {path}"))?,
    ))
}

fn parse(text: &str) -> Table {
    let mut table = Table::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("->"), Some(place), Some(_way), Some(weight)) => {
                if let (Some((address, port)), Ok(weight)) = (endpoint(place), weight.parse())
                    && let Some(service) = table.last_mut()
                {
                    service.rows.push(Row {
                        address,
                        port,
                        weight,
                    });
                }
            }
            (Some(protocol @ ("TCP" | "UDP" | "SCTP")), Some(place), Some(_), _) => {
                if let Some((address, port)) = endpoint(place) {
                    let name = format!("{protocol} {address}:{port}");
                    table.push(Service {
                        name,
                        rows: Vec::new(),
                    });
                }
            }
            (Some("FWM"), Some(mark), Some(_), _) => {
                let mark = u32::from_str_radix(mark, 16).unwrap_or_default();
                table.push(Service {
                    name: format!("FWM {mark}"),
                    rows: Vec::new(),
                });
            }
            _ => {}
        }
    }
    table
}

fn endpoint(hex: &str) -> Option<(Ipv4Addr, u16)> {
    let (address, port) = hex.split_once(':')?;
    let address = u32::from_str_radix(address, 16).ok()?;
    Some((address.into(), u16::from_str_radix(port, 16).ok()?))
}

/// Watches one service for the moments in which nobody serves it.
#[derive(Debug)]
pub struct TableWatch {
    empty: Arc<Mutex<Vec<Instant>>>,
    _thread: Background<Result<()>>,
}

impl TableWatch {
    /// Looks as often as it can without starving the others.
    #[must_use]
    pub fn start(host: &Host, service: &str) -> Self {
        let empty = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, flag, name) = (Arc::clone(&empty), Arc::clone(&stop), service.to_owned());
        let thread = host.spawn(move || {
            while !flag.load(Ordering::Relaxed) {
                let served = here().ok().and_then(|table| alive(&table, &name));
                if served.is_none_or(|all| all.is_empty()) {
                    lock(&sink).push(Instant::now());
                }
                std::thread::sleep(Duration::from_millis(4));
            }
        });
        Self {
            empty,
            _thread: Background::new(stop, thread),
        }
    }

    /// How many looks since `from` found nobody.
    #[must_use]
    pub fn empty_since(&self, from: Instant) -> usize {
        lock(&self.empty).iter().filter(|at| **at >= from).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_is_read() {
        let text = "IP Virtual Server version 1.2.1 (size=4096)\n\
            Prot LocalAddress:Port Scheduler Flags\n  \
              -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
            TCP  ACA80214:0050 rr persistent 5 FFFFFFFF\n  \
              -> ACA8020F:0050      Route   1      0          0         \n\
            FWM  00000010 wlc \n  \
              -> ACA80211:0000      Tunnel  0      0          0         \n";
        let table = parse(text);
        assert_eq!(table.len(), 2);
        assert_eq!(table[0].name, "TCP 172.168.2.20:80");
        assert_eq!(
            alive(&table, "TCP 172.168.2.20:80"),
            Some(vec![[172, 168, 2, 15].into()])
        );
        assert_eq!(alive(&table, "FWM 16"), Some(vec![]));
        assert_eq!(alive(&table, "FWM 17"), None);
    }

    #[test]
    fn connections_have_a_state() {
        let text = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n\
            TCP AC A802 1\n\
            TCP ACA80264 9C40 ACA80214 0007 ACA8020F 0007 ESTABLISHED     893\n\
            TCP ACA80264 0000 ACA80214 0050 ACA80211 0050 NONE            297\n";
        let one = |states| connections_of(text, states).into_iter().collect::<Vec<_>>();
        assert_eq!(
            one(&["ESTABLISHED"]),
            ["ACA80264:9C40 ACA80214:0007 ACA8020F:0007"]
        );
        assert_eq!(one(TEMPLATE), ["ACA80264:0000 ACA80214:0050 ACA80211:0050"]);
    }

    #[test]
    fn counters_have_names() {
        let text = "IP Virtual Server version 1.2.1 (size=4096)\n\
            Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  \
              -> RemoteAddress:Port\n\
            TCP  172.168.2.20:7                   1000     5004        0   260180        0\n  \
              -> 172.168.2.15:7                    500     2502        0   130104        0\n";
        let counts = given_of(text);
        assert_eq!(counts.get("TCP 172.168.2.20:7"), Some(&1000));
        assert_eq!(counts.get("TCP 172.168.2.20:7 172.168.2.15:7"), Some(&500));
        assert_eq!(counts.len(), 2);
    }
}
