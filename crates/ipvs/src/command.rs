//! IPVS_CMD_*.

/// What a message asks or tells. Replies reuse the writing commands: GET_SERVICE is answered by
/// NEW_SERVICE, GET_DEST by NEW_DEST, GET_INFO by SET_INFO, GET_CONFIG by SET_CONFIG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum IpvsCommand {
    /// Add a service; EEXIST when it stands.
    NewService = 1,
    /// Change a service in place; ESRCH when there is none.
    SetService = 2,
    /// Delete a service with its destinations; ESRCH when there is none.
    DelService = 3,
    /// One service, or with NLM_F_DUMP all.
    GetService = 4,
    /// Add a destination; EEXIST when it stands, ESRCH without its service.
    NewDestination = 5,
    /// Change a destination in place; ENOENT when there is none.
    SetDestination = 6,
    /// Delete a destination; ENOENT when there is none.
    DelDestination = 7,
    /// Destinations of the service in the request; dump only.
    GetDestination = 8,
    /// Start a sync daemon.
    NewDaemon = 9,
    /// Stop a sync daemon.
    DelDaemon = 10,
    /// Sync daemons; dump only.
    GetDaemon = 11,
    /// Set timeouts.
    SetConfig = 12,
    /// Ask for timeouts.
    GetConfig = 13,
    /// The answer to GET_INFO only.
    SetInfo = 14,
    /// Ask for version and size of the connection table.
    GetInfo = 15,
    /// Zero counters, of one service or of all.
    Zero = 16,
    /// Delete every service, foreign ones too.
    Flush = 17,
}

impl IpvsCommand {
    /// Every command.
    pub const ALL: [Self; 17] = [
        Self::NewService,
        Self::SetService,
        Self::DelService,
        Self::GetService,
        Self::NewDestination,
        Self::SetDestination,
        Self::DelDestination,
        Self::GetDestination,
        Self::NewDaemon,
        Self::DelDaemon,
        Self::GetDaemon,
        Self::SetConfig,
        Self::GetConfig,
        Self::SetInfo,
        Self::GetInfo,
        Self::Zero,
        Self::Flush,
    ];

    /// The number in the generic-netlink header.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// From that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|command| command.number() == number)
    }
}
