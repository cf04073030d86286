//! The faults of a pair. Numbers are those of docs/faults.md.

use super::act::{drift, link, process, reload, want};
use super::bed::Setup;
use super::figure::{Bound, Figure};
use super::{Act, Fault, Runs};
use std::time::Duration;

pub(super) const fn figure(what: &'static str, bound: Bound) -> Figure {
    Figure { what, bound }
}

pub(super) const fn plain(number: u8, name: &'static str, what: &'static str) -> Fault {
    Fault {
        number,
        name,
        what,
        setup: Setup::Plain,
        runs: Runs::Always,
        figures: &[],
        act: Act::Pair(|_| Ok(Vec::new())),
    }
}

const OUTAGE: Figure = figure("client without an answer", Bound::Down);
const NOT_BOTH: Figure = figure("both answer", Bound::Within(Duration::ZERO));
const GIVES_UP: Figure = figure("it gives the VIP up after", Bound::AtOnce);
const LOST: Figure = figure("pings lost", Bound::Count(0));
const RESIGNED: Figure = figure("adverts of priority 0", Bound::Count(0));
pub(super) const MOVES: Figure = figure("moves of the VIP", Bound::Count(0));
const OTHERS: Figure = figure("moves of the VIP at its peer", Bound::Count(0));
const AFTERWARDS: Figure = figure("client without an answer then", Bound::AtOnce);
pub(super) const SILENCE: Figure = figure("between two adverts", Bound::Advert);
const BACK: Figure = figure("back after", Bound::AtOnce);

/// Of a link that goes and comes back.
const AWAY: &[Figure] = &[
    OUTAGE,
    GIVES_UP,
    figure("master again after", Bound::DownAgain),
];
const UNNOTICED: &[Figure] = &[LOST, RESIGNED, MOVES];
const REFUSED: &[Figure] = &[LOST, RESIGNED, MOVES, NOT_BOTH];

