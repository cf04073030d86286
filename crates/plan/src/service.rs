//! One kernel service with its destinations.

use crate::domain::{Act, Desired, Domain, Op, Retry, Verdict, Want};
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{
    AddressFamily, Forwarding, Name, Persistence, RealServer, Scheduler, ServiceKey,
    ServiceOptions, Thresholds, VirtualServer, Weight,
};
use std::collections::BTreeSet;

/// Rows of the IPVS table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceDomain;

/// One row: a service, or a destination below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    /// The service.
    pub service: ServiceKey,
    /// `None`: the service's own row, which sorts before its destinations.
    pub destination: Option<DestinationKey>,
}

impl RowId {
    /// The service's own row.
    pub const fn service(service: ServiceKey) -> Self {
        Self {
            service,
            destination: None,
        }
    }

    /// A destination's row.
    pub const fn destination(service: ServiceKey, address: IpAddr, port: u16) -> Self {
        Self {
            service,
            destination: Some(DestinationKey { address, port }),
        }
    }
}

/// A destination within its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationKey {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Of a service.
    Service(Settings),
    /// Of a destination.
    Destination(Target),
}

/// A service's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `None`: one this program does not know (seen, never wanted).
    pub scheduler: Option<Scheduler>,
    /// Clients that keep their destination.
    pub persistence: Option<Persistence>,
    /// IP_VS_SVC_F_* but PERSISTENT and HASHED: one-packet scheduling, scheduler flags.
    pub flags: u32,
    /// Persistence engine.
    pub persistence_engine: Option<Name>,
}

/// A destination's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// `None`: a method that is never wanted (local, bypass), or a tunnel of an unknown kind.
    pub forwarding: Option<Forwarding>,
    /// Its share.
    pub weight: u32,
    /// Connections above which it gets no new ones; 0: no limit.
    pub upper_threshold: u32,
    /// Connections below which it gets new ones again.
    pub lower_threshold: u32,
}

/// What a virtual server wants of one of its kernel services. `weight` says what each real server
/// has now, `None`: it stays out of the table; `sorry` the same of the sorry server. A sorry server
/// that is also a listed real server is one row, and the sorry server's while that takes
/// connections.
pub fn want(
    server: &VirtualServer,
    service: ServiceKey,
    mut weight: impl FnMut(&RealServer) -> Option<Weight>,
    sorry: Option<Weight>,
) -> Want<ServiceDomain> {
    let mut rows = Vec::with_capacity(server.real_servers.len() + 2);
    rows.push(Desired {
        id: RowId::service(service),
        attr: Some(Row::Service(Settings {
            scheduler: Some(server.scheduler),
            persistence: persistence(server, &service),
            flags: flags(&server.options),
            persistence_engine: server.options.engine.clone(),
        })),
    });
    let place = |address, port, forwarding| {
        let port = server.row_port(&service, port, forwarding);
        RowId::destination(service, address, port)
    };
    let sorry_row = server.sorry_server.as_ref().map(|host| Desired {
        id: place(host.address, host.port, host.forwarding),
        attr: sorry.map(|weight| target(host.forwarding, weight, Thresholds::default())),
    });
    let grouped = server.group.is_some();
    for real in &server.real_servers {
        let id = place(real.key.address, real.key.port, real.forwarding);
        let attr = weight(real).map(|weight| target(real.forwarding, weight, real.thresholds));
        // below a group, two ports of an address can be one row
        let same = grouped.then(|| {
            rows.iter_mut()
                .find(|row: &&mut Desired<_, _>| row.id == id)
        });
        match same.flatten() {
            Some(row) => row.attr = row.attr.take().or(attr),
            None => rows.push(Desired { id, attr }),
        }
    }
    let Some(sorry_row) = sorry_row else {
        return rows;
    };
    match rows.iter_mut().find(|row| row.id == sorry_row.id) {
        Some(row) if sorry == Some(Weight::ZERO) => row.attr = row.attr.take().or(sorry_row.attr),
        Some(row) => row.attr = sorry_row.attr.or(row.attr.take()),
        None => rows.push(sorry_row),
    }
    rows
}

