//! Every option, one row each.

/// An option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Opt {
    AddService,
    EditService,
    DeleteService,
    Clear,
    Restore,
    Save,
    AddServer,
    EditServer,
    DeleteServer,
    List,
    Zero,
    Set,
    StartDaemon,
    StopDaemon,
    Help,
    Version,
    TcpService,
    UdpService,
    SctpService,
    FwmarkService,
    Ipv6,
    Scheduler,
    Engine,
    Persistent,
    Netmask,
    RealServer,
    Gatewaying,
    Ipip,
    Masquerading,
    TunType,
    TunPort,
    TunNocsum,
    TunCsum,
    TunRemcsum,
    Weight,
    Uthreshold,
    Lthreshold,
    Ops,
    SchedFlags,
    Numeric,
    Connection,
    Timeout,
    Daemon,
    Stats,
    Rate,
    Thresholds,
    PersistentConn,
    TunInfo,
    Exact,
    NoSort,
    Sort,
    SyncId,
    SyncMaxlen,
    McastInterface,
    McastGroup,
    McastPort,
    McastTtl,
}

/// Whether an option has a value, and its name in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    Value(&'static str),
    /// The next word, unless it starts with a dash.
    Perhaps(&'static str),
}

/// Where the help lists an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Command,
    Service,
    OfService,
    OfServer,
    OfList,
    OfDaemon,
}

/// One option.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) opt: Opt,
    pub(crate) short: &'static str,
    pub(crate) long: &'static str,
    pub(crate) takes: Takes,
    pub(crate) part: Part,
    pub(crate) help: &'static str,
}

const fn row(
    opt: Opt,
    (short, long): (&'static str, &'static str),
    takes: Takes,
    part: Part,
    help: &'static str,
) -> Row {
    Row {
        opt,
        short,
        long,
        takes,
        part,
        help,
    }
}

use Opt as O;
use Part::{Command, OfDaemon, OfList, OfServer, OfService, Service};
use Takes::{Nothing, Perhaps, Value};

const PLACE: Takes = Value("HOST[:PORT]");

