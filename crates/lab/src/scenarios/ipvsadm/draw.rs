//! Tables by the number of their seed: commands as a person might type them.

use crate::draw::Draw;
use std::collections::BTreeSet;

const SCHEDULERS: &[&str] = &[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh",
];
/// Far apart, too: ipvsadm's order goes round there.
const FOUR: &[&str] = &[
    "10.0.0",
    "10.0.1",
    "172.16.9",
    "192.168.7",
    "203.0.113",
    "1.2.3",
    "100.64.0",
];
const SIX: &[&str] = &["fd00::", "2001:db8::", "2001:db8:0:1::", "fd00:0:0:7::a:"];
const PORTS: &[u16] = &[80, 443, 53, 21, 8088, 1, 65535, 5060, 25];
const MASKS: &[&str] = &[
    "255.255.255.0",
    "255.255.0.0",
    "255.255.255.254",
    "255.255.255.255",
    "128.0.0.0",
];

impl Draw {
    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> Option<&'a T> {
        let index = self.below(all.len() as u64) as usize;
        all.get(index).copied()
    }

    fn port(&mut self) -> u16 {
        let index = self.below(PORTS.len() as u64) as usize;
        PORTS.get(index).copied().unwrap_or(80)
    }

    fn address(&mut self, six: bool) -> String {
        let start = self.of(if six { SIX } else { FOUR }).unwrap_or_default();
        let last = 1 + self.below(12);
        if six {
            format!("[{start}{last:x}]")
        } else {
            format!("{start}.{last}")
        }
    }
}

/// One to six services with up to six real servers each.
pub(super) fn table(seed: u64) -> String {
    let mut draw = Draw::new(seed);
    let mut text = String::new();
    let mut known = BTreeSet::new();
    for _ in 0..=draw.below(5) {
        let six = draw.once_in(3);
        let kind = draw.below(10);
        let mut zero = false;
        let name = match kind {
            0..=1 => {
                let mark = 1 + draw.below(0x7FFF_FFFF);
                format!("-f {mark}{}", if six { " -6" } else { "" })
            }
            _ => {
                zero = draw.once_in(8);
                let port = if zero { 0 } else { draw.port() };
                let option = match kind {
                    2..=3 => "-u",
                    4 => "--sctp-service",
                    _ => "-t",
                };
                format!("{option} {}:{port}", draw.address(six))
            }
        };
        if !known.insert(name.clone()) {
            continue;
        }
        text.push_str(&format!("-A {name}"));
        settings(&mut draw, &mut text, &name, six, zero);
        text.push('\n');
        for _ in 0..draw.below(7) {
            server(&mut draw, &mut text, &name, six);
        }
    }
    text
}

fn settings(draw: &mut Draw, text: &mut String, name: &str, six: bool, zero: bool) {
    let scheduler = draw.of(SCHEDULERS).unwrap_or("rr");
    // the default is said by nobody
    if scheduler != "wlc" {
        text.push_str(&format!(" -s {scheduler}"));
    }
    if draw.once_in(3) {
        let flags: &[&str] = match scheduler {
            "sh" => &["sh-port", "sh-fallback", "sh-fallback,sh-port"],
            "mh" => &["mh-port", "mh-fallback", "mh-port,mh-fallback"],
            _ => &[
                "flag-1",
                "flag-2",
                "flag-3",
                "flag-3,flag-1",
                "flag-1,flag-2,flag-3",
            ],
        };
        text.push_str(&format!(" -b {}", draw.of(flags).unwrap_or_default()));
    }
    let persistent = zero || draw.once_in(3);
    if persistent {
        text.push_str(" -p");
        if !draw.once_in(3) {
            text.push_str(&format!(" {}", 1 + draw.below(2_678_400)));
        }
        if draw.once_in(2) {
            let mask = if six {
                (1 + draw.below(128)).to_string()
            } else {
                draw.of(MASKS).unwrap_or_default().to_owned()
            };
            text.push_str(&format!(" -M {mask}"));
        }
    }
    if persistent && name.starts_with("-u") && draw.once_in(2) {
        text.push_str(" --pe sip");
    }
    if (name.starts_with("-u") || name.starts_with("-f")) && draw.once_in(2) {
        text.push_str(" -o");
    }
}

fn server(draw: &mut Draw, text: &mut String, name: &str, six: bool) {
    let tunnel = draw.once_in(3);
    // a tunnel may lead to the other family
    let other = tunnel && draw.once_in(4);
    let address = draw.address(six != other);
    let port = draw.port();
    text.push_str(&format!("-a {name} -r {address}:{port}"));
    if tunnel {
        text.push_str(match draw.below(7) {
            0 => " -i --tun-type gue --tun-port 6080",
            1 => " -i --tun-type gue --tun-port 1 --tun-csum",
            2 => " -i --tun-type gue --tun-port 65535 --tun-remcsum",
            3 => " -i --tun-type gre",
            4 => " -i --tun-type gre --tun-csum",
            _ => " -i",
        });
    } else {
        text.push_str(match draw.below(3) {
            0 => " -g",
            1 => " -m",
            _ => "",
        });
    }
    match draw.below(5) {
        0 => text.push_str(" -w 0"),
        1 => text.push_str(&format!(" -w {}", draw.below(0x7FFF_FFFF))),
        2 => text.push_str(&format!(" -w {}", draw.below(100))),
        _ => {}
    }
    if draw.once_in(4) {
        let upper = 1 + draw.below(100_000);
        text.push_str(&format!(" -x {upper}"));
        if draw.once_in(2) {
            text.push_str(&format!(" -y {}", draw.below(upper)));
        }
    }
    text.push('\n');
}

/// How many services a table has.
pub(super) fn services(table: &str) -> usize {
    table.lines().filter(|line| line.starts_with("-A ")).count()
}

/// The list of a single service: the first of a table.
pub(super) fn singles(table: &str) -> String {
    let names = table.lines().filter_map(|line| line.strip_prefix("-A "));
    let mut text = String::new();
    for words in names.take(1) {
        let words: Vec<&str> = words.split(' ').collect();
        let six = words.get(2) == Some(&"-6");
        let name = words.get(..if six { 3 } else { 2 }).unwrap_or_default();
        text.push_str(&format!("-Ln {}\n", name.join(" ")));
    }
    text
}

/// Many services with four real servers each.
pub(super) fn large(services: usize) -> String {
    let mut text = String::new();
    for number in 0..services {
        let (high, low) = (number / 250, number % 250 + 1);
        let name = format!("-t 10.1.{high}.{low}:80");
        text.push_str(&format!("-A {name} -s wlc\n"));
        for server in 1..=4 {
            text.push_str(&format!(
                "-a {name} -r 10.2.{high}.{server}:80 -m -w {low}\n"
            ));
        }
    }
    text
}
