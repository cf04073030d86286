//! What is wanted of a kernel service: all of it, or some of its rows.

use holdfast_model::ServiceKey;
use holdfast_plan::service::ServiceDomain;
use holdfast_plan::{Input, Want, amend};

/// What a service is to be. One real server that comes or goes costs what its row costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// All of it; `None`: not there.
    Whole(Option<Want<ServiceDomain>>),
    /// These rows; all else as it was wanted before.
    Rows(Want<ServiceDomain>),
}

impl Wish {
    /// What both come to.
    pub(super) fn then(self, later: Self) -> Self {
        match (self, later) {
            (_, whole @ Self::Whole(_)) => whole,
            (Self::Whole(None), Self::Rows(_)) => Self::Whole(None),
            (Self::Whole(Some(mut want)), Self::Rows(rows)) => {
                let _changed = amend(&mut want, rows);
                Self::Whole(Some(want))
            }
            (Self::Rows(mut rows), Self::Rows(later)) => {
                let _changed = amend(&mut rows, later);
                Self::Rows(rows)
            }
        }
    }

    /// How many rows it names; all that a service has count where all of it is to go.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Whole(Some(rows)) | Self::Rows(rows) => rows.len(),
            Self::Whole(None) => usize::MAX,
        }
    }

    /// For the reconciler.
    pub(super) fn input(self, key: ServiceKey, epoch: u64) -> Input<ServiceDomain> {
        match self {
            Self::Whole(want) => Input::Want { key, epoch, want },
            Self::Rows(rows) => Input::Amend { key, epoch, rows },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Protocol;
    use holdfast_plan::Desired;
    use holdfast_plan::service::{Row, RowId, Target};
    use std::net::Ipv4Addr;

    fn rows(rows: &[(u8, u32)]) -> Want<ServiceDomain> {
        let service = ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: Ipv4Addr::new(10, 0, 0, 1).into(),
            port: 80,
        };
        let row = |(number, weight): &(u8, u32)| Desired {
            id: RowId::destination(service, Ipv4Addr::new(10, 1, 0, *number).into(), 80),
            attr: Some(Row::Destination(Target {
                forwarding: None,
                weight: *weight,
                upper_threshold: 0,
                lower_threshold: 0,
            })),
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn what_waits_is_what_was_said_last_of_each_row() {
        let whole = |list: &[(u8, u32)]| Wish::Whole(Some(rows(list)));
        let some = |list: &[(u8, u32)]| Wish::Rows(rows(list));
        for (first, later, both) in [
            (some(&[(1, 1)]), some(&[(2, 1)]), some(&[(1, 1), (2, 1)])),
            (some(&[(1, 1)]), some(&[(1, 0)]), some(&[(1, 0)])),
            (
                whole(&[(1, 1), (2, 1)]),
                some(&[(2, 0)]),
                whole(&[(1, 1), (2, 0)]),
            ),
            (some(&[(1, 1)]), whole(&[(2, 1)]), whole(&[(2, 1)])),
            (some(&[(1, 1)]), Wish::Whole(None), Wish::Whole(None)),
            (Wish::Whole(None), some(&[(1, 1)]), Wish::Whole(None)),
        ] {
            assert_eq!(first.then(later), both);
        }
    }
}
