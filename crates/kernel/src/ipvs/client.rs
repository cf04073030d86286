//! The blocking client of the ipvs lane.

use super::convert;
use crate::module;
use crate::netlink::{Batch, NetlinkError, NetlinkSocket};
use crate::time::now;
use holdfast_ipvs::{
    Destination, Family, IncompleteError, Info, IpvsMessage, Load, Service, ServiceId, Stats,
    SyncDaemon, Timeouts,
};
use holdfast_model::{Mono, ServiceKey};
use holdfast_plan::service::{Row, RowId};
use holdfast_plan::{Op, Outcome, Scope, ServiceDomain};
use netlink_packet_core::{NlasIterator, ParseableParametrized};
use netlink_packet_generic::constants::{CTRL_ATTR_FAMILY_ID, GENL_HDRLEN, GENL_ID_CTRL};
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_packet_generic::{GenlHeader, GenlMessage};
use netlink_sys::protocols::NETLINK_GENERIC;

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The kernel has no IPVS, and loading the module did not help.
    #[error("no IPVS in the kernel (module ip_vs cannot be loaded)")]
    NoIpvs,
    /// The kernel could not be asked.
    #[error("cannot ask the kernel for IPVS")]
    Netlink(#[from] NetlinkError),
}

/// A service with its counters, and its destinations with theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceReading {
    /// The service.
    pub service: Service,
    /// Its counters.
    pub stats: Stats,
    /// In the kernel's order.
    pub destinations: Vec<(Destination, Load)>,
}

/// The whole table, in the kernel's order.
pub type Reading = Vec<ServiceReading>;

/// One socket to the IPVS family.
pub struct IpvsClient {
    socket: NetlinkSocket,
    family: u16,
    left: Mono,
}

impl IpvsClient {
    /// Finds the family, loading the module where it is missing.
    ///
    /// # Errors
    /// [`OpenError::NoIpvs`] when the kernel has none.
    pub fn open() -> Result<Self, OpenError> {
        let mut socket = NetlinkSocket::open(NETLINK_GENERIC)?;
        let family = match resolve(&mut socket)? {
            Some(family) => family,
            None if module::load("ip_vs") => resolve(&mut socket)?.ok_or(OpenError::NoIpvs)?,
            None => return Err(OpenError::NoIpvs),
        };
        Ok(Self {
            socket,
            family,
            left: Mono::ZERO,
        })
    }

