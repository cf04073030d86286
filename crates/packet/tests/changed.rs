//! Packets of real senders, changed at random: faster than a fuzzer, and blind. What was kept is
//! replayed as it is.
//!
//! `CHANGED=1000000000 cargo test --release -p holdfast-packet --test changed -- --nocapture` runs that
//! many of each, `SEED` others than the last time.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads files, and fails by panicking"
)]

#[path = "../../../fuzz/shared/kept.rs"]
mod kept;

use core::net::{IpAddr, Ipv6Addr};
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{self, Advert, Emit, Ends};
use holdfast_packet::{bfd, ipv4};
use kept::{Random, kept, number};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// Executions of a usual run.
const USUAL: u64 = if cfg!(debug_assertions) {
    50_000
} else {
    2_000_000
};
/// Taken by a thread at a time.
const BATCH: u64 = 1 << 14;
/// More than any packet here.
const ROOM: usize = 2048;

/// The next number below `end` out of the bits that are left.
fn take(bits: &mut u64, end: usize) -> usize {
    let end = end.max(1) as u64;
    let value = (*bits & 0xffff) % end;
    *bits >>= 12;
    value as usize
}

/// Whom an advert may come from and go to: a group or a peer, of both families.
fn ends(number: usize) -> Ends {
    let (source, destination): (IpAddr, IpAddr) = match number % 4 {
        0 => ([172, 168, 2, 18].into(), vrrp::GROUP.into()),
        1 => ([172, 168, 2, 18].into(), [172, 168, 2, 19].into()),
        2 => (Ipv6Addr::LOCALHOST.into(), vrrp::GROUP_V6.into()),
        _ => (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()),
    };
    Ends {
        source,
        destination,
    }
}