/// All of them.
pub(super) static PAIR: &[Fault] = &[
    Fault {
        figures: &[
            figure("client without an answer", Bound::Skew),
            figure("priority 0 after", Bound::AtOnce),
            NOT_BOTH,
            figure("things left behind", Bound::Count(0)),
        ],
        act: Act::Pair(process::sigterm),
        ..plain(1, "sigterm", "SIGTERM")
    },
    Fault {
        figures: &[
            OUTAGE,
            figure(
                "its VIP is gone after",
                Bound::Within(Duration::from_millis(200)),
            ),
            NOT_BOTH,
        ],
        act: Act::Pair(process::kill9),
        ..plain(2, "kill9", "kill -9 of everything; ExecStopPost")
    },
    Fault {
        setup: Setup::Lease,
        figures: &[OUTAGE, NOT_BOTH],
        act: Act::Pair(process::kill9_alone),
        ..plain(
            2,
            "kill9_alone",
            "kill -9 of everything, no ExecStopPost; `vip_lease`",
        )
    },
    Fault {
        figures: &[
            LOST,
            figure(
                "its successor speaks after",
                Bound::Within(Duration::from_millis(200)),
            ),
            MOVES,
            RESIGNED,
        ],
        act: Act::Pair(process::vrrp_crash),
        ..plain(3, "vrrp_crash", "kill -9 of the VRRP process")
    },
    Fault {
        figures: &[figure("it speaks after", Bound::AtOnce), MOVES, RESIGNED],
        act: Act::Pair(process::pause_short),
        ..plain(4, "pause_short", "SIGSTOP of everything for 1.5 A")
    },
    Fault {
        figures: &[
            figure("its peer answers after", Bound::Down),
            figure("back, one holder after", Bound::AtOnce),
            figure("both answer then", Bound::AtOnce),
        ],
        act: Act::Pair(process::pause_long),
        ..plain(4, "pause_long", "SIGSTOP of everything for 10 A")
    },
    Fault {
        setup: Setup::Lease,
        figures: &[OUTAGE, NOT_BOTH],
        act: Act::Pair(process::pause_leased),
        ..plain(
            4,
            "pause_leased",
            "SIGSTOP of everything for 10 A; `vip_lease`",
        )
    },
    Fault {
        setup: Setup::Lease,
        runs: Runs::Full,
        figures: &[
            figure("its peer answers after", Bound::Down),
            figure("back, it gives the VIP up after", Bound::AtOnce),
            NOT_BOTH,
            figure("moves of the VIP at its peer", Bound::Once),
        ],
        act: Act::Pair(process::ten_minutes),
        ..plain(
            4,
            "pause_ten_minutes",
            "SIGSTOP of everything for 600 s; `vip_lease`",
        )
    },
    Fault {
        figures: &[
            OUTAGE,
            figure("back, one holder after", Bound::AtOnce),
            AFTERWARDS,
        ],
        act: Act::Pair(process::frozen),
        ..plain(5, "frozen", "the whole host stands still for 10 A")
    },
    Fault {
        figures: AWAY,
        act: Act::Pair(link::cable),
        ..plain(6, "cable", "its cable is cut, and mended")
    },
    Fault {
        figures: AWAY,
        act: Act::Pair(link::down),
        ..plain(7, "link_down", "`ip link set eth0 down`, and up")
    },
    Fault {
        figures: &[
            figure("master again after", Bound::DownAgain),
            figure("moves of the VIP", Bound::Count(4)),
        ],
        act: Act::Pair(link::flapping),
        ..plain(
            8,
            "flapping",
            "its cable is cut and mended 100 times, each in 50 ms",
        )
    },
    Fault {
        figures: &[MOVES, RESIGNED],
        act: Act::Pair(link::partition_short),
        ..plain(
            11,
            "partition_short",
            "nothing passes its switch port for 1.5 A",
        )
    },
    Fault {
        figures: &[
            OUTAGE,
            figure("healed, one holder after", Bound::Advert),
            figure("both answer then", Bound::Advert),
            AFTERWARDS,
        ],
        act: Act::Pair(link::partition_long),
        ..plain(
            11,
            "partition_long",
            "nothing passes its switch port for 10 A",
        )
    },
    Fault {
        runs: Runs::Long,
        figures: &[
            figure("back after", Bound::Within(Duration::from_millis(1_100))),
            OTHERS,
        ],
        act: Act::Pair(drift::overrun),
        ..plain(
            16,
            "overrun",
            "10,000 changes of addresses while its VRRP process stands still, its VIP deleted",
        )
    },
    Fault {
        figures: &[
            figure("client without an answer", Bound::AtOnce),
            RESIGNED,
            OTHERS,
        ],
        act: Act::Pair(drift::vip),
        ..plain(17, "vip_deleted", "its VIP is deleted")
    },
    Fault {
        figures: AWAY,
        act: Act::Pair(link::primary),
        ..plain(
            18,
            "primary_deleted",
            "its own address is deleted, and put back",
        )
    },
    Fault {
        figures: AWAY,
        act: Act::Pair(link::flushed),
        ..plain(
            19,
            "flushed",
            "all addresses of its link are flushed, its own is put back",
        )
    },
    Fault {
        figures: &[BACK, OTHERS],
        act: Act::Pair(drift::route),
        ..plain(20, "route_deleted", "its route is deleted")
    },
    Fault {
        figures: &[BACK, OTHERS],
        act: Act::Pair(drift::rule),
        ..plain(20, "rule_deleted", "its rule is deleted")
    },
    Fault {
        figures: AWAY,
        act: Act::Pair(link::renamed),
        ..plain(25, "renamed", "its interface is renamed, and renamed back")
    },
    Fault {
        figures: AWAY,
        act: Act::Pair(link::made_anew),
        ..plain(
            26,
            "made_anew",
            "its interface is deleted, and another one made",
        )
    },
    Fault {
        setup: Setup::Vmac,
        figures: &[
            figure(
                "client without an answer",
                Bound::Within(Duration::from_millis(500)),
            ),
            OTHERS,
        ],
        act: Act::Pair(drift::vmac),
        ..plain(27, "vmac_deleted", "the interface of `use_vmac` is deleted")
    },
    Fault {
        figures: &[SILENCE, MOVES],
        act: Act::Pair(link::narrow),
        ..plain(28, "mtu", "MTU 68 for 3 A, and 1500 again")
    },
    Fault {
        figures: &[SILENCE, MOVES],
        act: Act::Pair(reload::unread),
        ..plain(35, "log_unread", "nobody reads its log; 50 SIGHUPs in 5 s")
    },
    Fault {
        setup: Setup::SmallDisk,
        figures: &[SILENCE, MOVES],
        act: Act::Pair(want::disk),
        ..plain(
            35,
            "disk_full",
            "its run directory's disk is full; 10 SIGHUPs",
        )
    },
    Fault {
        setup: Setup::Scripts,
        figures: &[SILENCE, MOVES, figure("their processes", Bound::Count(100))],
        act: Act::Pair(want::scripts),
        ..plain(36, "scripts", "scripts hang, fork and scream for 5 A")
    },
    Fault {
        figures: UNNOTICED,
        act: Act::Pair(reload::reloads),
        ..plain(38, "reloads", "50 SIGHUPs in 5 s")
    },
    Fault {
        figures: REFUSED,
        act: Act::Pair(reload::cut_off),
        ..plain(
            39,
            "file_cut_off",
            "a reload of a file that ends anywhere in the instance",
        )
    },
    Fault {
        figures: REFUSED,
        act: Act::Pair(reload::no_interface),
        ..plain(
            39,
            "no_interface",
            "a reload of a file that names an interface which is not there",
        )
    },
    Fault {
        setup: Setup::Realtime,
        runs: Runs::Alone,
        figures: &[SILENCE, MOVES],
        act: Act::Pair(want::processors),
        ..plain(42, "busy", "64 endless loops for 5 A; `vrrp_rt_priority`")
    },
    Fault {
        runs: Runs::Alone,
        figures: &[SILENCE, MOVES],
        act: Act::Pair(want::processors),
        ..plain(42, "busy_usual", "the same without `vrrp_rt_priority`")
    },
    Fault {
        setup: Setup::Realtime,
        figures: &[SILENCE, MOVES],
        act: Act::Pair(want::share_with_loops),
        ..plain(
            42,
            "share_realtime",
            "it and 64 endless loops have 1 % of a processor together for 5 A; `vrrp_rt_priority`",
        )
    },
    Fault {
        figures: &[SILENCE, MOVES],
        act: Act::Pair(want::share),
        ..plain(
            42,
            "share_usual",
            "it has 1 % of a processor for 5 A, no `vrrp_rt_priority`",
        )
    },
];
