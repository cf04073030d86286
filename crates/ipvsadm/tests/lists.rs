//! Tables to text. The files in `lists/` are what ipvsadm 1.31 printed of one table.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use holdfast_ipvs::{Info, ServiceId, SyncDaemon, SyncRole, Timeouts};
use holdfast_ipvsadm::{
    Command, Entry, Format, all, connections, daemons, lines, one, save, timeouts,
};
use support::{Book, asked, find, table};

/// Written in no order; with the thresholds that a save leaves out.
const TABLE: &str = "
    -A -f 5 -6 -s sh -b sh-port -p 50 -M 64
    -A --sctp-service [fd00::3]:100 -s rr
    -A -u 10.0.0.3:5060 -o -s rr --pe sip -p 60 -M 255.255.0.0
    -A -t 10.0.0.1:80 -s rr -p
    -a -t 10.0.0.1:80 -r 10.0.0.2 -w 2147483647 -x 70000 -y 69000
    -A -f 4294967295 -s mh -b mh-port,mh-fallback
    -a -f 4294967295 -r 10.0.0.9:80 -i --tun-type gre --tun-csum
    -a -f 4294967295 -r 10.0.0.12:80 -i
    -a -f 4294967295 -r 10.0.0.11:80 -i --tun-type gre
    -a -f 4294967295 -r [fd00::1]:80 -i
    -a -f 4294967295 -r 10.0.0.10:80 -i --tun-type gue --tun-port 6080 --tun-remcsum
    -A -u 10.0.0.3:53 -o -s rr -b flag-1,flag-3
";

const INFO: Info = Info {
    version: (1, 2, 1),
    connection_table_size: 4096,
};

fn format(line: &str) -> Format {
    match asked(line) {
        Ok(Command::List(_, format)) => format,
        other => panic!("{line}: {other:?}"),
    }
}

fn listed(entries: Vec<Entry>, line: &str) -> String {
    all(&INFO, entries, &format(line), &Book)
}

#[test]
fn every_form() {
    for (line, expected) in [
        ("-Ln", include_str!("lists/plain.txt")),
        ("-Ln --stats", include_str!("lists/stats.txt")),
        ("-Ln --rate", include_str!("lists/rate.txt")),
        ("-Ln --thresholds", include_str!("lists/thresholds.txt")),
        (
            "-Ln --persistent-conn",
            include_str!("lists/persistent.txt"),
        ),
        ("-Ln --tun-info", include_str!("lists/tunnels.txt")),
    ] {
        let text = listed(table(TABLE), line);
        assert_eq!(text, expected, "{line}");
    }
    let text = save(table(TABLE), true, &Book);
    assert_eq!(text, include_str!("lists/save.txt"));
}

#[test]
fn what_is_saved_is_read_back() {
    // a mark above 2147483647 is saved as ipvsadm saves it, below 0, and read by neither
    let text: String = TABLE
        .replace("4294967295", "2147483647")
        .replace("-x 70000 -y 69000", "");
    let saved = save(table(&text), true, &Book);
    assert_eq!(save(table(&saved), true, &Book), saved);
    assert_eq!(lines(&saved).len(), 12);
    let named = save(table(&text), false, &Book);
    assert!(named.contains("-A -t www:http -s rr -p 360\n"), "{named}");
}

#[test]
fn names_are_cut_to_their_columns() {
    let text = "-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m\n\
        -A -u [fd00::3]:53\n-A -f 1\n-a -f 1 -r 10.0.0.1:80 -m";
    let listed = listed(table(text), "-L");
    let rows: Vec<&str> = listed.lines().skip(3).collect();
    assert_eq!(
        rows,
        [
            "TCP  www:http rr",
            "  -> a-real-server-with-a-long-na Masq    1      0          0         ",
            "UDP  [six.with-a-name-that-is-longer-than-the-room-there-is.exam wlc",
            "FWM  1 wlc",
            "  -> www:80                       Masq    1      0          0         ",
        ]
    );
}

