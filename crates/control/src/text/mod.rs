//! What the daemon says, for people.

mod lvs;
mod vrrp;
mod why;

pub use lvs::ordered;
pub use why::why;

use crate::report::{Part, Process, Status};
use std::fmt::Write as _;
use std::time::Duration;

/// `holdfast status`.
pub fn status(status: &Status) -> String {
    let mut text = String::new();
    let daemon = &status.daemon;
    let configuration = match daemon.configuration {
        0 => "no configuration yet".to_owned(),
        number => format!("configuration {number}"),
    };
    let _infallible = writeln!(
        text,
        "Holdfast {}, pid {}, {configuration}",
        daemon.version, daemon.pid
    );
    part(&mut text, "VRRP", &status.vrrp, vrrp::report);
    part(&mut text, "Virtual servers", &status.lvs, lvs::report);
    text
}

/// Everything that is to be there has said how it is.
pub fn is_complete(status: &Status) -> bool {
    let complete = |process: Process, said: bool| said || !process.wanted;
    complete(status.vrrp.process, status.vrrp.report.is_some())
        && complete(status.lvs.process, status.lvs.report.is_some())
}

fn part<T>(text: &mut String, title: &str, part: &Part<T>, report: impl Fn(&mut String, &T)) {
    let process = part.process;
    if !process.wanted {
        return;
    }
    let pid = process
        .pid
        .map_or_else(|| "not running".to_owned(), |pid| format!("pid {pid}"));
    let again = match process.starts {
        0 | 1 => String::new(),
        starts => format!(", started {starts} times"),
    };
    let _infallible = writeln!(text, "\n{title} ({pid}{again})");
    match &part.report {
        Some(said) => report(text, said),
        None => text.push_str("  does not answer: it may be starting again, see the log\n"),
    }
}

/// A time as people say it: the two largest units.
fn ago(millis: u64) -> String {
    let seconds = Duration::from_millis(millis).as_secs();
    let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (length, name) in units {
        let count = rest / length;
        rest %= length;
        if count > 0 || !words.is_empty() {
            words.push((count, name));
        }
    }
    match words.as_slice() {
        [] => format!("{millis} ms"),
        [(count, name)] => format!("{count} {name}"),
        [(count, name), (0, _), ..] => format!("{count} {name}"),
        [(first, one), (second, other), ..] => format!("{first} {one} {second} {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{
        Check, Daemon, Group, Instance, Lvs, Master, Quorum, RealServer, Sorry, VirtualServer, Vrrp,
    };

    #[test]
    fn times_have_two_units() {
        for (millis, expected) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1000, "1 s"),
            (61_000, "1 min 1 s"),
            (3_600_000, "1 h"),
            (90_061_000, "1 d 1 h"),
        ] {
            assert_eq!(ago(millis), expected);
        }
    }

    fn vrrp_report() -> Vrrp {
        let master = |address: &str, priority, here| {
            Some(Master {
                address: Some(address.to_owned()),
                priority,
                here,
            })
        };
        let instance = |name: &str, state: &str| Instance {
            name: name.to_owned(),
            state: state.to_owned(),
            in_state_ms: 61_000,
            priority: 100,
            effective_priority: 100,
            interface: "eth0".to_owned(),
            vrid: 51,
            version: 2,
            addresses: vec!["192.0.2.20/24 dev eth0".to_owned()],
            ..Instance::default()
        };
        Vrrp {
            instances: vec![
                Instance {
                    serving: true,
                    effective_priority: 120,
                    master: master("192.0.2.2", 120, true),
                    sync_group: Some("G".to_owned()),
                    ..instance("ONE", "MASTER")
                },
                Instance {
                    master: master("192.0.2.3", 150, false),
                    ..instance("TWO", "BACKUP")
                },
                Instance {
                    faults: vec!["interface is down".to_owned()],
                    ..instance("THREE", "FAULT")
                },
            ],
            sync_groups: vec![Group {
                name: "G".to_owned(),
                state: "MASTER".to_owned(),
                instances: vec!["ONE".to_owned()],
            }],
        }
    }

    fn lvs_report() -> Lvs {
        let real = |name: &str, up, weight, why: &str| RealServer {
            name: name.to_owned(),
            up,
            weight,
            configured_weight: 10,
            method: "DR".to_owned(),
            why: why.to_owned(),
            order: None,
            checks: vec![Check::default()],
        };
        Lvs {
            ipvs: Some(true),
            delay: crate::report::Delay::default(),
            virtual_servers: vec![VirtualServer {
                name: "192.0.2.20:80/tcp".to_owned(),
                scheduler: "wrr".to_owned(),
                method: "DR".to_owned(),
                quorum: Quorum {
                    up: true,
                    needed: 1,
                    hysteresis: 0,
                    weight: 10,
                },
                sorry_server: Some(Sorry {
                    name: "127.0.0.1:80".to_owned(),
                    active: false,
                }),
                suspended: false,
                real_servers: vec![
                    real("10.0.0.1:80", true, Some(10), "its check passes"),
                    real("10.0.0.2:80", false, None, "TCP_CHECK fails (timeout)"),
                ],
            }],
        }
    }

    #[test]
    fn the_page_reads_from_top_to_bottom() {
        let process = Process {
            wanted: true,
            pid: Some(7),
            starts: 1,
        };
        let mut all = Status {
            daemon: Daemon {
                version: "1.0".to_owned(),
                pid: 6,
                configuration: 2,
            },
            vrrp: Part {
                process,
                report: Some(vrrp_report()),
            },
            lvs: Part {
                process: Process {
                    starts: 3,
                    ..process
                },
                report: Some(lvs_report()),
            },
        };
        let expected = "\
Holdfast 1.0, pid 6, configuration 2

VRRP (pid 7)
  ONE     MASTER for 1 min 1 s, priority 120 (100 in the file), eth0, vrid 51, version 2
          the master is this host, 192.0.2.2
          192.0.2.20/24 dev eth0
  TWO     BACKUP for 1 min 1 s, priority 100, eth0, vrid 51, version 2
          the master is 192.0.2.3, priority 150
          192.0.2.20/24 dev eth0
  THREE   FAULT for 1 min 1 s, priority 100, eth0, vrid 51, version 2
          interface is down
          192.0.2.20/24 dev eth0
  sync group G is MASTER: ONE

Virtual servers (pid 7, started 3 times)
  192.0.2.20:80/tcp  wrr DR, quorum held (10 of 1)
    10.0.0.1:80   up    weight 10     its check passes
    10.0.0.2:80   down  not in table  TCP_CHECK fails (timeout)
    sorry server 127.0.0.1:80 waits
";
        assert_eq!(status(&all), expected);
        assert!(is_complete(&all));
        all.vrrp.report = None;
        assert!(!is_complete(&all));
        all.vrrp.process.wanted = false;
        assert!(is_complete(&all));
    }
}
