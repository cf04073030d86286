//! Arguments to commands, and what is wrong with others. The exit statuses are ipvsadm 1.31's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use holdfast_ipvs::{Family, ServiceId, SyncRole, Timeouts};
use holdfast_ipvsadm::{Command, Format, What, save};
use support::{Book, asked, table};

/// The line of a save that a line of arguments makes.
fn saved(line: &str) -> String {
    let mut text = save(table(line), true, &Book);
    text.truncate(text.trim_end().len());
    text
}

#[test]
fn services() {
    for (line, expected) in [
        ("-A -t 10.0.0.1:80", "-A -t 10.0.0.1:80 -s wlc"),
        ("-At www:http -srr", "-A -t 10.0.0.1:80 -s rr"),
        ("-A -u 10.1:domain -o", "-A -u 10.0.0.1:53 -s wlc -o"),
        ("-A -t [fd00::1]:80 -s nq", "-A -t [fd00::1]:80 -s nq"),
        ("-A -t fd00::1 -p", "-A -t [fd00::1]:0 -s wlc -p 360"),
        (
            "-A --sctp-service 10.0.0.1:9",
            "-A --sctp-service 10.0.0.1:9 -s wlc",
        ),
        ("-A -f 7 -6 -p 9 -M 64", "-A -f 7 -6 -s wlc -p 9 -M 64"),
        ("-A -f 4294967295", "-A -f -1 -s wlc"),
        (
            "-A -M 255.255.0.0 -t 10.0.0.1:80 -p 60",
            "-A -t 10.0.0.1:80 -s wlc -p 60 -M 255.255.0.0",
        ),
        // the mask is said before the family is known: the family's own wins
        (
            "-A -M 255.0.0.0 -t [fd00::1]:1 -p 60",
            "-A -t [fd00::1]:1 -s wlc -p 60",
        ),
        ("-A -f 7 -M 64 -6 -p 9", "-A -f 7 -6 -s wlc -p 9"),
        ("-A -f 7 -p 9 -M 64", "-A -f 7 -s wlc -p 9 -M 0.0.0.64"),
        (
            "-A -b sh-port,,sh-fallback -t 10.0.0.1:80 -s sh",
            "-A -t 10.0.0.1:80 -s sh -b sh-fallback,sh-port",
        ),
        (
            "-A -t 10.0.0.1:80 -s mh -b mh-port",
            "-A -t 10.0.0.1:80 -s mh -b mh-port",
        ),
        (
            "-A -t 10.0.0.1:80 -s rr -b flag-3,flag-1",
            "-A -t 10.0.0.1:80 -s rr -b flag-1,flag-3",
        ),
        (
            "-A -u 10.0.0.1:5060 -p 60 --pe sip -o",
            "-A -u 10.0.0.1:5060 -s wlc -p 60 --pe sip -o",
        ),
        (
            "-A -t 10.0.0.1:80 -s a-scheduler-of-20-b",
            "-A -t 10.0.0.1:80 -s a-scheduler-of-",
        ),
    ] {
        assert_eq!(saved(line), expected, "{line}");
    }
}

#[test]
fn real_servers() {
    let four = "-A -t 10.0.0.1:80 -s rr\n";
    for (line, expected) in [
        ("-a -t 10.0.0.1:80 -r 10.0.0.2", "-r 10.0.0.2:80 -g -w 1"),
        ("-a -t 10.0.0.1:80 -r 10.0.0.2:81", "-r 10.0.0.2:80 -g -w 1"),
        (
            "-a -t 10.0.0.1:80 -r 10.0.0.2:81 -m -w 0",
            "-r 10.0.0.2:81 -m -w 0",
        ),
        ("-a -r 10.0.0.2 -t 10.0.0.1:80 -m", "-r 10.0.0.2:0 -m -w 1"),
        (
            "-a -t 10.0.0.1:80 -r [fd00::2]:8080 -i",
            "-r [fd00::2]:80 -i -w 1 --tun-type ipip",
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.0.0.2 -i --tun-type gue --tun-port 6080",
            "-r 10.0.0.2:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum",
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.0.0.2 -i --tun-type gue --tun-port=1 --tun-remcsum",
            "-r 10.0.0.2:80 -i -w 1 --tun-type gue --tun-port 1 --tun-remcsum",
        ),
        (
            "-a -t 10.0.0.1:80 -r 10.0.0.2 -i --tun-type gre --tun-csum",
            "-r 10.0.0.2:80 -i -w 1 --tun-type gre --tun-csum",
        ),
        // brackets that hold no IPv6 address: ipvsadm forgets the port
        (
            "-a -t 10.0.0.1:80 -r [10.0.0.2]:81 -m",
            "-r 10.0.0.2:80 -m -w 1",
        ),
    ] {
        let text = saved(&format!("{four}{line}"));
        let expected = format!("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 {expected}");
        assert_eq!(text, expected, "{line}");
    }
}