#[test]
fn counters_and_connections_of_one_service() {
    let mut entries = table("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m");
    let id = ServiceId::Address {
        protocol: 6,
        address: "10.0.0.1".parse().unwrap(),
        port: 80,
    };
    let entry = find(&mut entries, id);
    entry.stats.connections = 123_456_789;
    entry.stats.bytes_out = 5_000_000_000;
    let load = &mut entry.destinations[0].1;
    load.active = 3;
    load.inactive = 4;
    load.persistent = 5;
    load.stats.connection_rate = 123_456_789_012;
    load.stats.byte_rate_in = 123_456_789_012;
    let entry = entries.remove(0);
    let last = |line: &str, row: usize| {
        let text = one(entry.clone(), &format(line), &Book);
        text.lines().nth(row).unwrap().to_owned()
    };
    for (line, row, expected) in [
        (
            "-Ln --stats",
            2,
            "TCP  10.0.0.1:80                   123456K        0        0        0    5000M",
        ),
        (
            "-LnX --stats",
            2,
            "TCP  10.0.0.1:80                  123456789        0        0        0 5000000000",
        ),
        (
            "-Ln --rate",
            3,
            "  -> 10.0.0.2:80                  123456789012        0        0     123G        0",
        ),
        (
            "-Ln",
            3,
            "  -> 10.0.0.2:80                  Masq    1      3          4         ",
        ),
        (
            "-Ln --persistent-conn",
            3,
            "  -> 10.0.0.2:80                  1         5           3          4         ",
        ),
    ] {
        assert_eq!(last(line, row), expected, "{line}");
    }
}

#[test]
fn the_kernels_connections() {
    let text = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n\
        TCP AC100001 B7F2 0A000001 0050 0A000002 1F90 ESTABLISHED     895\n\
        UDP fd00:0000:0000:0000:0000:0000:0000:0009 0001 fd00:0000:0000:0000:0000:0000:0000:0003 \
        13C4 0A000002 13C4 UDP             3599 sip a84b4c76e66710\n\
        IP  AC100001 0000 00000001 0000 0A000002 0000 NONE             59\nTCP AC10\n";
    let plain = "IPVS connection entries\n\
        pro expire state       source             virtual            destination\n\
        TCP 14:55  ESTABLISHED 172.16.0.1:47090   10.0.0.1:80        10.0.0.2:8080\n\
        UDP 59:59  UDP         [fd00::9]:1        [fd00::3]:5060     10.0.0.2:5060\n\
        IP  00:59  NONE        172.16.0.1:0       0.0.0.1:0          10.0.0.2:0\n";
    assert_eq!(connections(text, &format("-Lnc"), &Book), plain);
    let engines = connections(text, &format("-Lnc --persistent-conn"), &Book);
    let rows: Vec<&str> = engines.lines().collect();
    assert_eq!(
        rows.get(1..4),
        Some(
            [
                "pro expire state       source             virtual            destination        pe name          pe_data",
                "TCP 14:55  ESTABLISHED 172.16.0.1:47090   10.0.0.1:80        10.0.0.2:8080",
                "UDP 59:59  UDP         [fd00::9]:1        [fd00::3]:5060     10.0.0.2:5060    sip                a84b4c76e66710",
            ]
            .as_slice()
        )
    );
}

#[test]
fn daemons_and_timeouts() {
    let mut full = SyncDaemon::new(SyncRole::Backup, "e1", 7);
    full.max_length = Some(1000);
    full.group = "ff02::81".parse().ok();
    full.port = Some(9000);
    full.ttl = Some(3);
    let text = daemons(&[SyncDaemon::new(SyncRole::Master, "eth0", 0), full]);
    assert_eq!(
        text,
        "master sync daemon (mcast=eth0, syncid=0)\n\
        backup sync daemon (mcast=e1, syncid=7, maxlen=1000, group=ff02::81, port=9000, ttl=3)\n"
    );
    let set = Timeouts {
        tcp: 900,
        tcp_fin: 120,
        udp: 300,
    };
    assert_eq!(timeouts(&set), "Timeout (tcp tcpfin udp): 900 120 300\n");
}
