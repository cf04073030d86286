//! A whole message: command and first-level attributes.

use crate::command::IpvsCommand;
use crate::daemon::{DaemonAttribute, SyncDaemon};
use crate::destination::{Destination, DestinationAttribute, DestinationId};
use crate::info::{Info, InfoAttribute};
use crate::service::{Service, ServiceAttribute, ServiceId};
use crate::timeout::Timeouts;
use crate::wire::{IncompleteError, parse_all};
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLA_F_NESTED, Nla, NlaBuffer, NlasIterator, Parseable,
    ParseableParametrized, emit_u32, parse_u32,
};
use netlink_packet_generic::{GenlFamily, GenlHeader};

/// IPVS_CMD_ATTR_*, or IPVS_INFO_ATTR_* under SET_INFO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IpvsAttribute {
    /// A service.
    Service(Vec<ServiceAttribute>),
    /// A destination.
    Destination(Vec<DestinationAttribute>),
    /// Seconds.
    TimeoutTcp(u32),
    /// Seconds.
    TimeoutTcpFin(u32),
    /// Seconds.
    TimeoutUdp(u32),
    /// Under SET_INFO only.
    Info(InfoAttribute),
    /// A sync daemon.
    Daemon(Vec<DaemonAttribute>),
    /// What later kernels add.
    Other(DefaultNla),
}

