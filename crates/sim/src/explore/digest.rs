//! Which states are the same.

use super::rules::{Flight, Rules, State};
use core::hash::{Hash, Hasher};
use holdfast_model::{Mono, State as Name};
use holdfast_vrrp::Router;
use std::collections::hash_map::DefaultHasher;

impl Rules {
    /// The same for states that differ in nothing but the time and what was said.
    pub(super) fn digest(&self, state: &State) -> u64 {
        let mut hasher = DefaultHasher::new();
        let now = state.now;
        let ago = |time: Mono| i128::from(now.nanos()) - i128::from(time.nanos());
        state.blows.hash(&mut hasher);
        for host in &state.hosts {
            let saved = host.router.as_ref().map(Router::snapshot);
            let saved = saved.and_then(|saved| saved.instances.into_iter().next());
            (host.paused, saved.is_some()).hash(&mut hasher);
            if let Some(saved) = saved {
                saved.state.to_string().hash(&mut hasher);
                saved.down.map(ago).hash(&mut hasher);
                saved.preempt_from.map(ago).hash(&mut hasher);
                saved.learned.map(|learned| learned.get()).hash(&mut hasher);
                saved
                    .adverts
                    .map(|(sent, due)| (ago(sent), ago(due)))
                    .hash(&mut hasher);
                let answers = saved
                    .answers
                    .filter(|(since, count)| *count > 0 && now.since(*since) < self.longest);
                answers
                    .map(|(since, count)| (ago(since), count))
                    .hash(&mut hasher);
            }
            let track = &host.track;
            for hold in [track.held, track.patient] {
                hold.map(|hold| (ago(hold.at), hold.interval, hold.resigned))
                    .hash(&mut hasher);
            }
            (track.learned, track.delay.map(ago)).hash(&mut hasher);
            // A backup's own adverts are history.
            let master = host.view.filter(|view| view.state == Name::Master);
            let spoke = master.map(|_| (track.sent.map(ago), track.regular.map(ago)));
            spoke.hash(&mut hasher);
            let waiting = host
                .waiting
                .iter()
                .map(|packet| (packet.source, packet.priority));
            waiting.collect::<Vec<_>>().hash(&mut hasher);
        }
        let flight = |flight: &Flight| {
            let packet = &flight.packet;
            let from = packet.source;
            (
                flight.to,
                from,
                ago(flight.sent),
                packet.priority,
                flight.copy,
            )
        };
        let mut flights: Vec<_> = state.flights.iter().map(flight).collect();
        flights.sort_unstable();
        flights.hash(&mut hasher);
        hasher.finish()
    }
}
