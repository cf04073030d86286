//! What a reload keeps: a session that only changes its pace stays Up, and tells its neighbour
//! (RFC 5880 s6.8.3).

use crate::session::{Context, Session, Times};
use crate::speaker::{Speaker, route};
use holdfast_model::{BfdSession, Mono};

impl Speaker {
    pub(crate) fn reconfigure(&mut self, now: Mono, wanted: &[BfdSession]) {
        // before Start there is nothing to keep and nobody to tell
        if !self.running {
            *self = Self::new(wanted);
            return;
        }
        for at in (0..self.sessions.len()).rev() {
            let stays = self.sessions.get(at).is_some_and(|session| {
                let mut same = wanted.iter().filter(|new| new.key == session.config.key);
                same.any(|new| goes_on(&session.config, new))
            });
            if !stays {
                self.leave(now, at);
                self.sessions.remove(at);
            }
        }
        for config in wanted {
            let known = |session: &Session| session.config.key == config.key;
            match self.sessions.iter().position(known) {
                Some(at) => self.one(now, at, |session, ctx| session.retime(ctx, config)),
                None => {
                    self.sessions.push(Session::new(config, now, 0));
                    self.begin(now, self.sessions.len() - 1);
                }
            }
        }
        let place = |session: &Session| {
            let mut keys = wanted.iter().map(|config| &config.key);
            keys.position(|key| *key == session.config.key)
        };
        self.sessions.sort_by_key(place);
    }
}

/// Still the same session?
fn goes_on(old: &BfdSession, new: &BfdSession) -> bool {
    route(old) == route(new)
}

impl Session {
    fn retime(&mut self, ctx: &mut Context<'_>, config: &BfdSession) {
        let told = (self.told(), self.config.multiplier);
        self.config = config.clone();
        let times = self.told();
        if (times, config.multiplier) == told {
            return;
        }
        if self.is_up() && times != told.0 {
            // RFC 5880 s6.8.3: "the actual transmission interval used MUST NOT change until the
            // Poll Sequence ... has terminated" when it grows; the same for our patience when it
            // shrinks
            self.in_force = Times {
                min_tx: self.in_force.min_tx.min(times.min_tx),
                min_rx: self.in_force.min_rx.max(times.min_rx),
            };
            self.poll_begins(ctx);
        } else {
            // RFC 5880 s6.8.12: another Detect Mult needs no poll
            self.in_force = if self.is_up() { self.in_force } else { times };
        }
        // what differs from the last packet is said at once (s6.8.7)
        self.sent = None;
    }
}