impl Nla for IpvsAttribute {
    fn value_len(&self) -> usize {
        match self {
            Self::Service(attributes) => attributes.as_slice().buffer_len(),
            Self::Destination(attributes) => attributes.as_slice().buffer_len(),
            Self::Daemon(attributes) => attributes.as_slice().buffer_len(),
            Self::TimeoutTcp(_) | Self::TimeoutTcpFin(_) | Self::TimeoutUdp(_) => 4,
            Self::Info(info) => info.value_len(),
            Self::Other(other) => other.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Service(_) => 1 | NLA_F_NESTED,
            Self::Destination(_) => 2 | NLA_F_NESTED,
            Self::Daemon(_) => 3 | NLA_F_NESTED,
            Self::TimeoutTcp(_) => 4,
            Self::TimeoutTcpFin(_) => 5,
            Self::TimeoutUdp(_) => 6,
            Self::Info(info) => info.kind(),
            Self::Other(other) => other.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        match self {
            Self::Service(attributes) => attributes.as_slice().emit(buffer),
            Self::Destination(attributes) => attributes.as_slice().emit(buffer),
            Self::Daemon(attributes) => attributes.as_slice().emit(buffer),
            Self::TimeoutTcp(value) | Self::TimeoutTcpFin(value) | Self::TimeoutUdp(value) => {
                emit_u32(buffer, *value).unwrap_or_default();
            }
            Self::Info(info) => info.emit_value(buffer),
            Self::Other(other) => other.emit_value(buffer),
        }
    }
}

impl IpvsAttribute {
    fn parse(command: IpvsCommand, nla: &NlaBuffer<&[u8]>) -> Result<Self, DecodeError> {
        if command == IpvsCommand::SetInfo {
            return InfoAttribute::parse(nla).map(Self::Info);
        }
        let value = nla.value();
        Ok(match nla.kind() {
            1 => Self::Service(parse_all(value)?),
            2 => Self::Destination(parse_all(value)?),
            3 => Self::Daemon(parse_all(value)?),
            4 => Self::TimeoutTcp(parse_u32(value)?),
            5 => Self::TimeoutTcpFin(parse_u32(value)?),
            6 => Self::TimeoutUdp(parse_u32(value)?),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}

/// A message of the IPVS family, without netlink and generic-netlink headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpvsMessage {
    /// What it asks or tells.
    pub command: IpvsCommand,
    /// Of which.
    pub attributes: Vec<IpvsAttribute>,
}

impl IpvsMessage {
    fn bare(command: IpvsCommand) -> Self {
        Self {
            command,
            attributes: Vec::new(),
        }
    }

    fn on_service(command: IpvsCommand, attributes: Vec<ServiceAttribute>) -> Self {
        Self {
            command,
            attributes: vec![IpvsAttribute::Service(attributes)],
        }
    }

    fn on_destination(
        command: IpvsCommand,
        service: &ServiceId,
        attributes: Vec<DestinationAttribute>,
    ) -> Self {
        Self {
            command,
            attributes: vec![
                IpvsAttribute::Service(service.to_attributes()),
                IpvsAttribute::Destination(attributes),
            ],
        }
    }

    /// NEW_SERVICE.
    pub fn new_service(service: &Service) -> Self {
        Self::on_service(IpvsCommand::NewService, service.to_attributes())
    }

    /// SET_SERVICE: scheduler, flags, timeout, netmask and engine in place.
    pub fn set_service(service: &Service) -> Self {
        Self::on_service(IpvsCommand::SetService, service.to_attributes())
    }

    /// DEL_SERVICE; its destinations go with it.
    pub fn del_service(service: &ServiceId) -> Self {
        Self::on_service(IpvsCommand::DelService, service.to_attributes())
    }

    /// GET_SERVICE of one.
    pub fn get_service(service: &ServiceId) -> Self {
        Self::on_service(IpvsCommand::GetService, service.to_attributes())
    }

    /// GET_SERVICE of all; to be sent with NLM_F_DUMP.
    pub fn dump_services() -> Self {
        Self::bare(IpvsCommand::GetService)
    }

    /// NEW_DEST.
    pub fn new_destination(service: &ServiceId, destination: &Destination) -> Self {
        Self::on_destination(
            IpvsCommand::NewDestination,
            service,
            destination.to_attributes(),
        )
    }

    /// SET_DEST: method, weight, thresholds and tunnel in place.
    pub fn set_destination(service: &ServiceId, destination: &Destination) -> Self {
        Self::on_destination(
            IpvsCommand::SetDestination,
            service,
            destination.to_attributes(),
        )
    }

    /// DEL_DEST.
    pub fn del_destination(service: &ServiceId, destination: &DestinationId) -> Self {
        Self::on_destination(
            IpvsCommand::DelDestination,
            service,
            destination.to_attributes(),
        )
    }

    /// GET_DEST of one service; to be sent with NLM_F_DUMP.
    pub fn dump_destinations(service: &ServiceId) -> Self {
        Self::on_service(IpvsCommand::GetDestination, service.to_attributes())
    }

    fn on_daemon(command: IpvsCommand, daemon: &SyncDaemon) -> Self {
        Self {
            command,
            attributes: vec![IpvsAttribute::Daemon(daemon.to_attributes())],
        }
    }

    /// NEW_DAEMON: starts it; EEXIST when one of its role runs.
    pub fn new_daemon(daemon: &SyncDaemon) -> Self {
        Self::on_daemon(IpvsCommand::NewDaemon, daemon)
    }

    /// DEL_DAEMON: stops the one of its role, whatever else is said; ESRCH when there is none.
    pub fn del_daemon(daemon: &SyncDaemon) -> Self {
        Self::on_daemon(IpvsCommand::DelDaemon, daemon)
    }

    /// GET_DAEMON; to be sent with NLM_F_DUMP.
    pub fn dump_daemons() -> Self {
        Self::bare(IpvsCommand::GetDaemon)
    }

    /// GET_INFO.
    pub fn get_info() -> Self {
        Self::bare(IpvsCommand::GetInfo)
    }

    /// GET_CONFIG.
    pub fn get_config() -> Self {
        Self::bare(IpvsCommand::GetConfig)
    }

    /// SET_CONFIG.
    pub fn set_config(timeouts: &Timeouts) -> Self {
        Self {
            command: IpvsCommand::SetConfig,
            attributes: vec![
                IpvsAttribute::TimeoutTcp(timeouts.tcp),
                IpvsAttribute::TimeoutTcpFin(timeouts.tcp_fin),
                IpvsAttribute::TimeoutUdp(timeouts.udp),
            ],
        }
    }

    /// ZERO, of one service or of all.
    pub fn zero(service: Option<&ServiceId>) -> Self {
        match service {
            Some(service) => Self::on_service(IpvsCommand::Zero, service.to_attributes()),
            None => Self::bare(IpvsCommand::Zero),
        }
    }

    /// FLUSH: every service, foreign ones too.
    pub fn flush() -> Self {
        Self::bare(IpvsCommand::Flush)
    }

    /// The service it carries, if any.
    pub fn service(&self) -> Option<&[ServiceAttribute]> {
        self.attributes
            .iter()
            .find_map(|attribute| match attribute {
                IpvsAttribute::Service(attributes) => Some(attributes.as_slice()),
                _ => None,
            })
    }

    /// The destination it carries, if any.
    pub fn destination(&self) -> Option<&[DestinationAttribute]> {
        self.attributes
            .iter()
            .find_map(|attribute| match attribute {
                IpvsAttribute::Destination(attributes) => Some(attributes.as_slice()),
                _ => None,
            })
    }

    /// The sync daemon it carries, if any.
    pub fn daemon(&self) -> Option<&[DaemonAttribute]> {
        self.attributes
            .iter()
            .find_map(|attribute| match attribute {
                IpvsAttribute::Daemon(attributes) => Some(attributes.as_slice()),
                _ => None,
            })
    }

    /// What a SET_INFO says.
    ///
    /// # Errors
    /// [`IncompleteError`] without a version.
    pub fn info(&self) -> Result<Info, IncompleteError> {
        let (mut version, mut size) = (None, 0);
        for attribute in &self.attributes {
            match attribute {
                IpvsAttribute::Info(InfoAttribute::Version(code)) => version = Some(*code),
                IpvsAttribute::Info(InfoAttribute::ConnectionTableSize(value)) => size = *value,
                _ => {}
            }
        }
        version
            .map(|code| Info::new(code, size))
            .ok_or(IncompleteError("version"))
    }

    /// What a SET_CONFIG says; a missing timeout is 0.
    pub fn timeouts(&self) -> Timeouts {
        let mut timeouts = Timeouts::default();
        for attribute in &self.attributes {
            match attribute {
                IpvsAttribute::TimeoutTcp(value) => timeouts.tcp = *value,
                IpvsAttribute::TimeoutTcpFin(value) => timeouts.tcp_fin = *value,
                IpvsAttribute::TimeoutUdp(value) => timeouts.udp = *value,
                _ => {}
            }
        }
        timeouts
    }
}

impl GenlFamily for IpvsMessage {
    fn family_name() -> &'static str {
        crate::FAMILY_NAME
    }

    fn command(&self) -> u8 {
        self.command.number()
    }

    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for IpvsMessage {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for IpvsMessage {
    fn parse_with_param(buffer: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        let command = IpvsCommand::from_number(header.cmd)
            .ok_or_else(|| DecodeError::from(format!("unknown IPVS command {}", header.cmd)))?;
        let attributes = NlasIterator::new(buffer)
            .map(|item| IpvsAttribute::parse(command, &item?))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            command,
            attributes,
        })
    }
}
