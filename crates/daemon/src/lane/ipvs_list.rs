//! The list of rows that are ours, and its file: what a successor may remove. It is written when rows have come or
//! gone, at most once a second, and a piece a turn of the lane: whoever wants a row changed does not wait for
//! a hundred thousand.

use super::ipvs_frame::Frame;
use crate::state::{HeldRow, Pieces, Rows, RowsHead, StateFile};
use holdfast_model::{Mono, ServiceKey};
use holdfast_plan::service::{RowId, ServiceDomain};
use holdfast_plan::{Origin, Reconciler};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is written, at most.
const EVERY: Duration = Duration::from_secs(1);
/// A table that does not come to rest is written down all the same after this.
const UNSETTLED: Duration = Duration::from_secs(5);
/// Rows that are written in one turn, about.
const PIECE: usize = 2_000;
/// What the log calls it.
const WHAT: &str = "the list of IPVS rows";

/// The file, and what stands in it.
#[derive(Debug)]
pub(super) struct OwnRows {
    file: StateFile,
    /// Rows came or went since it was begun.
    changed: bool,
    next: Mono,
    underway: Option<Pieces<ServiceKey>>,
}

impl OwnRows {
    pub(super) const fn new(file: StateFile) -> Self {
        Self {
            file,
            changed: false,
            next: Mono::ZERO,
            underway: None,
        }
    }

    /// Rows may have come or gone.
    pub(super) const fn changed(&mut self) {
        self.changed = true;
    }

    /// When there is something to write.
    pub(super) fn deadline(&self, settled: bool) -> Option<Mono> {
        let wait = if settled { Duration::ZERO } else { UNSETTLED };
        match self.underway {
            Some(_) => Some(Mono::ZERO),
            None => self.changed.then(|| self.next + wait),
        }
    }

    /// Begins or goes on when it is time to. Half a table is worth no list: what is missing in it the
    /// configuration knows.
    pub(super) fn look(
        &mut self,
        now: Mono,
        reconciler: &Reconciler<ServiceDomain>,
        frame: &Frame,
    ) {
        let due = self.deadline(reconciler.is_quiet());
        if due.is_some_and(|due| due <= now) {
            self.further(now, reconciler, frame, PIECE);
        }
    }

    /// Writes all of it now.
    pub(super) fn whole(
        &mut self,
        now: Mono,
        reconciler: &Reconciler<ServiceDomain>,
        frame: &Frame,
    ) {
        self.underway = None;
        self.further(now, reconciler, frame, usize::MAX);
    }

    /// Nothing is ours any more.
    pub(super) fn remove(&mut self) {
        self.underway = None;
        self.file.remove();
    }

    fn further(
        &mut self,
        now: Mono,
        reconciler: &Reconciler<ServiceDomain>,
        frame: &Frame,
        room: usize,
    ) {
        let underway = match self.underway.take() {
            Some(underway) => Ok(underway),
            None => {
                (self.changed, self.next) = (false, now + EVERY);
                let count = reconciler.ours_after(None).count();
                Pieces::begin(&self.file, &(head(frame), count), count)
            }
        };
        let further = |underway: Pieces<ServiceKey>| {
            let last = underway.last();
            let entries = reconciler.ours_after(last.as_ref());
            let entries = entries.map(|(key, ours)| (*key, ours.len(), (key, held(ours))));
            underway.further(entries, room)
        };
        match underway.and_then(further) {
            Ok(Some(underway)) => self.underway = Some(underway),
            Ok(None) => _ = self.file.is_kept(&Ok(()), WHAT),
            // no room for both, or other services than were counted
            Err(_) => self.changed |= !self.file.keep(&rows(reconciler, frame), WHAT),
        }
    }
}

fn head(frame: &Frame) -> RowsHead {
    RowsHead {
        timeouts: frame.found,
        conntrack: frame.lending.was,
        namespace: frame.settings().namespace.clone(),
    }
}

fn rows(reconciler: &Reconciler<ServiceDomain>, frame: &Frame) -> Rows {
    let services = reconciler.ours_after(None);
    Rows {
        head: head(frame),
        services: services.map(|(key, ours)| (*key, held(ours))).collect(),
    }
}

fn held(ours: &BTreeMap<RowId, Origin>) -> Vec<HeldRow> {
    let rows = ours.iter().map(|(id, origin)| HeldRow {
        destination: id.destination.map(|row| (row.address, row.port)),
        found: *origin == Origin::Found,
    });
    rows.collect()
}

/// What an earlier worker has left.
pub(super) fn resumed(services: Vec<(ServiceKey, Vec<HeldRow>)>) -> Reconciler<ServiceDomain> {
    let snapshot = services.into_iter().map(|(service, rows)| {
        let rows = rows.into_iter().map(|row| {
            let id = match row.destination {
                None => RowId::service(service),
                Some((address, port)) => RowId::destination(service, address, port),
            };
            let origin = if row.found {
                Origin::Found
            } else {
                Origin::Made
            };
            (id, origin)
        });
        (service, rows.collect())
    });
    Reconciler::resume(snapshot.collect())
}

#[cfg(test)]
mod tests {
    use super::super::lent::Lending;
    use super::super::marks::Marks;
    use super::*;
    use holdfast_model::Protocol;

    const SERVICES: u16 = 30;
    const ROWS: u16 = 400;

    fn table() -> Reconciler<ServiceDomain> {
        let services = (1..=SERVICES).map(|port| {
            let key = ServiceKey::Address {
                protocol: Protocol::Tcp,
                address: [192, 0, 2, 20].into(),
                port,
            };
            let row = |port| HeldRow {
                destination: Some(([192, 0, 2, 1].into(), port)),
                found: port % 2 == 0,
            };
            (key, (1..=ROWS).map(row).collect())
        });
        resumed(services.collect())
    }

    #[test]
    fn a_long_list_is_written_a_piece_a_turn() {
        let folder = tempfile::tempdir().expect("folder");
        let file = StateFile::lvs(folder.path());
        let frame = Frame::resumed(
            Some((1, 2, 3)),
            Lending::resumed(String::new(), Some(0)),
            Marks::resumed(String::new()),
        );
        let table = table();
        let mut list = OwnRows::new(file.clone());
        let time = Mono::ZERO + UNSETTLED;
        assert_eq!(list.deadline(true), None);
        list.changed();
        let mut turns = 0;
        while list.deadline(true).is_some_and(|due| due <= time) {
            assert_eq!(file.read::<Rows>(), None, "half a list is none");
            list.look(time, &table, &frame);
            turns += 1;
        }
        assert_eq!(turns, usize::from(SERVICES * ROWS) / PIECE);
        assert_eq!(file.read(), Some(rows(&table, &frame)));
        // what happens meanwhile is written a second later
        list.changed();
        assert_eq!(list.deadline(true), Some(time + EVERY));
        assert_eq!(list.deadline(false), Some(time + EVERY + UNSETTLED));
        // services that went while it was underway
        let later = time + EVERY + UNSETTLED;
        list.look(later, &table, &frame);
        assert_eq!(list.deadline(true), Some(Mono::ZERO), "there is more");
        list.look(later, &resumed(Vec::new()), &frame);
        assert_eq!(file.read::<Rows>().map(|rows| rows.services), Some(vec![]));
    }
}
