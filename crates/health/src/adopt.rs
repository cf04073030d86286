//! Going on for whoever checked until a moment ago and left nothing but its table: who has no row there is
//! down.

use crate::Pool;
use crate::snapshot::{CheckState, PoolState, VERSION};
use crate::weigh::Weigh;
use core::time::Duration;
use holdfast_model::{CheckKey, LvsModel, Mono, RealServer, VirtualServer};
use std::collections::BTreeMap;

/// Checks of a large file are not asked all at once.
const APART: Duration = Duration::from_micros(500);

impl Pool {
    /// A pool whose servers are as the table has them: `stands` says whether a real server serves there, `None`
    /// where that is not known of its virtual server, which begins anew.
    pub fn adopt(
        model: &LvsModel,
        now: Mono,
        stands: impl Fn(&VirtualServer, &RealServer) -> Option<bool>,
    ) -> Self {
        let mut from = PoolState {
            version: VERSION,
            quorum: BTreeMap::new(),
            checks: Vec::new(),
            orders: Vec::new(),
            ramps: Vec::new(),
        };
        let mut due = now;
        for server in &model.virtual_servers {
            let reals = server.real_servers.iter();
            let known: Option<Vec<(&RealServer, bool)>> = reals
                .map(|real| Some((real, stands(server, real)?)))
                .collect();
            let Some(known) = known else {
                continue;
            };
            let up = known
                .iter()
                .filter(|(real, up)| *up || real.checkers.is_empty());
            let weights: u64 = up.map(|(real, _)| u64::from(real.weight.get())).sum();
            let quorum = weights > 0 && weights >= u64::from(server.quorum);
            from.quorum.insert(server.key.clone(), quorum);
            for (real, up) in known {
                for checker in &real.checkers {
                    due = due + APART;
                    from.checks.push(CheckState {
                        key: CheckKey {
                            real_server: real.key.clone(),
                            probe: checker.probe.clone(),
                        },
                        up,
                        against: 0,
                        tried: true,
                        weigh: Weigh::Own,
                        due,
                        rising: None,
                    });
                }
            }
        }
        Self::resume(model, &from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn who_has_no_row_is_down_and_what_is_not_known_begins_anew() {
        let model = testing::model(&[testing::server(1, &[1, 1], 1), testing::server(2, &[1], 1)]);
        let keys: Vec<_> = model
            .virtual_servers
            .iter()
            .map(|s| s.key.clone())
            .collect();
        let pool = Pool::adopt(&model, Mono::from_secs(1), |server, real| {
            let first = server.real_servers.first().map(|real| &real.key);
            (server.key == keys[0]).then_some(first == Some(&real.key))
        });
        let state = pool.snapshot();
        assert_eq!(state.quorum.get(&keys[0]), Some(&true));
        assert_eq!(state.quorum.get(&keys[1]), None);
        let up: Vec<bool> = state.checks.iter().map(|check| check.up).collect();
        assert_eq!(up, [true, false]);
        let none = Pool::adopt(&model, Mono::from_secs(1), |_, _| Some(false));
        assert_eq!(none.snapshot().quorum.get(&keys[0]), Some(&false));
    }
}
