//! Sockets, addresses and the monitor on a real kernel: two network namespaces joined by a veth
//! pair, made and left by the test's own thread. Needs root; says so where it is not.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that stops says what was wrong"
)]

use holdfast_kernel::rt::{Monitor, MonitorEvent, NewAddress, RtError, Rtnetlink, host_facts};
use holdfast_kernel::socket::arp::ArpSocket;
use holdfast_kernel::socket::vrrp::{Place, Received, VrrpSocket};
use holdfast_model::{AddressFamily, IfName, Scope};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, unshare};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd as _;
use std::process::Command;

const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18));

fn ip(line: &str) {
    let output = Command::new("ip")
        .args(line.split_whitespace())
        .output()
        .expect("ip");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "ip {line}: {error}");
}

/// Runs `test` in a namespace of its own with `a0` and `b0`, the ends of one cable.
fn in_namespace(test: impl FnOnce() + Send + 'static) {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIP: needs root for network namespaces");
        return;
    }
    let thread = std::thread::spawn(move || {
        unshare(CloneFlags::CLONE_NEWNET).expect("unshare");
        ip("link set lo up");
        ip("link add a0 type veth peer name b0");
        ip("link set a0 up");
        ip("link set b0 up");
        ip("addr add 10.9.0.1/24 dev a0");
        ip("addr add 10.9.0.2/24 dev b0");
        test();
    });
    thread.join().expect("the test's thread");
}

fn name(text: &str) -> IfName {
    IfName::new(text).expect("name")
}

fn index(text: &str) -> u32 {
    nix::net::if_::if_nametoindex(text).expect("index")
}

/// A version 2 advert from 10.9.0.5 (an own address would be a martian), with whatever checksum: nobody here looks at it.
fn advert(vrid: u8, options: usize) -> Vec<u8> {
    let words = 5 + options;
    let mut packet = vec![0x40 | u8::try_from(words).expect("header"), 0xc0, 0, 0];
    packet.extend([0, 1, 0, 0, 255, 112, 0, 0, 10, 9, 0, 5, 224, 0, 0, 18]);
    packet.extend(std::iter::repeat_n(1, options * 4));
    packet.extend([
        0x21, vrid, 100, 1, 0, 1, 0, 0, 10, 9, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    packet
}

fn wait_for(fd: impl std::os::fd::AsFd) -> bool {
    comes_within(fd, 2000)
}

fn comes_within(fd: impl std::os::fd::AsFd, millis: u16) -> bool {
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::from(millis)).expect("poll") > 0
}

/// The group's socket on an interface.
fn on(interface: &str, group: IpAddr, vrids: &[u8]) -> VrrpSocket {
    let (interface, index, groups) = (&name(interface), index(interface), &[group].into());
    let place = Place::Groups {
        index,
        interface,
        groups,
    };
    VrrpSocket::open(AddressFamily::of(group), &place, vrids).expect("socket")
}

/// Packets, as they come, until there are `count`.
fn hear(listener: &mut VrrpSocket, count: usize) -> Vec<Received> {
    let mut heard = Vec::new();
    while heard.len() < count {
        assert!(wait_for(listener.as_fd()), "only {} adverts", heard.len());
        let (packets, result) = listener.receive();
        result.expect("receive");
        heard.extend(packets);
    }
    heard
}

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 0, 5));

#[test]
fn adverts_cross_and_foreign_vrids_do_not() {
    in_namespace(|| {
        let sender = on("a0", GROUP, &[]);
        let mut listener = on("b0", GROUP, &[51, 7]);
        for (vrid, options) in [(50, 0), (51, 0), (52, 0), (7, 3), (51, 0)] {
            sender
                .send(0, FROM, GROUP, &advert(vrid, options))
                .expect("send");
        }
        let vrids: Vec<u8> = hear(&mut listener, 3)
            .iter()
            .map(|Received { bytes, header }| {
                assert_eq!(*header, None, "it is in the bytes");
                let words = usize::from(bytes[0] & 15) * 4;
                assert_eq!((bytes[8], bytes[9]), (255, 112), "TTL and protocol as sent");
                bytes[words + 1]
            })
            .collect();
        assert_eq!(vrids, [51, 7, 51]);
    });
}

