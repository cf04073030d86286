//! What is asked.

use holdfast_ipvs::{
    Destination, DestinationId, IpvsMessage, Service, ServiceId, SyncDaemon, Timeouts,
};

/// One command with everything it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `-A`.
    AddService(Service),
    /// `-E`.
    EditService(Service),
    /// `-D`.
    DeleteService(ServiceId),
    /// `-C`.
    Clear,
    /// `-a`.
    AddServer(ServiceId, Destination),
    /// `-e`.
    EditServer(ServiceId, Destination),
    /// `-d`.
    DeleteServer(ServiceId, DestinationId),
    /// `-Z`, of one service or of all.
    Zero(Option<ServiceId>),
    /// `--set`.
    SetTimeouts(Timeouts),
    /// `--start-daemon`.
    StartDaemon(SyncDaemon),
    /// `--stop-daemon`.
    StopDaemon(SyncDaemon),
    /// `-L`, `-l`.
    List(What, Format),
    /// `-S`.
    Save {
        /// `-n`.
        numeric: bool,
    },
    /// `-R`.
    Restore,
    /// `-h`.
    Help,
    /// `-v`.
    Version,
}

/// What `-L` lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The whole table.
    All,
    /// One service.
    Service(ServiceId),
    /// `-c`.
    Connections,
    /// `--timeout`.
    Timeouts,
    /// `--daemon`.
    Daemons,
}

/// How `-L` lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Format {
    /// `-n`.
    pub numeric: bool,
    /// `--stats`, which goes before the four below, as each before the next.
    pub stats: bool,
    /// `--rate`.
    pub rate: bool,
    /// `--thresholds`.
    pub thresholds: bool,
    /// `--persistent-conn`.
    pub persistent: bool,
    /// `--tun-info`.
    pub tunnel: bool,
    /// `--exact`.
    pub exact: bool,
    /// `--nosort`.
    pub unsorted: bool,
}

impl Command {
    /// The message that does it; none where the kernel is only asked, or nothing of it.
    pub fn message(&self) -> Option<IpvsMessage> {
        Some(match self {
            Self::AddService(service) => IpvsMessage::new_service(service),
            Self::EditService(service) => IpvsMessage::set_service(service),
            Self::DeleteService(id) => IpvsMessage::del_service(id),
            Self::Clear => IpvsMessage::flush(),
            Self::AddServer(id, server) => IpvsMessage::new_destination(id, server),
            Self::EditServer(id, server) => IpvsMessage::set_destination(id, server),
            Self::DeleteServer(id, server) => IpvsMessage::del_destination(id, server),
            Self::Zero(id) => IpvsMessage::zero(id.as_ref()),
            Self::SetTimeouts(timeouts) => IpvsMessage::set_config(timeouts),
            Self::StartDaemon(daemon) => IpvsMessage::new_daemon(daemon),
            Self::StopDaemon(daemon) => IpvsMessage::del_daemon(daemon),
            Self::List(..) | Self::Save { .. } | Self::Restore | Self::Help | Self::Version => {
                return None;
            }
        })
    }
}