    /// Version and size of the connection table.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn info(&mut self) -> Result<Info, NetlinkError> {
        let answer = self.get(IpvsMessage::get_info())?;
        answer.info().map_err(incomplete)
    }

    /// Timeouts of connections.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn timeouts(&mut self) -> Result<Timeouts, NetlinkError> {
        self.get(IpvsMessage::get_config())
            .map(|answer| answer.timeouts())
    }

    /// Sets timeouts of connections; all three, none of them 0.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn set_timeouts(&mut self, timeouts: &Timeouts) -> Result<(), NetlinkError> {
        self.command(IpvsMessage::set_config(timeouts))
    }

    /// Removes every service, others' too.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn flush(&mut self) -> Result<(), NetlinkError> {
        self.command(IpvsMessage::flush())
    }

    /// The sync daemons that run.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn sync_daemons(&mut self) -> Result<Vec<SyncDaemon>, NetlinkError> {
        let question = GenlMessage::from_payload(IpvsMessage::dump_daemons());
        self.socket.dump(self.family, &question, |payload| {
            let message = parse(payload)?;
            SyncDaemon::from_attributes(message.daemon().unwrap_or_default()).map_err(incomplete)
        })
    }

    /// Starts a sync daemon.
    ///
    /// # Errors
    /// Refused with ENODEV without its interface, EEXIST when one of its role runs.
    pub fn start_sync(&mut self, daemon: &SyncDaemon) -> Result<(), NetlinkError> {
        self.command(IpvsMessage::new_daemon(daemon))
    }

    /// Stops a sync daemon.
    ///
    /// # Errors
    /// Refused with ESRCH when none of its role runs.
    pub fn stop_sync(&mut self, daemon: &SyncDaemon) -> Result<(), NetlinkError> {
        self.command(IpvsMessage::del_daemon(daemon))
    }

    fn command(&mut self, message: IpvsMessage) -> Result<(), NetlinkError> {
        let mut batch = Batch::with_capacity(1);
        batch.push(self.family, 0, &GenlMessage::from_payload(message));
        match batch.run(&mut self.socket) {
            Outcome::Known(errors) => match errors.first() {
                Some((_, errno)) => Err(NetlinkError::Refused(*errno)),
                None => Ok(()),
            },
            Outcome::Unknown(errno) => Err(NetlinkError::Refused(errno)),
        }
    }

    /// Runs operations in order by one sendmsg. An operation that has no message is EINVAL.
    pub fn apply(&mut self, ops: &[Op<RowId, Row>]) -> Outcome {
        let mut batch = Batch::with_capacity(ops.len());
        let mut sent = Vec::with_capacity(ops.len());
        let mut failed = Vec::new();
        for (index, op) in ops.iter().enumerate() {
            match convert::message(op) {
                Some(message) => {
                    sent.push(index);
                    batch.push(self.family, 0, &GenlMessage::from_payload(message));
                }
                None => failed.push((index, libc::EINVAL)),
            }
        }
        self.left = now();
        match batch.run(&mut self.socket) {
            Outcome::Known(errors) => {
                let place = |(index, errno)| Some((*sent.get(index)?, errno));
                failed.extend(errors.into_iter().filter_map(place));
                Outcome::Known(failed)
            }
            unknown @ Outcome::Unknown(_) => unknown,
        }
    }

    /// When the last operations left for the kernel.
    #[must_use]
    pub const fn left(&self) -> Mono {
        self.left
    }

    /// Sends messages that write, in order by one sendmsg; their places where they failed.
    pub fn send(&mut self, messages: impl IntoIterator<Item = IpvsMessage>) -> Outcome {
        let mut batch = Batch::default();
        for message in messages {
            batch.push(self.family, 0, &GenlMessage::from_payload(message));
        }
        batch.run(&mut self.socket)
    }

    /// The sync daemons that run.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn daemons(&mut self) -> Result<Vec<SyncDaemon>, NetlinkError> {
        let question = GenlMessage::from_payload(IpvsMessage::dump_daemons());
        self.socket.dump(self.family, &question, |payload| {
            let message = parse(payload)?;
            SyncDaemon::from_attributes(message.daemon().unwrap_or_default()).map_err(incomplete)
        })
    }

    /// The rows in `scope`, those of others too; services of protocols that are never wanted are
    /// left out.
    ///
    /// # Errors
    /// Any [`NetlinkError`]: then nothing is known.
    pub fn dump(
        &mut self,
        scope: &Scope<ServiceDomain>,
    ) -> Result<Vec<(RowId, Row)>, NetlinkError> {
        let reading = match scope {
            Scope::All => self.read()?,
            Scope::Keys(keys) => {
                let mut reading = Reading::new();
                for key in keys {
                    reading.extend(self.read_one(&convert::service_id(key))?);
                }
                reading
            }
        };
        let mut rows = Vec::new();
        for entry in reading {
            let Some((id, row)) = convert::observed_service(&entry.service) else {
                continue;
            };
            rows.push((id, row));
            rows.extend(
                entry
                    .destinations
                    .iter()
                    .map(|(destination, _)| convert::observed_destination(id.service, destination)),
            );
        }
        Ok(rows)
    }

    /// Everything, with counters.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn read(&mut self) -> Result<Reading, NetlinkError> {
        let question = GenlMessage::from_payload(IpvsMessage::dump_services());
        let services = self.socket.dump(self.family, &question, |payload| {
            parse_service(&parse(payload)?)
        })?;
        services
            .into_iter()
            .map(|(service, stats)| self.with_destinations(service, stats))
            .collect()
    }

    /// One service, with counters; `None` when there is no such service.
    ///
    /// # Errors
    /// Any other [`NetlinkError`].
    pub fn read_one(&mut self, id: &ServiceId) -> Result<Option<ServiceReading>, NetlinkError> {
        let answer = match self.get(IpvsMessage::get_service(id)) {
            Ok(answer) => answer,
            Err(NetlinkError::Refused(libc::ESRCH)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (service, stats) = parse_service(&answer)?;
        self.with_destinations(service, stats).map(Some)
    }

    /// Active and inactive connections of a destination; one that is not there has none.
    ///
    /// # Errors
    /// Any [`NetlinkError`].
    pub fn connections(
        &mut self,
        service: &ServiceKey,
        row: &RowId,
    ) -> Result<(u64, u64), NetlinkError> {
        let reading = self.read_one(&convert::service_id(service))?;
        let destinations = reading.into_iter().flat_map(|reading| reading.destinations);
        let loads = destinations
            .filter(|(one, _)| convert::observed_destination(*service, one).0 == *row)
            .map(|(_, load)| (u64::from(load.active), u64::from(load.inactive)));
        Ok(loads.fold((0, 0), |sum, load| (sum.0 + load.0, sum.1 + load.1)))
    }

    fn with_destinations(
        &mut self,
        service: Service,
        stats: Stats,
    ) -> Result<ServiceReading, NetlinkError> {
        let family = service.id.family();
        let question = GenlMessage::from_payload(IpvsMessage::dump_destinations(&service.id));
        let destinations = self.socket.dump(self.family, &question, |payload| {
            parse_destination(family, &parse(payload)?)
        })?;
        Ok(ServiceReading {
            service,
            stats,
            destinations,
        })
    }

    fn get(&mut self, question: IpvsMessage) -> Result<IpvsMessage, NetlinkError> {
        let question = GenlMessage::from_payload(question);
        self.socket
            .get(self.family, &question, parse)?
            .ok_or_else(|| NetlinkError::Malformed("no answer but an acknowledgement".to_owned()))
    }
}

/// The family's number; `None` when the kernel does not know it.
fn resolve(socket: &mut NetlinkSocket) -> Result<Option<u16>, NetlinkError> {
    let question = GenlMessage::from_payload(GenlCtrl {
        cmd: GenlCtrlCmd::GetFamily,
        nlas: vec![GenlCtrlAttrs::FamilyName(
            holdfast_ipvs::FAMILY_NAME.to_owned(),
        )],
    });
    let answer = socket.get(GENL_ID_CTRL, &question, |payload| {
        Ok(NlasIterator::new(body(payload))
            .flatten()
            .find(|nla| nla.kind() == CTRL_ATTR_FAMILY_ID)
            .and_then(|nla| nla.value().first_chunk::<2>().copied())
            .map(u16::from_ne_bytes))
    });
    match answer {
        Ok(family) => Ok(family.flatten()),
        Err(NetlinkError::Refused(libc::ENOENT)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What follows the generic-netlink header.
fn body(payload: &[u8]) -> &[u8] {
    payload.get(GENL_HDRLEN..).unwrap_or_default()
}

fn parse(payload: &[u8]) -> Result<IpvsMessage, NetlinkError> {
    GenlHeader::parse(payload)
        .and_then(|header| IpvsMessage::parse_with_param(body(payload), header))
        .map_err(|error| NetlinkError::Malformed(error.to_string()))
}

fn parse_service(message: &IpvsMessage) -> Result<(Service, Stats), NetlinkError> {
    Service::from_attributes(message.service().unwrap_or_default()).map_err(incomplete)
}

fn parse_destination(
    family: Family,
    message: &IpvsMessage,
) -> Result<(Destination, Load), NetlinkError> {
    let attributes = message.destination().unwrap_or_default();
    Destination::from_attributes(family, attributes).map_err(incomplete)
}

fn incomplete(error: IncompleteError) -> NetlinkError {
    NetlinkError::Malformed(error.to_string())
}
