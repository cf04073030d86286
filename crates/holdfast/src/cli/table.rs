//! Every option, one row each: keepalived.md has the same list (its man page, keepalived(8)).

/// Whether an option has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// None.
    No,
    /// Always, attached or the next word.
    Needed(&'static str),
    /// Only attached: `-tFILE`, `--config-test=FILE` (getopt's `::`).
    Attached(&'static str),
}

/// How far an option is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It does what it says.
    Works,
    /// It is taken, and a warning says that it does nothing yet.
    Unbuilt,
}

/// One option.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) short: Option<char>,
    pub(super) long: &'static str,
    pub(super) value: Value,
    pub(super) state: State,
    pub(super) help: &'static str,
}

/// One option as a row.
pub(super) const fn row(
    short: Option<char>,
    long: &'static str,
    value: Value,
    state: State,
    help: &'static str,
) -> Row {
    Row {
        short,
        long,
        value,
        state,
        help,
    }
}

use State::{Unbuilt, Works};
use Value::{Attached, Needed, No};

/// Of the daemon and of commands that read a configuration.
pub(super) const ALL_CONFIG: Row = row(
    Some('e'),
    "all-config",
    No,
    Works,
    "Every file that is included must be there and readable",
);

/// The same.
pub(super) const CONFIG_ID: Row = row(
    Some('i'),
    "config-id",
    Needed("ID"),
    Works,
    "Lines after @ID are kept (the host's name up to its first dot)",
);

