//! Which rows of the IPVS table are ours, as it is written down, and what others did to them.

use super::ipvs_frame::Frame;
use super::ipvs_handle::RowList;
use super::ipvs_sweep::Found;
use crate::state::{HeldRow, Rows};
use holdfast_kernel::ipvs::IpvsClient;
use holdfast_model::Drift;
use holdfast_plan::service::{RowId, ServiceDomain};
use holdfast_plan::{Origin, Reconciler, Report};

/// Says what others did, and what comes of it.
pub(super) fn drifted(report: &Report<ServiceDomain>, drift: &Drift) {
    let (key, ids, what) = match report {
        Report::Lost { key, ids } => (key, ids, "was removed by someone else: putting it back"),
        Report::Left { key, ids } => {
            let what = match drift {
                Drift::Report => "was changed by someone else, and is left so (ipvs_drift report)",
                Drift::Operator | Drift::Repair => {
                    "was changed by someone else, and stays so until its check or its configuration changes"
                }
            };
            (key, ids, what)
        }
        Report::Applied { .. } | Report::Restored { .. } | Report::GaveUp { .. } => return,
    };
    for id in ids {
        match id.destination {
            None => tracing::warn!("IPVS: virtual server {key} {what}"),
            Some(row) => {
                let (address, port) = (row.address, row.port);
                tracing::warn!("IPVS: real server [{address}]:{port} of {key} {what}");
            }
        }
    }
}

/// Says which services of others stand there.
pub(super) fn strangers(found: &Found) {
    for key in &found.strangers {
        tracing::info!("IPVS: virtual server {key} is not in the configuration: it is left alone");
    }
    if found.more {
        tracing::info!("IPVS: there are more virtual servers that are not in the configuration");
    }
}

pub(super) fn rows(reconciler: &Reconciler<ServiceDomain>, frame: &Frame) -> Rows {
    let services = reconciler.keys().filter_map(|key| {
        let ours = reconciler.ours(key).filter(|ours| !ours.is_empty())?;
        let rows = ours.iter().map(|(id, origin)| HeldRow {
            destination: id.destination.map(|row| (row.address, row.port)),
            found: *origin == Origin::Found,
        });
        Some((*key, rows.collect()))
    });
    Rows {
        services: services.collect(),
        timeouts: frame.found,
        conntrack: frame.lending.was,
        namespace: frame.settings().namespace.clone(),
    }
}

/// Active and inactive connections of these rows; a row that is not there has none.
pub(super) fn connections(client: &mut IpvsClient, rows: &RowList) -> Option<(u64, u64)> {
    let mut sum = (0, 0);
    for (service, row) in rows {
        match client.connections(service, row) {
            Ok((active, inactive)) => sum = (sum.0 + active, sum.1 + inactive),
            Err(error) => {
                tracing::warn!("IPVS: connections of {service} could not be read: {error}");
                return None;
            }
        }
    }
    Some(sum)
}

pub(super) fn resumed(rows: Rows) -> Reconciler<ServiceDomain> {
    let snapshot = rows.services.into_iter().map(|(service, rows)| {
        let rows = rows.into_iter().map(|row| {
            let id = match row.destination {
                None => RowId::service(service),
                Some((address, port)) => RowId::destination(service, address, port),
            };
            (
                id,
                if row.found {
                    Origin::Found
                } else {
                    Origin::Made
                },
            )
        });
        (service, rows.collect())
    });
    Reconciler::resume(snapshot.collect())
}
