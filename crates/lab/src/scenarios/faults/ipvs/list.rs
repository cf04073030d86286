//! The faults, as those of a pair.

use super::super::figure::{Bound, Figure};
use super::super::list::{SILENCE, figure, plain};
use super::super::{Act, Fault, Runs};
use super::bed::Table;
use super::{drift, hung, refused};
use std::time::Duration;

const D: Duration = Duration::from_millis(100);

const fn within(what: &'static str, seconds: u64) -> Figure {
    let time = Duration::from_secs(seconds).saturating_add(D);
    figure(what, Bound::Within(time))
}

const BACK: Figure = within("the table is whole after", 1);
const CHANGED: Figure = figure("rows changed", Bound::Count(0));
const SAID: Figure = figure("log lines about it", Bound::Once);
const UNENDED: Figure = figure("servers whose check did not end", Bound::Count(0));

/// All of them.
pub(in super::super) static LIST: &[Fault] = &[
    Fault {
        figures: &[BACK, SILENCE],
        act: Act::Table(Table::Static, drift::service),
        ..plain(21, "service_deleted", "`ipvsadm -D` of a virtual server")
    },
    Fault {
        figures: &[BACK, SILENCE],
        act: Act::Table(Table::Static, drift::table),
        ..plain(21, "table_emptied", "`ipvsadm -C`")
    },
    Fault {
        figures: &[BACK, SILENCE],
        act: Act::Table(Table::Repair, drift::server),
        ..plain(
            21,
            "server_deleted",
            "`ipvsadm -d` of a real server; `ipvs_drift repair`",
        )
    },
    Fault {
        figures: &[CHANGED, SILENCE],
        act: Act::Table(Table::Static, drift::maintenance),
        ..plain(
            21,
            "server_taken_out",
            "the same with `ipvs_drift operator`: it stays out for 3 A",
        )
    },
    Fault {
        figures: &[CHANGED, SAID, SILENCE],
        act: Act::Table(Table::Static, drift::foreign),
        ..plain(
            22,
            "foreign_service",
            "`ipvsadm -A` and `-a` of a service that is not ours; a reload",
        )
    },
    Fault {
        figures: &[
            within("the kernel takes it: it is there after", 2),
            CHANGED,
            SAID,
            SILENCE,
        ],
        act: Act::Table(Table::Static, refused::invalid),
        ..plain(
            23,
            "refused",
            "a reload adds a real server that the kernel refuses (EINVAL) for 3 to 6 A",
        )
    },
    Fault {
        figures: &[within("the new weight is there after", 1), SILENCE],
        act: Act::Table(Table::Static, refused::gone),
        ..plain(
            23,
            "changed_when_gone",
            "`ipvsadm -d` of a real server while a reload changes its weight (ENOENT)",
        )
    },
    Fault {
        figures: &[within("its weight is the file's after", 1), SILENCE],
        act: Act::Table(Table::Static, refused::exists),
        ..plain(
            23,
            "added_when_there",
            "`ipvsadm -a` of a real server while a reload adds it (EEXIST)",
        )
    },
    Fault {
        figures: &[
            within("a check lasts", hung::TIMEOUT.as_secs()),
            UNENDED,
            SILENCE,
        ],
        act: Act::Table(Table::Hung, hung::silent),
        ..plain(
            37,
            "hung_servers",
            "1,000 servers take the connection of HTTP_GET and say nothing, or reset it; timeout 2 s",
        )
    },
    Fault {
        runs: Runs::Long,
        figures: &[
            within("a check lasts", hung::WHOLE.as_secs()),
            UNENDED,
            SILENCE,
        ],
        act: Act::Table(Table::Dripping, hung::dripping),
        ..plain(
            37,
            "dripping_servers",
            "250 servers answer HTTP_GET a byte a second; timeout 2 s, 30 s for the whole",
        )
    },
];