/// In the order of the help text.
pub(super) const ROWS: &[Row] = &[
    row(
        Some('f'),
        "use-file",
        Needed("FILE"),
        Works,
        "Use this configuration file, or all that match (`conf.d/*.conf`)",
    ),
    row(Some('P'), "vrrp", No, Works, "Only run the VRRP worker"),
    row(
        Some('C'),
        "check",
        No,
        Works,
        "Only run the health-check worker",
    ),
    row(Some('B'), "no_bfd", No, Works, "Do not run BFD"),
    row(
        None,
        "all",
        No,
        Works,
        "Run every worker the file has work for (the default)",
    ),
    row(
        Some('l'),
        "log-console",
        No,
        Works,
        "Log to standard error too",
    ),
    row(Some('D'), "log-detail", No, Works, "Detailed log lines"),
    row(
        Some('S'),
        "log-facility",
        Needed("0-7"),
        Works,
        "Syslog facility LOG_LOCAL[0-7]",
    ),
    row(
        Some('g'),
        "log-file",
        Attached("FILE"),
        Works,
        "Log to a file too (/tmp/holdfast.log)",
    ),
    row(
        None,
        "flush-log-file",
        No,
        Works,
        "Flush the log file on each line (always so)",
    ),
    row(Some('G'), "no-syslog", No, Works, "Do not log to syslog"),
    row(
        Some('u'),
        "umask",
        Needed("MASK"),
        Works,
        "umask for the files that are made",
    ),
    row(
        Some('X'),
        "release-vips",
        No,
        Works,
        "Drop the VIPs at a stop (the default)",
    ),
    row(
        Some('V'),
        "dont-release-vrrp",
        No,
        Works,
        "Leave the VIPs at a stop",
    ),
    row(
        Some('I'),
        "dont-release-ipvs",
        No,
        Works,
        "Leave the IPVS table at a stop",
    ),
    row(
        Some('R'),
        "dont-respawn",
        No,
        Works,
        "End when a worker dies",
    ),
    row(Some('n'), "dont-fork", No, Works, "Stay in the foreground"),
    row(
        Some('d'),
        "dump-conf",
        No,
        Unbuilt,
        "Dump the configuration",
    ),
    row(
        Some('p'),
        "pid",
        Needed("FILE"),
        Works,
        "Pid file of the parent",
    ),
    row(
        Some('r'),
        "vrrp_pid",
        Needed("FILE"),
        Works,
        "Pid file of the VRRP worker",
    ),
    row(
        Some('c'),
        "checkers_pid",
        Needed("FILE"),
        Works,
        "Pid file of the check worker",
    ),
    row(
        Some('b'),
        "bfd_pid",
        Needed("FILE"),
        Unbuilt,
        "Pid file of the BFD worker",
    ),
    row(
        Some('T'),
        "genhash",
        No,
        Unbuilt,
        "Print the digest of a page",
    ),
    row(
        Some('a'),
        "address-monitoring",
        No,
        Unbuilt,
        "Log every address change",
    ),
    row(Some('x'), "snmp", No, Unbuilt, "SNMP agent"),
    row(
        Some('A'),
        "snmp-agent-socket",
        Needed("ADDRESS"),
        Unbuilt,
        "SNMP master agent",
    ),
    row(Some('m'), "core-dump", No, Works, "Allow core dumps"),
    row(
        Some('M'),
        "core-dump-pattern",
        Attached("PATTERN"),
        Unbuilt,
        "Core dump pattern",
    ),
    row(
        None,
        "no-mem-check",
        No,
        Works,
        "No memory check (there is none)",
    ),
    row(
        Some('L'),
        "mem-check-log",
        No,
        Works,
        "Log of the memory check (there is none)",
    ),
    row(
        Some('O'),
        "openssl-mem-check",
        No,
        Works,
        "OpenSSL memory check (there is none)",
    ),
    row(
        Some('s'),
        "namespace",
        Needed("NAME"),
        Works,
        "Run in this network namespace",
    ),
    ALL_CONFIG,
    CONFIG_ID,
    row(
        None,
        "signum",
        Needed("SIGNAL"),
        Works,
        "Print a signal's number",
    ),
    row(
        Some('t'),
        "config-test",
        Attached("LOGFILE"),
        Works,
        "Test the configuration and end",
    ),
    row(
        None,
        "config-fd",
        Needed("FD"),
        Unbuilt,
        "(internal to keepalived)",
    ),
    row(
        None,
        "ignore-sigint",
        No,
        Works,
        "Leave SIGINT to a debugger",
    ),
    row(
        None,
        "perf",
        Attached("WHAT"),
        Unbuilt,
        "Performance recording",
    ),
    row(None, "debug", Attached("WHAT"), Unbuilt, "Debug messages"),
    row(
        None,
        "run-dir",
        Needed("DIR"),
        Works,
        "State, sockets and pid files (/run/holdfast)",
    ),
    row(
        None,
        "without-ipvs",
        No,
        Works,
        "Own VIPs even if the kernel has no IPVS",
    ),
    row(
        None,
        "allow-unbuilt",
        No,
        Works,
        "Start although something that decides who is reachable is not built yet",
    ),
    row(
        None,
        "record",
        Needed("FILE"),
        Works,
        "Record what VRRP hears and does, for `cargo xtask sim replay` (the file before it: FILE.1)",
    ),
    row(
        None,
        "record-size",
        Needed("MIB"),
        Works,
        "How large a recording gets before the next begins (32)",
    ),
    row(Some('v'), "version", No, Works, "Print the version"),
    row(Some('h'), "help", No, Works, "Print this"),
];

/// The row of a short option.
pub(super) fn by_short(short: char) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.short == Some(short))
}

/// The row of a long option, or of the only one that starts so (getopt_long's habit).
pub(super) fn by_long(long: &str) -> Option<&'static Row> {
    if let Some(row) = ROWS.iter().find(|row| row.long == long) {
        return Some(row);
    }
    let mut starting = ROWS.iter().filter(|row| row.long.starts_with(long));
    let first = starting.next();
    first.filter(|_| starting.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_option_stands_twice_and_prefixes_work() {
        for (index, row) in ROWS.iter().enumerate() {
            let rest = ROWS.get(index + 1..).expect("slice");
            assert!(
                rest.iter().all(|other| other.long != row.long),
                "{}",
                row.long
            );
            assert!(row.short.is_none() || rest.iter().all(|other| other.short != row.short));
        }
        assert_eq!(by_long("dont-f").map(|row| row.long), Some("dont-fork"));
        assert!(by_long("dont-r").is_none(), "ambiguous");
        assert!(by_long("log-file").is_some());
    }
}
