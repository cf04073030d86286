//! Our own commands, one row each. The help text and the shells' completions are made of these rows.

use super::table::Value::{Attached, Needed, No};
use super::table::{ALL_CONFIG, CONFIG_ID, Row, State::Works, row};

/// What a command takes besides its options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Nothing.
    Nothing,
    /// Names of files.
    Files,
    /// Names of what the running daemon has.
    Named,
    /// A keyword, or the code of a finding.
    Explained,
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// One command.
#[derive(Debug)]
pub(super) struct Subcommand {
    pub(super) name: &'static str,
    /// What follows it, as the help has it.
    pub(super) usage: &'static str,
    pub(super) help: &'static str,
    pub(super) words: Words,
    pub(super) options: &'static [Row],
}

const RUN_DIR: Row = row(
    None,
    "run-dir",
    Needed("DIR"),
    Works,
    "The daemon's run directory (/run/holdfast)",
);

const CHECK: &[Row] = &[
    row(
        None,
        "format",
        Needed("human|concise|json|sarif"),
        Works,
        "How findings are printed",
    ),
    row(None, "strict", No, Works, "Warnings count too: exit code 2"),
    row(
        None,
        "against-running",
        No,
        Works,
        "Also what a reload of the running daemon would refuse",
    ),
    RUN_DIR,
    row(
        Some('f'),
        "use-file",
        Needed("FILE"),
        Works,
        "A file, as with the daemon",
    ),
    CONFIG_ID,
    ALL_CONFIG,
];

const FMT: &[Row] = &[row(
    None,
    "check",
    No,
    Works,
    "Only name those that are not in good order",
)];

const CONFIG: &[Row] = &[
    row(None, "dump", Needed("json"), Works, "The form of it"),
    CONFIG_ID,
];

const VERBS: Words = Words::OneOf(&["start", "stop", "status"]);

const REALSERVER: &[Row] = &[
    row(
        None,
        "vip",
        Needed("ADDRESSES"),
        Works,
        "The VIPs, joined by commas",
    ),
    row(
        None,
        "tunnel",
        No,
        Works,
        "Packets come through a tunnel (lvs_method TUN)",
    ),
    row(
        None,
        "arptables",
        No,
        Works,
        "Silence about the VIPs by rules for ARP packets, not by settings",
    ),
    row(
        None,
        "nat",
        No,
        Works,
        "Answers go back through the director (lvs_method NAT), by --gateway",
    ),
    row(
        None,
        "gateway",
        Needed("ADDRESSES"),
        Works,
        "With --nat: the directors' addresses on this host's nets",
    ),
    RUN_DIR,
];

const DIRECTOR: &[Row] = &[
    row(
        None,
        "nat",
        Needed("NET"),
        Works,
        "The real servers' net, as 10.1.0.0/16: forward, masquerade",
    ),
    row(None, "dr", No, Works, "Direct routing: send no redirects"),
    RUN_DIR,
];

const STATUS: &[Row] = &[JSON, RUN_DIR];

const FOR: Row = row(
    None,
    "for",
    Needed("TIME"),
    Works,
    "So long only: 90s, 10m, 2h, 1d",
);

const JSON: Row = row(None, "json", No, Works, "For programs");

const DRAIN: &[Row] = &[
    FOR,
    row(
        None,
        "wait",
        Attached("TIME"),
        Works,
        "Until it has no active connections, or the time (5m) is over: exit code 1",
    ),
    JSON,
    RUN_DIR,
];

const TAKEOVER: &[Row] = &[
    row(
        None,
        "keepalived",
        Needed("PID"),
        Works,
        "Its process, where several run here",
    ),
    row(
        None,
        "dry-run",
        No,
        Works,
        "Only say whether it can be taken over",
    ),
    row(
        None,
        "force",
        No,
        Works,
        "Also when the files mean different things",
    ),
    row(
        None,
        "here",
        No,
        Works,
        "Be the daemon, with its options, also where systemd runs",
    ),
    row(
        Some('f'),
        "use-file",
        Needed("FILE"),
        Works,
        "Our file, as with the daemon",
    ),
    RUN_DIR,
];

const UPGRADE: &[Row] = &[
    row(
        None,
        "program",
        Needed("FILE"),
        Works,
        "Go on as this program instead of the one that is called",
    ),
    RUN_DIR,
];

const ORDER: &[Row] = &[FOR, JSON, RUN_DIR];

