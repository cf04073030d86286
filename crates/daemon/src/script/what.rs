//! The words of notices.

/// What is told, in keepalived's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
