//! Who wins: pure comparisons of one advert with ourselves (RFC 3768 s6.4.2, s6.4.3).

use core::net::IpAddr;
use holdfast_model::Priority;

/// What an advert means to a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BackupVerdict {
    /// Priority 0: the master resigned.
    Resigned,
    /// As good as we are, or better.
    Follow,
    /// Worse than we are, and we may not preempt.
    Tolerate,
    /// Worse than we are.
    Preempt,
}

/// Judges an advert of priority `theirs` for a backup of priority `ours`.
pub(crate) fn for_backup(ours: Priority, preempt: bool, theirs: u8) -> BackupVerdict {
    match theirs {
        0 => BackupVerdict::Resigned,
        theirs if theirs >= ours.get() => BackupVerdict::Follow,
        _ if preempt => BackupVerdict::Preempt,
        _ => BackupVerdict::Tolerate,
    }
}

/// What an advert means to a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MasterVerdict {
    /// Priority 0: another master resigned.
    Resigned,
    /// Better by priority.
    YieldToPriority,
    /// Equal, from a higher address.
    YieldToAddress,
    /// Worse.
    Insist,
}

/// Judges an advert for a master. Addresses are compared as numbers in network order.
pub(crate) fn for_master(
    ours: Priority,
    own_address: Option<IpAddr>,
    theirs: u8,
    source: IpAddr,
) -> MasterVerdict {
    let ours = ours.get();
    if theirs == 0 {
        MasterVerdict::Resigned
    } else if theirs > ours {
        MasterVerdict::YieldToPriority
    } else if theirs == ours && own_address.is_none_or(|own| source > own) {
        MasterVerdict::YieldToAddress
    } else {
        MasterVerdict::Insist
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backup_rows() {
        use BackupVerdict::{Follow, Preempt, Resigned, Tolerate};
        for (ours, preempt, theirs, verdict) in [
            (100, true, 0, Resigned),
            (100, false, 0, Resigned),
            (100, true, 100, Follow),
            (100, true, 255, Follow),
            (100, true, 99, Preempt),
            (100, false, 1, Tolerate),
            (1, true, 1, Follow),
            (255, true, 254, Preempt),
        ] {
            let ours = Priority::new(ours).unwrap();
            assert_eq!(for_backup(ours, preempt, theirs), verdict);
        }
    }

    #[test]
    fn master_rows() {
        use MasterVerdict::{Insist, Resigned, YieldToAddress, YieldToPriority};
        let own = IpAddr::from([10, 0, 0, 9]);
        for (theirs, last_octet, verdict) in [
            (0, 1, Resigned),
            (101, 1, YieldToPriority),
            (100, 10, YieldToAddress),
            // As numbers, not as text: 10 is more than 9, 200 more than 9.
            (100, 200, YieldToAddress),
            (100, 8, Insist),
            // Not better than itself.
            (100, 9, Insist),
            (99, 200, Insist),
        ] {
            let source = IpAddr::from([10, 0, 0, last_octet]);
            let ours = Priority::new(100).unwrap();
            assert_eq!(for_master(ours, Some(own), theirs, source), verdict);
        }
    }
}
