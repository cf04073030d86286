//! What others did to rows of the IPVS table, and how many connections rows have.

use super::ipvs_handle::RowList;
use super::ipvs_sweep::Found;
use holdfast_kernel::ipvs::IpvsClient;
use holdfast_model::Drift;
use holdfast_plan::Report;
use holdfast_plan::service::ServiceDomain;

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