/// In the order of the help; `short` holds every letter of an option.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row(O::AddService, ("A", "add-service"), Nothing, Command, "add a virtual service"),
    row(O::EditService, ("E", "edit-service"), Nothing, Command, "change one; what is not said becomes the default"),
    row(O::DeleteService, ("D", "delete-service"), Nothing, Command, "delete one with its real servers"),
    row(O::Clear, ("C", "clear"), Nothing, Command, "delete the whole table"),
    row(O::Restore, ("R", "restore"), Nothing, Command, "do what standard input says, a command a line, in one batch"),
    row(O::Save, ("S", "save"), Nothing, Command, "print the table as -R reads it (-n: numbers, no names)"),
    row(O::AddServer, ("a", "add-server"), Nothing, Command, "add a real server"),
    row(O::EditServer, ("e", "edit-server"), Nothing, Command, "change one; what is not said becomes the default"),
    row(O::DeleteServer, ("d", "delete-server"), Nothing, Command, "delete one"),
    row(O::List, ("Ll", "list"), Nothing, Command, "list the table (the default), or one service"),
    row(O::Zero, ("Z", "zero"), Nothing, Command, "zero the counters, of one service or of all"),
    row(O::Set, ("", "set"), Nothing, Command, "TCP TCPFIN UDP: timeouts of connections, seconds; 0 keeps one"),
    row(O::StartDaemon, ("", "start-daemon"), Value("master|backup"), Command, "start telling connections to others, or learning them"),
    row(O::StopDaemon, ("", "stop-daemon"), Value("master|backup"), Command, "stop it"),
    row(O::Help, ("h", "help"), Nothing, Command, "this text"),
    row(O::Version, ("v", "version"), Nothing, Command, "the version"),

    row(O::TcpService, ("t", "tcp-service"), PLACE, Service, "by address, TCP; IPv6 as [ADDRESS]:PORT"),
    row(O::UdpService, ("u", "udp-service"), PLACE, Service, "by address, UDP"),
    row(O::SctpService, ("", "sctp-service"), PLACE, Service, "by address, SCTP"),
    row(O::FwmarkService, ("f", "fwmark-service"), Value("MARK"), Service, "by firewall mark, above 0"),
    row(O::Ipv6, ("6", "ipv6"), Nothing, Service, "after -f: the mark is of IPv6 packets"),

    row(O::Scheduler, ("s", "scheduler"), Value("NAME"), OfService, "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh ... (wlc)"),
    row(O::SchedFlags, ("b", "sched-flags"), Value("FLAGS"), OfService, "sh-fallback,sh-port mh-fallback,mh-port flag-1,flag-2,flag-3"),
    row(O::Persistent, ("p", "persistent"), Perhaps("SECONDS"), OfService, "clients keep their server, for so long (360)"),
    row(O::Netmask, ("M", "netmask"), Value("MASK"), OfService, "clients of one net count as one; a prefix length for IPv6"),
    row(O::Engine, ("", "pe"), Value("NAME"), OfService, "persistence engine: sip"),
    row(O::Ops, ("o", "ops"), Nothing, OfService, "each packet is scheduled by itself (UDP, marks)"),

    row(O::RealServer, ("r", "real-server"), PLACE, OfServer, "which; under -g and -i its port is the service's"),
    row(O::Gatewaying, ("g", "gatewaying"), Nothing, OfServer, "direct routing (the default)"),
    row(O::Ipip, ("i", "ipip"), Nothing, OfServer, "a tunnel"),
    row(O::Masquerading, ("m", "masquerading"), Nothing, OfServer, "NAT"),
    row(O::TunType, ("", "tun-type"), Value("ipip|gue|gre"), OfServer, "under -i (ipip)"),
    row(O::TunPort, ("", "tun-port"), Value("PORT"), OfServer, "of gue, which needs it"),
    row(O::TunNocsum, ("", "tun-nocsum"), Nothing, OfServer, "gue, gre: no checksum (the default)"),
    row(O::TunCsum, ("", "tun-csum"), Nothing, OfServer, "gue, gre: a checksum"),
    row(O::TunRemcsum, ("", "tun-remcsum"), Nothing, OfServer, "gue: remote checksum offload"),
    row(O::Weight, ("w", "weight"), Value("NUMBER"), OfServer, "its share (1); 0: no new connections"),
    row(O::Uthreshold, ("x", "u-threshold"), Value("NUMBER"), OfServer, "no new connections above so many (0: no limit)"),
    row(O::Lthreshold, ("y", "l-threshold"), Value("NUMBER"), OfServer, "new ones again below so many (0: three quarters of -x)"),

    row(O::Numeric, ("n", "numeric"), Nothing, OfList, "addresses and ports as numbers"),
    row(O::Connection, ("c", "connection"), Nothing, OfList, "connections"),
    row(O::Timeout, ("", "timeout"), Nothing, OfList, "timeouts of connections"),
    row(O::Daemon, ("", "daemon"), Nothing, OfList, "sync daemons"),
    row(O::Stats, ("", "stats"), Nothing, OfList, "counters"),
    row(O::Rate, ("", "rate"), Nothing, OfList, "rates, a second"),
    row(O::Thresholds, ("", "thresholds"), Nothing, OfList, "thresholds of real servers"),
    row(O::PersistentConn, ("", "persistent-conn"), Nothing, OfList, "persistent connections; with -c what the engine knows"),
    row(O::TunInfo, ("", "tun-info"), Nothing, OfList, "tunnels of real servers"),
    row(O::Exact, ("X", "exact"), Nothing, OfList, "counters to the last digit, not in K, M, G, T"),
    row(O::NoSort, ("", "nosort"), Nothing, OfList, "in the kernel's order"),
    row(O::Sort, ("", "sort"), Nothing, OfList, "by mark, protocol, address and port (the default)"),

    row(O::SyncId, ("", "syncid"), Value("0-255"), OfDaemon, "whose messages are ours (0: all)"),
    row(O::SyncMaxlen, ("", "sync-maxlen"), Value("BYTES"), OfDaemon, "payload of a message (by the interface's MTU)"),
    row(O::McastInterface, ("", "mcast-interface"), Value("NAME"), OfDaemon, "where (eth0)"),
    row(O::McastGroup, ("", "mcast-group"), Value("ADDRESS"), OfDaemon, "IPv4 or IPv6 (224.0.0.81)"),
    row(O::McastPort, ("", "mcast-port"), Value("PORT"), OfDaemon, "UDP port (8848)"),
    row(O::McastTtl, ("", "mcast-ttl"), Value("1-255"), OfDaemon, "TTL of messages (1)"),
];

impl Opt {
    /// Its row.
    pub(crate) fn row(self) -> &'static Row {
        static NONE: Row = row(O::Help, ("", ""), Nothing, Command, "");
        ROWS.iter().find(|row| row.opt == self).unwrap_or(&NONE)
    }

    /// True for what may stand first.
    pub(crate) fn is_command(self) -> bool {
        self.row().part == Command
    }

    /// What counts as one option when it is asked which a command takes: services, and forwarding
    /// methods. `None` for those that are taken everywhere.
    pub(crate) fn kind(self) -> Option<Self> {
        match self {
            O::UdpService | O::SctpService | O::FwmarkService => Some(O::TcpService),
            O::Ipip | O::Masquerading => Some(O::Gatewaying),
            O::Ipv6 | O::Sort => None,
            command if command.is_command() => None,
            other => Some(other),
        }
    }

    /// What errors call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            O::TcpService => "a service (-t, -u, --sctp-service or -f)",
            O::Gatewaying => "a forwarding method (-g, -i or -m)",
            other => other.row().long,
        }
    }
}

/// By a letter.
pub(crate) fn by_short(letter: char) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.short.contains(letter))
}

/// By a whole name: popt takes no beginnings.
pub(crate) fn by_long(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.long == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_option_has_one_row_and_names_of_its_own() {
        let options: BTreeSet<Opt> = ROWS.iter().map(|row| row.opt).collect();
        let names: BTreeSet<&str> = ROWS.iter().map(|row| row.long).collect();
        let letters: Vec<char> = ROWS.iter().flat_map(|row| row.short.chars()).collect();
        let once: BTreeSet<&char> = letters.iter().collect();
        assert_eq!(options.len(), ROWS.len());
        assert_eq!(names.len(), ROWS.len());
        assert_eq!(once.len(), letters.len());
        assert_eq!(options.len(), Opt::McastTtl as usize + 1);
    }
}