/// Makes the checksum right in one of the forms, so that what stands behind that check is reached.
fn mend(message: &mut [u8], ends: &Ends, pseudo: bool, covered: usize) {
    if message.len() < 8 {
        return;
    }
    message[6..8].fill(0);
    let mut sum = 0_u64;
    let mut add = |bytes: &[u8]| {
        for pair in bytes.chunks(2) {
            let low = pair.get(1).copied().unwrap_or_default();
            sum += u64::from(pair[0]) << 8 | u64::from(low);
        }
    };
    add(&message[..covered]);
    if pseudo {
        match (ends.source, ends.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                add(&source.octets());
                add(&destination.octets());
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                add(&source.octets());
                add(&destination.octets());
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {}
        }
        sum += covered as u64 + u64::from(vrrp::PROTOCOL);
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    message[6..8].copy_from_slice(&(!(sum as u16)).to_be_bytes());
}

/// Makes count and length agree, with a trailer or without.
fn fit(input: &mut Input, ends: &Ends, trailer: bool) {
    let ipv6 = ends.is_ipv6();
    let size = if ipv6 { 16 } else { 4 };
    let mut fixed = 8 + if trailer { vrrp::TRAILER } else { 0 };
    if !ipv6 && input.bytes[0] >> 4 == 2 {
        fixed += 8;
    }
    let count = input.length.saturating_sub(fixed) / size;
    input.length = fixed + count * size;
    input.bytes[3] = count.min(255) as u8;
}

/// An input on its way.
struct Input {
    bytes: [u8; ROOM],
    length: usize,
}

impl Input {
    fn start(&mut self, seed: &[u8]) {
        self.length = seed.len().min(ROOM);
        self.bytes[..self.length].copy_from_slice(&seed[..self.length]);
    }

    fn change(&mut self, random: &mut Random) {
        let mut bits = random.next();
        for _ in 0..=take(&mut bits, 3) {
            let mut bits = random.next();
            // most of what decides stands at the front
            let reach = if bits & 1 == 0 { 16 } else { self.length };
            bits >>= 1;
            let at = take(&mut bits, reach.min(self.length));
            match take(&mut bits, 8) {
                0 => self.length = at,
                1 => self.longer(1 + take(&mut bits, 40), bits),
                2 | 3 => self.put(at, 1 << (bits & 7), true),
                4 => self.put(at, [0, 1, 0x7f, 0x80, 0xff][take(&mut bits, 5)], false),
                // counts and lengths that fit are rare by chance
                5 => self.put(3, take(&mut bits, 8) as u8, false),
                _ => self.put(at, bits as u8, false),
            }
        }
    }

    fn put(&mut self, at: usize, value: u8, flip: bool) {
        if at < self.length {
            let kept = if flip { self.bytes[at] } else { 0 };
            self.bytes[at] = kept ^ value;
        }
    }

    fn longer(&mut self, more: usize, fill: u64) {
        let end = (self.length + more).min(ROOM);
        self.bytes[self.length..end].fill(fill as u8);
        self.length = end;
    }

    fn read(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// What was accepted means the same when it is built anew.
fn same_again(message: &[u8], ends: &Ends, advert: &Advert<'_>) {
    let mut addresses = [IpAddr::from([0, 0, 0, 0]); 255];
    let mut count = 0;
    for address in advert.addresses() {
        addresses[count] = address;
        count += 1;
    }
    assert_eq!(count, usize::from(message[3]), "addresses");
    assert!(matches!(advert.trailer.len(), 0 | vrrp::TRAILER), "trailer");
    let emit = Emit {
        version: advert.version,
        vrid: advert.vrid,
        priority: advert.priority,
        interval: advert.interval,
        auth: advert.auth,
        addresses: &addresses[..count],
    };
    let built = vrrp::build(&emit, ends, advert.form).expect("no more addresses than 255");
    let again = vrrp::parse(&built, ends).expect("what we build");
    assert!(again.addresses().eq(advert.addresses()), "addresses");
    assert_eq!(
        (again.version, again.vrid, again.priority),
        (advert.version, advert.vrid, advert.priority)
    );
    // 2.2.7 and RFC 9568 s5.2.6 agree on 12 bits; version 2 has whole seconds
    assert_eq!(again.interval, advert.interval, "interval");
    let own = if ends.is_ipv6() {
        AuthField::NONE
    } else {
        advert.auth
    };
    assert_eq!(again.auth, own, "authentication");
}

fn advert(message: &[u8], ends: &Ends) -> bool {
    let parsed = vrrp::parse(message, ends);
    if let Ok(advert) = &parsed {
        same_again(message, ends, advert);
    }
    parsed.is_ok()
}

/// A packet as the IPv4 socket gives it; true if it is an advert.
fn packet(bytes: &[u8]) -> bool {
    let Ok((header, message)) = ipv4::parse(bytes) else {
        return false;
    };
    assert_eq!(vrrp::vrid(message), message.get(1).copied());
    let ends = Ends {
        source: header.source.into(),
        destination: header.destination.into(),
    };
    advert(message, &ends)
}

fn control(bytes: &[u8]) -> bool {
    let parsed = bfd::parse(bytes);
    if let Ok(packet) = parsed {
        assert_eq!(bfd::parse(&bfd::build(&packet)), Ok(packet));
    }
    parsed.is_ok()
}

/// Runs `one` on changed inputs, on two processors. It says whether the input was accepted.
fn run(what: &str, seeds: &[Vec<u8>], one: fn(&mut Input, u64) -> bool) {
    let count = number("CHANGED", USUAL);
    let (seed, start) = (number("SEED", 1), Instant::now());
    let part = |part: u64| {
        let mut random = Random::of(seed, part);
        let (mut done, mut accepted) = (0, 0);
        let mut input = Input {
            bytes: [0; ROOM],
            length: 0,
        };
        while done < count / 2 {
            for _ in 0..BATCH {
                let mut bits = random.next();
                input.start(&seeds[take(&mut bits, seeds.len())]);
                input.change(&mut random);
                let fine = catch_unwind(AssertUnwindSafe(|| one(&mut input, bits)));
                assert!(fine.is_ok(), "{what}: \"{}\"", input.read().escape_ascii());
                accepted += u64::from(fine.unwrap_or(false));
            }
            done += BATCH;
        }
        (done, accepted)
    };
    let (done, accepted) = std::thread::scope(|scope| {
        let other = scope.spawn(|| part(1));
        let (done, accepted) = part(0);
        let (more, good) = other.join().expect("no fault");
        (done + more, accepted + good)
    });
    let rate = done as f64 / start.elapsed().as_secs_f64() / 1e6;
    eprintln!("{what}: {done}, {accepted} of them accepted, {rate:.2} million a second");
    // a changer that never gets past the first checks shows nothing
    assert!(accepted > done / 50, "{accepted} of {done} accepted");
}

#[test]
fn any_changed_message() {
    let mut seeds = kept("vrrp_packet");
    seeds.retain(|seed| matches!(seed.first(), Some(0x20..=0x3f)));
    run("messages", &seeds, |input, mut bits| {
        let ends = ends(take(&mut bits, 4));
        if bits & 8 == 0 {
            fit(input, &ends, bits & 16 == 0);
        }
        let length = input.length;
        if bits & 1 == 0 {
            let message = &mut input.bytes[..length];
            let second = message.first().is_some_and(|first| first >> 4 == 2);
            // a trailer is covered over IPv6 only
            let covered = if bits & 2 == 0 && !ends.is_ipv6() {
                length.saturating_sub(vrrp::TRAILER)
            } else {
                length
            };
            let pseudo = ends.is_ipv6() || (!second && bits & 4 == 0);
            mend(message, &ends, pseudo, covered.max(8).min(length));
        }
        advert(input.read(), &ends)
    });
}

#[test]
fn any_changed_packet() {
    let seeds: Vec<_> = kept("vrrp_packet");
    let seeds: Vec<_> = seeds
        .into_iter()
        .filter(|seed| seed.first().is_some_and(|first| first >> 4 == 4))
        .collect();
    run("packets", &seeds, |input, bits| {
        let length = input.length;
        if bits & 3 != 0 && length > 20 {
            let total = (length as u16).to_be_bytes();
            input.bytes[2..4].copy_from_slice(&total);
            let start = usize::from(input.bytes[0] & 0x0f) * 4;
            if bits & 4 == 0 && (20..length).contains(&start) {
                let message = &mut input.bytes[start..length];
                let all = message.len();
                mend(message, &ends(0), false, all);
            }
        }
        packet(input.read())
    });
}

#[test]
fn any_changed_control_packet() {
    run("BFD", &kept("bfd_packet"), |input, _| control(input.read()));
}

#[test]
fn what_was_kept() {
    let seeds = kept("vrrp_packet");
    let accepted = seeds.iter().filter(|seed| packet(seed)).count();
    assert!(accepted >= 8, "{accepted} packets are adverts");
    for number in 0..4 {
        for seed in &seeds {
            let _is_one = advert(seed, &ends(number));
        }
    }
    let seeds = kept("bfd_packet");
    let accepted = seeds.iter().filter(|seed| control(seed)).count();
    assert_eq!(accepted, 9, "control packets");
}