#[test]
fn other_commands() {
    let mark = ServiceId::Fwmark {
        mark: 3,
        family: Family::Inet,
    };
    let numeric = Format {
        numeric: true,
        ..Format::default()
    };
    let timeouts = Timeouts {
        tcp: 1,
        tcp_fin: 2,
        udp: 0,
    };
    for (line, expected) in [
        ("", Command::List(What::All, Format::default())),
        ("-ln", Command::List(What::All, numeric)),
        (
            "-L -f 3 --numeric --sort",
            Command::List(What::Service(mark), numeric),
        ),
        ("-Lcn", Command::List(What::Connections, numeric)),
        (
            "-L --timeout",
            Command::List(What::Timeouts, Format::default()),
        ),
        (
            "--list --daemon",
            Command::List(What::Daemons, Format::default()),
        ),
        ("-D -f 3", Command::DeleteService(mark)),
        ("-C", Command::Clear),
        ("-Z", Command::Zero(None)),
        ("-Z -f 3", Command::Zero(Some(mark))),
        ("-S", Command::Save { numeric: false }),
        ("-Sn", Command::Save { numeric: true }),
        ("-R", Command::Restore),
        ("--set 1 2 0", Command::SetTimeouts(timeouts)),
        ("1 --set 2 0", Command::SetTimeouts(timeouts)),
        ("-h", Command::Help),
        ("-v --whatever", Command::Version),
    ] {
        assert_eq!(asked(line), Ok(expected), "{line}");
    }
}

#[test]
fn sync_daemons() {
    let Ok(Command::StartDaemon(plain)) = asked("--start-daemon master") else {
        panic!("no daemon");
    };
    assert_eq!(
        (plain.role, plain.interface.as_str()),
        (SyncRole::Master, "eth0")
    );
    assert_eq!((plain.sync_id, plain.group), (0, None));
    let line = "--start-daemon=backup --mcast-interface e1 --syncid 7 --mcast-group ff02::81 \
        --mcast-port 9000 --mcast-ttl 3 --sync-maxlen 1000";
    let Ok(Command::StartDaemon(full)) = asked(line) else {
        panic!("no daemon");
    };
    assert_eq!(
        (full.role, full.interface.as_str()),
        (SyncRole::Backup, "e1")
    );
    assert_eq!(
        (full.sync_id, full.port, full.ttl, full.max_length),
        (7, Some(9000), Some(3), Some(1000))
    );
    assert_eq!(full.group, "ff02::81".parse().ok());
    assert!(matches!(
        asked("--stop-daemon backup --syncid 7"),
        Ok(Command::StopDaemon(_))
    ));
}