#[test]
fn the_filter_follows_the_configuration() {
    in_namespace(|| {
        let sender = on("a0", GROUP, &[]);
        let mut listener = on("b0", GROUP, &[51]);
        listener.set_vrids(&[60]).expect("filter");
        sender.send(0, FROM, GROUP, &advert(51, 0)).expect("send");
        sender.send(0, FROM, GROUP, &advert(60, 0)).expect("send");
        let heard = hear(&mut listener, 1);
        assert_eq!(heard[0].bytes[21], 60);
        assert_eq!(heard.len(), 1);
    });
}

/// C02, C03, C04 over IPv6, where the kernel writes the header.
#[test]
fn c03_v3v6_the_header_is_as_the_rfc_wants_it() {
    in_namespace(|| {
        ip("addr add fe80::a/64 dev a0 nodad");
        ip("addr add fe80::b/64 dev b0 nodad");
        let group: IpAddr = "ff02::12".parse().expect("address");
        let source: Ipv6Addr = "fe80::a".parse().expect("address");
        let sender = on("a0", group, &[]);
        let mut listener = on("b0", group, &[51]);
        for vrid in [50, 51] {
            let message = [0x31, vrid, 100, 0, 0, 100, 1, 2];
            let link = index("a0");
            sender
                .send(link, source.into(), group, &message)
                .expect("send");
        }
        let heard = hear(&mut listener, 1);
        let expected = Received {
            // the checksum is ours, not the kernel's
            bytes: vec![0x31, 51, 100, 0, 0, 100, 1, 2],
            header: Some((source, Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12), 255)),
        };
        assert_eq!(heard, [expected]);
    });
}

#[test]
fn unicast_and_multicast_have_an_ear_each() {
    in_namespace(|| {
        ip("addr add fd00::1/64 dev a0 nodad");
        let six: IpAddr = "fd00::1".parse().expect("address");
        let four: IpAddr = "10.9.0.1".parse().expect("address");
        let open = |family| VrrpSocket::open(family, &Place::Unicast, &[51]).expect("socket");
        let (mut unicast, mut unicast6) = (open(AddressFamily::V4), open(AddressFamily::V6));
        let mut group = on("b0", GROUP, &[51]);
        let sender = on("a0", GROUP, &[]);
        sender.send(0, FROM, GROUP, &advert(51, 0)).expect("send");
        let mut to_us = advert(51, 0);
        to_us[12..20].copy_from_slice(&[10, 9, 0, 1, 10, 9, 0, 1]);
        unicast.send(0, four, four, &to_us).expect("send");
        let message = [0x31, 51, 100, 0, 0, 100, 1, 2];

        let heard = hear(&mut group, 1);
        assert_eq!(
            (heard.len(), &heard[0].bytes[16..20]),
            (1, &[224, 0, 0, 18][..])
        );
        let heard = hear(&mut unicast, 1);
        assert_eq!(
            (heard.len(), &heard[0].bytes[16..20]),
            (1, &[10, 9, 0, 1][..])
        );
        // the kernel knows an IPv6 address as its own a while after it was added
        let mut tries = 0..50;
        let heard = loop {
            assert!(tries.next().is_some(), "nothing was heard");
            unicast6.send(0, six, six, &message).expect("send");
            if comes_within(unicast6.as_fd(), 100) {
                break hear(&mut unicast6, 1);
            }
        };
        assert_eq!(heard[0].bytes, message);
        assert_eq!(heard[0].header.map(|(_, to, _)| IpAddr::V6(to)), Some(six));
    });
}

#[test]
fn frames_leave_the_interface_they_are_sent_to() {
    use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, recv, socket};
    use std::os::fd::AsRawFd as _;
    in_namespace(|| {
        let flags = SockFlag::SOCK_CLOEXEC;
        let all = SockProtocol::EthAll;
        let listener = socket(AddressFamily::Packet, SockType::Raw, flags, all).expect("socket");
        let mut frame = vec![0xff; 6];
        frame.extend([2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend([0x5a; 20]);
        ArpSocket::open()
            .expect("open")
            .send(index("a0"), &frame)
            .expect("send");
        let mut buffer = [0; 2048];
        for _ in 0..50 {
            assert!(wait_for(listener.as_fd()), "the frame was not seen");
            let flags = nix::sys::socket::MsgFlags::empty();
            let length = recv(listener.as_raw_fd(), &mut buffer, flags).expect("recv");
            if buffer.get(..length) == Some(frame.as_slice()) {
                return;
            }
        }
        panic!("other frames only");
    });
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("runtime").block_on(future)
}

fn vip(scope: Scope, label: Option<&str>) -> NewAddress<'_> {
    NewAddress {
        index: index("a0"),
        address: "10.9.0.9".parse().expect("address"),
        prefix: 32,
        scope,
        label,
        broadcast: None,
    }
}