/// In the order of the help text.
pub(super) const COMMANDS: &[Subcommand] = &[
    Subcommand {
        name: "check",
        usage: "[FILE]...",
        help: "say what is wrong with files",
        words: Words::Files,
        options: CHECK,
    },
    Subcommand {
        name: "fmt",
        usage: "[--check] FILE...",
        help: "put files into good order",
        words: Words::Files,
        options: FMT,
    },
    Subcommand {
        name: "config",
        usage: "[FILE]",
        help: "print what a file means, as JSON",
        words: Words::Files,
        options: CONFIG,
    },
    Subcommand {
        name: "explain",
        usage: "WORD",
        help: "explain a keyword, or the code of a finding",
        words: Words::Explained,
        options: &[],
    },
    Subcommand {
        name: "completions",
        usage: "SHELL",
        help: "print what bash, zsh or fish completes command lines by",
        words: Words::OneOf(&["bash", "zsh", "fish"]),
        options: &[],
    },
    Subcommand {
        name: "status",
        usage: "[--json]",
        help: "say how the running daemon is: instances, virtual servers, processes",
        words: Words::Nothing,
        options: STATUS,
    },
    Subcommand {
        name: "why",
        usage: "INSTANCE",
        help: "say why a VRRP instance is in its state, and what would change that",
        words: Words::Named,
        options: STATUS,
    },
    Subcommand {
        name: "drain",
        usage: "VIP:PORT RIP:PORT",
        help: "no new connections for a real server (weight 0)",
        words: Words::Named,
        options: DRAIN,
    },
    Subcommand {
        name: "disable",
        usage: "VIP:PORT RIP:PORT",
        help: "keep a real server away, whatever its checks say",
        words: Words::Named,
        options: ORDER,
    },
    Subcommand {
        name: "weight",
        usage: "VIP:PORT RIP:PORT N",
        help: "give a real server another weight",
        words: Words::Named,
        options: ORDER,
    },
    Subcommand {
        name: "enable",
        usage: "VIP:PORT RIP:PORT",
        help: "take back drain, disable, weight and what ipvsadm changed",
        words: Words::Named,
        options: STATUS,
    },
    Subcommand {
        name: "doctor",
        usage: "[FILE]",
        help: "say what on this host is not as the file needs it: 1 risks, 2 broken",
        words: Words::Files,
        options: &[JSON],
    },
    Subcommand {
        name: "realserver",
        usage: "start|stop|status",
        help: "make this host a real server (VIPs, ARP), and take it back",
        words: VERBS,
        options: REALSERVER,
    },
    Subcommand {
        name: "director",
        usage: "start|stop|status",
        help: "make this host a director (forwarding, redirects), and take it back",
        words: VERBS,
        options: DIRECTOR,
    },
    Subcommand {
        name: "ipvsadm",
        usage: "...",
        help: "see and change the IPVS table, as ipvsadm 1.31 does",
        words: Words::Nothing,
        options: &[],
    },
    Subcommand {
        name: "takeover",
        usage: "[DAEMON OPTION]...",
        help: "go on where a running keepalived is, with its VIPs and its table",
        words: Words::Nothing,
        options: TAKEOVER,
    },
    Subcommand {
        name: "handback",
        usage: "",
        help: "hand over to the peer, then end and leave nothing behind",
        words: Words::Nothing,
        options: &[RUN_DIR],
    },
    Subcommand {
        name: "upgrade",
        usage: "[--program FILE]",
        help: "let the running daemon go on as this version, without a hand-over",
        words: Words::Nothing,
        options: UPGRADE,
    },
    Subcommand {
        name: "release",
        usage: "[--run-dir DIR]",
        help: "give back the VIPs of a daemon that was killed",
        words: Words::Nothing,
        options: &[RUN_DIR],
    },
];

#[cfg(test)]
mod tests {
    use super::super::{UsageError, parse};
    use super::*;
    use std::ffi::OsString;

    #[test]
    fn every_option_of_the_table_is_understood() {
        for command in COMMANDS {
            let word = match command.words {
                Words::Nothing => None,
                Words::Files | Words::Explained | Words::Named => Some("quorum"),
                Words::OneOf(words) => words.first().copied(),
            };
            for option in command.options {
                let value = match option.value {
                    No => String::new(),
                    Needed(name) | Attached(name) => {
                        format!(
                            "={}",
                            if name == "PID" {
                                "7"
                            } else {
                                name.split('|').next().unwrap_or(name)
                            }
                        )
                    }
                };
                let long = format!("--{}{value}", option.long);
                let words = [Some(command.name), Some(&long), word]
                    .into_iter()
                    .flatten();
                let parsed = parse(words.map(OsString::from).collect());
                assert!(parsed.is_ok(), "{} {long}: {parsed:?}", command.name);
            }
            let words = [Some(command.name), word].into_iter().flatten();
            let parsed = parse(words.map(OsString::from).collect());
            assert!(parsed.is_ok(), "{}: {parsed:?}", command.name);
        }
        let parsed = parse(vec!["completions".into(), "csh".into()]);
        assert!(matches!(parsed, Err(UsageError::Words(_))));
    }
}