/// A line, the exit status, and how the error begins.
const WRONG: &[(&str, u8, &str)] = &[
    ("-t 10.0.0.1:80", 255, "the first option must be a command"),
    ("foo", 255, "the first option must be a command"),
    ("--xx", 255, "the first option must be a command"),
    ("-L --xx", 255, "'--xx': no such option"),
    ("-A -t", 255, "'-t': its value is missing"),
    ("-L -A", 2, "'-A' is a second command"),
    ("-L -h", 2, "'-h' is a second command"),
    // what stands before a word that popt does not know is looked at first
    ("-A -w x --xx", 2, "--weight does not take 'x'"),
    ("-L foo", 2, "unexpected word 'foo'"),
    (
        "-A",
        2,
        "--add-service needs a service (-t, -u, --sctp-service or -f)",
    ),
    ("-a -t 10.0.0.1:80", 2, "--add-server needs --real-server"),
    (
        "-A -t 10.0.0.1:80 -w 1",
        2,
        "--add-service does not take --weight",
    ),
    ("-C -n", 2, "--clear does not take --numeric"),
    ("-S -X", 2, "--save does not take --exact"),
    ("-L -c -f 1", 2, "--list takes a service"),
    ("-L -c --stats", 2, "--list: --stats"),
    ("-L --timeout --persistent-conn", 2, "--list: --stats"),
    (
        "-A -f 1 -u 10.0.0.1:80",
        2,
        "a service (-t, -u, --sctp-service or -f) is given more",
    ),
    (
        "-a -t 10.0.0.1:80 -r 10.0.0.2 -g -m",
        2,
        "a forwarding method (-g, -i or -m) is given",
    ),
    ("-A -t 80", 2, "--tcp-service does not take '80'"),
    ("-A -t [::1]", 2, "--tcp-service does not take '[::1]'"),
    (
        "-A -t unknown:80",
        2,
        "--tcp-service does not take 'unknown:80'",
    ),
    (
        "-A -t 10.0.0.1:domain",
        2,
        "--tcp-service does not take '10.0.0.1:domain'",
    ),
    (
        "-A -t 10.0.0.1:65536",
        2,
        "--tcp-service does not take '10.0.0.1:65536'",
    ),
    ("-A -t 10.0.0.1", 2, "a service without a port"),
    ("-A -t 10.0.0.1:80 -o", 2, "-o (one-packet scheduling)"),
    (
        "-A -t 10.0.0.1:80 -p 0",
        2,
        "--persistent does not take '0'",
    ),
    (
        "-A -t [fd00::1]:80 -M 129",
        2,
        "--netmask does not take '129'",
    ),
    ("-A -f 0", 2, "--fwmark-service does not take '0'"),
    ("-A -6 -f 3", 2, "-6 follows -f"),
    (
        "-A -t 10.0.0.1:80 -b sh-port",
        2,
        "--sched-flags does not take 'sh-port'",
    ),
    (
        "-A -t 10.0.0.1:80 -b x",
        2,
        "--sched-flags does not take 'x'",
    ),
    (
        "-a -t 10.0.0.1:80 -r [fd00::2]:80",
        2,
        "a real server of the other address family",
    ),
    (
        "-a -f 1 -r 10.0.0.2 -m --tun-csum",
        2,
        "--tun-... options go with -i",
    ),
    (
        "-a -f 1 -r 10.0.0.2 -i --tun-csum",
        2,
        "an ipip tunnel does not take --tun-csum",
    ),
    (
        "-a -f 1 -r 10.0.0.2 -i --tun-type gue",
        2,
        "a gue tunnel needs --tun-port",
    ),
    (
        "-a -f 1 -r 10.0.0.2 -i --tun-type gre --tun-port 1",
        2,
        "a gre tunnel does not take",
    ),
    (
        "-a -f 1 -r 10.0.0.2 -i --tun-type gre --tun-csum --tun-nocsum",
        2,
        "a gre tunnel takes --tun-nocsum or --tun-csum, not both",
    ),
    (
        "-a -f 1 -r 10.0.0.2 -i --tun-type vxlan",
        2,
        "--tun-type does not take 'vxlan'",
    ),
    (
        "-a -f 1 -r 10.0.0.2 -w 2147483648",
        2,
        "--weight does not take",
    ),
    ("--set 1 2", 2, "--set needs three timeouts"),
    ("--set 1 2 2678401", 2, "--set does not take '2678401'"),
    ("--set 1 2 3 4", 2, "unexpected word '4'"),
    (
        "--start-daemon both",
        2,
        "--start-daemon does not take 'both'",
    ),
    (
        "--start-daemon master --syncid 256",
        2,
        "--syncid does not take '256'",
    ),
    (
        "--start-daemon master --mcast-group 10.0.0.1",
        2,
        "--mcast-group does not take",
    ),
    (
        "--stop-daemon master --mcast-ttl 3",
        2,
        "--stop-daemon does not take --mcast-ttl",
    ),
];

#[test]
fn what_is_wrong() {
    for (line, status, words) in WRONG {
        let error = asked(line).expect_err(line);
        let text = error.to_string();
        assert_eq!(error.status(), *status, "{line}: {text}");
        assert!(text.starts_with(words), "{line}: {text}");
    }
}