#[test]
fn addresses_are_as_asked_for_and_found_ones_are_told_apart() {
    in_namespace(|| {
        run(async {
            let mut rtnetlink = Rtnetlink::open().expect("open");
            let new = vip(Scope::Link, Some("a0:v"));
            rtnetlink.add_address(new).await.expect("add");
            let again = rtnetlink.add_address(new).await;
            assert!(
                matches!(again, Err(RtError::Kernel(libc::EEXIST))),
                "{again:?}"
            );
            let seen = rtnetlink.addresses().await.expect("read");
            let seen = seen
                .iter()
                .find(|seen| seen.address == new.address)
                .expect("there");
            assert_eq!(
                (seen.prefix, seen.scope, seen.broadcast),
                (32, Scope::Link, None)
            );
            assert_eq!(seen.label.as_deref(), Some("a0:v"));
            rtnetlink
                .delete_address(new.index, new.address, 32)
                .await
                .expect("delete");
            let gone = rtnetlink.delete_address(new.index, new.address, 32).await;
            assert!(
                matches!(gone, Err(RtError::Kernel(libc::EADDRNOTAVAIL))),
                "{gone:?}"
            );
        });
        let facts = host_facts().expect("facts");
        let a0 = facts.interface(&name("a0")).expect("a0");
        assert!(a0.multicast && !a0.loopback && a0.mtu == 1500);
        assert!(a0.addresses.contains(&"10.9.0.1".parse().expect("address")));
    });
}

#[test]
fn the_monitor_sees_what_others_do() {
    in_namespace(|| {
        run(async {
            let mut monitor = Monitor::open().expect("monitor");
            ip("addr add 10.9.0.9/32 dev a0");
            ip("addr del 10.9.0.9/32 dev a0");
            ip("link set b0 down");
            ip("link del a0");
            let (mut added, mut removed, mut down, mut gone) = (false, false, false, false);
            while !(added && removed && down && gone) {
                let next = tokio::time::timeout(std::time::Duration::from_secs(5), monitor.next());
                match next.await.expect("in time").expect("event") {
                    MonitorEvent::Address(a) => added |= a.address.to_string() == "10.9.0.9",
                    MonitorEvent::AddressGone(a) => removed |= a.address.to_string() == "10.9.0.9",
                    MonitorEvent::Link(link) => down |= link.name == name("a0") && !link.running,
                    MonitorEvent::LinkGone(_) => gone = true,
                    MonitorEvent::Overrun => panic!("nothing was lost"),
                }
            }
        });
    });
}

#[test]
fn lost_notifications_are_said() {
    in_namespace(|| {
        run(async {
            let mut monitor = Monitor::open().expect("monitor");
            // more than 4 MB of notifications that nobody reads meanwhile
            let batch: String = (0..16_000)
                .flat_map(|n| {
                    let address =
                        format!("10.{}.{}.{}/32", 100 + n / 62_500, n / 250 % 250, n % 250);
                    [
                        format!("addr add {address} dev a0\n"),
                        format!("addr del {address} dev a0\n"),
                    ]
                })
                .collect();
            let file = std::env::temp_dir().join(format!("overrun-{}", std::process::id()));
            std::fs::write(&file, batch).expect("batch");
            let _some_may_fail = Command::new("ip")
                .arg("-force")
                .arg("-batch")
                .arg(&file)
                .output();
            std::fs::remove_file(&file).expect("batch");
            let mut overrun = false;
            let quiet = std::time::Duration::from_millis(500);
            while let Ok(Ok(event)) = tokio::time::timeout(quiet, monitor.next()).await {
                overrun |= event == MonitorEvent::Overrun;
            }
            assert!(overrun, "4 MB held everything");
        });
    });
}
