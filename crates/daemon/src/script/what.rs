//! The words of notices.

use holdfast_model::State;
use serde::{Deserialize, Serialize};

/// What is told, in keepalived's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    Master,
    Backup,
    Fault,
    Stop,
    Deleted,
    LowerPriority,
    MasterPriority,
    BackupPriority,
}

impl What {
    /// The word for having come to a state.
    pub(super) const fn of_state(state: State) -> Option<Self> {
        match state {
            State::Init => None,
            State::Backup => Some(Self::Backup),
            State::Master => Some(Self::Master),
            State::Fault => Some(Self::Fault),
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
            Self::Deleted => "DELETED",
            Self::LowerPriority => "MASTER_RX_LOWER_PRI",
            Self::MasterPriority => "MASTER_PRIORITY",
            Self::BackupPriority => "BACKUP_PRIORITY",
        }
    }
}