/// What a virtual server wants of one real server's row in one of its kernel services, as [`want`]
/// has it; `None`: the row is not this server's alone, and only the whole tells.
pub fn row(
    server: &VirtualServer,
    service: ServiceKey,
    real: &RealServer,
    weight: Option<Weight>,
) -> Option<Desired<RowId, Row>> {
    let (address, port) = (real.key.address, real.key.port);
    let sorry = server.sorry_server.as_ref();
    // below a group, two ports of an address can be one row
    let shared = server.group.is_some() || sorry.is_some_and(|sorry| sorry.address == address);
    (!shared).then(|| Desired {
        id: RowId::destination(
            service,
            address,
            server.row_port(&service, port, real.forwarding),
        ),
        attr: weight.map(|weight| target(real.forwarding, weight, real.thresholds)),
    })
}

/// A group can have services of the other family than its persistence was made for.
fn persistence(server: &VirtualServer, service: &ServiceKey) -> Option<Persistence> {
    let longest = match service.family() {
        AddressFamily::V4 => 32,
        AddressFamily::V6 => 128,
    };
    let whole = |p: &Persistence| server.group.is_some() && (p.prefix == 32 || p.prefix == 128);
    server.persistence.map(|p| Persistence {
        prefix: if whole(&p) {
            longest
        } else {
            p.prefix.min(longest)
        },
        ..p
    })
}

/// linux/ip_vs.h, IP_VS_SVC_F_*.
fn flags(options: &ServiceOptions) -> u32 {
    let [one, two, three] = options.scheduler_flags;
    let bits = [
        (options.one_packet, 0x4),
        (one, 0x8),
        (two, 0x10),
        (three, 0x20),
    ];
    let set = bits.into_iter().filter(|(set, _)| *set);
    set.fold(0, |all, (_, bit)| all | bit)
}

fn target(forwarding: Forwarding, weight: Weight, thresholds: Thresholds) -> Row {
    Row::Destination(Target {
        forwarding: Some(forwarding),
        weight: weight.get(),
        upper_threshold: thresholds.upper,
        lower_threshold: thresholds.lower,
    })
}

/// The services that have rows among `ids`, each once.
pub fn services<'a>(ids: impl IntoIterator<Item = &'a RowId>) -> BTreeSet<ServiceKey> {
    ids.into_iter().map(|id| id.service).collect()
}

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const EPROTONOSUPPORT: i32 = 93;
const EAFNOSUPPORT: i32 = 97;

impl Domain for ServiceDomain {
    type Key = ServiceKey;
    type Id = RowId;
    type Attr = Row;

    /// A row with a configured key is the configuration's, whoever wrote it.
    const KEEP_FOUND: bool = false;
    const RETRY: Retry = Retry {
        first: Duration::from_millis(100),
        last: Duration::from_secs(2),
        report_after: Duration::from_secs(1),
    };

    fn key_of(id: &RowId) -> Option<ServiceKey> {
        Some(id.service)
    }

    fn root(key: &ServiceKey) -> Option<RowId> {
        Some(RowId::service(*key))
    }

    fn covers(parent: &RowId, id: &RowId) -> bool {
        parent.destination.is_none() && parent.service == id.service
    }

    /// Create the service, set it right, add, change, remove destinations: a sorry server is in
    /// before the last real server leaves.
    fn rank(id: &RowId, act: Act) -> u8 {
        match (id.destination, act) {
            (None, Act::Create) => 0,
            (None, Act::Edit) => 1,
            (Some(_), Act::Create) => 2,
            (Some(_), Act::Edit) => 3,
            (Some(_), Act::Delete) => 4,
            (None, Act::Delete) => 5,
        }
    }

    /// A person may take a real server out, put it in, or give it another weight.
    fn yields(id: &RowId) -> bool {
        id.destination.is_some()
    }

    fn editable(_: &Row, _: &Row) -> bool {
        true
    }

    /// net/netfilter/ipvs/ip_vs_ctl.c: ESRCH is a missing service, ENOENT a missing destination,
    /// or a scheduler that the kernel does not have.
    fn verdict(op: &Op<RowId, Row>, errno: i32) -> Verdict<RowId> {
        let of_service = op.id().destination.is_none();
        match (op.act(), errno) {
            (_, ESRCH) => Verdict::Absent(RowId::service(op.id().service)),
            (Act::Create, EEXIST) => Verdict::Exists(*op.id()),
            (Act::Edit | Act::Delete, ENOENT) if !of_service => Verdict::Absent(*op.id()),
            (_, ENOENT | EPERM | EINVAL | EPROTONOSUPPORT | EAFNOSUPPORT) => Verdict::Permanent,
            (Act::Create | Act::Edit | Act::Delete, _) => Verdict::Retry,
        }
    }
}
