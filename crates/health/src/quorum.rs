//! Quorum with hysteresis (keepalived.conf(5), quorum), and what becomes of the sorry server.

use crate::service::{Place, Service};
use holdfast_model::Event;
use holdfast_model::event::ServiceEvent;

/// Whether a virtual server has its quorum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quorum {
    pub(crate) up: bool,
}

impl Quorum {
    /// Gained when the weight reaches quorum + hysteresis, lost when nobody lives or it falls
    /// below quorum - hysteresis. True when it has changed.
    pub(crate) fn update(&mut self, weight: u64, quorum: u32, hysteresis: u32) -> bool {
        let (quorum, hysteresis) = (u64::from(quorum), u64::from(hysteresis));
        let before = self.up;
        self.up = if before {
            weight > 0 && weight >= quorum.saturating_sub(hysteresis)
        } else {
            weight > 0 && weight >= quorum + hysteresis
        };
        before != self.up
    }
}

impl Service {
    /// Where the sorry server is in the table.
    pub(crate) fn sorry_place(&self) -> Option<Place> {
        let sorry = self.config.sorry_server.as_ref()?;
        self.sorry().then_some((sorry.address, sorry.port))
    }

    /// Counts the living, then judges.
    pub(crate) fn update_quorum(&mut self, before: Option<Place>, events: &mut Vec<Event>) {
        self.living = self.counted();
        self.judge(before, events);
    }

    /// Judges anew, and tells what became of quorum and sorry server, which was at `before`.
    pub(crate) fn judge(&mut self, before: Option<Place>, events: &mut Vec<Event>) {
        let weight = self.living;
        let (quorum, hysteresis) = (self.config.quorum, self.config.hysteresis);
        if self.quorum.update(weight, quorum, hysteresis) {
            events.push(self.say(if self.quorum.up {
                ServiceEvent::QuorumGained {
                    quorum,
                    hysteresis,
                    weight,
                }
            } else {
                ServiceEvent::QuorumLost {
                    quorum,
                    hysteresis,
                    weight,
                }
            }));
        }
        let after = self.sorry_place();
        if before == after {
            return;
        }
        if let Some((address, port)) = before {
            events.push(self.say(ServiceEvent::SorryServerRemoved { address, port }));
        }
        if let Some((address, port)) = after {
            events.push(self.say(ServiceEvent::SorryServerAdded { address, port }));
        }
        match (before, after) {
            (None, Some(_)) => events.push(self.say(ServiceEvent::AliveRemoved)),
            (Some(_), None) => events.push(self.say(ServiceEvent::AliveReturned)),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights and expected states, one after the other.
    type Steps = &'static [(u64, bool)];

    /// Quorum, hysteresis, and what follows.
    const TABLE: &[(u32, u32, Steps)] = &[
        (
            3,
            1,
            &[
                (3, false),
                (4, true),
                (3, true),
                (2, true),
                (1, false),
                (3, false),
                (4, true),
                (0, false),
            ],
        ),
        (1, 0, &[(1, true), (0, false), (1, true)]),
        // lost with the last one, however small the bound
        (1, 1, &[(1, false), (2, true), (1, true), (0, false)]),
        (u32::MAX, u32::MAX, &[(0xffff_ffff, false)]),
    ];

    #[test]
    fn hysteresis_keeps_the_state() {
        for (quorum, hysteresis, steps) in TABLE {
            let mut state = Quorum { up: false };
            for (weight, up) in *steps {
                let before = state.up;
                let changed = state.update(*weight, *quorum, *hysteresis);
                assert_eq!(state.up, *up, "{quorum} {hysteresis} weight {weight}");
                assert_eq!(changed, before != *up);
            }
        }
    }
}
