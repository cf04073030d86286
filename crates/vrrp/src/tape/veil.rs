//! What of a line is secret, replaced: `auth_pass` and the keys of `auth_hmac`, in configurations and in adverts.
//! A router that has the stand-ins believes who was believed, and sends what was sent.

use super::{Given, Head, How, Line, Turn};
use crate::action::Action;
use crate::input::Ipv6Header;
use holdfast_model::{Authentication, Instance};
use holdfast_packet::vrrp::{Ends, veil};

/// Knows the secrets of the configuration that the lines are about.
#[derive(Debug)]
pub struct Veil {
    veil: veil::Veil,
    known: Vec<Vec<u8>>,
}

impl Veil {
    /// `key` is random, and kept nowhere. The first line is a head.
    pub const fn new(key: [u8; 32]) -> Self {
        Self {
            veil: veil::Veil::new(key),
            known: Vec::new(),
        }
    }

    /// Replaces the secrets of a line. Every line since the last head has to come by here, in order.
    pub fn line(&mut self, line: &mut Line) {
        match line {
            Line::Head(head) => self.head(head),
            Line::Turn(turn) => self.turn(turn),
        }
    }

    fn head(&mut self, head: &mut Head) {
        match &mut head.how {
            How::Begins(model) | How::Resumes { model, .. } | How::Adopts { model, .. } => {
                self.configurations(&mut model.instances.iter_mut().collect::<Vec<_>>());
            }
            How::GoesOn(router) => {
                let all = router.instances.iter_mut();
                self.configurations(&mut all.map(|one| &mut one.config).collect::<Vec<_>>());
            }
        }
        self.veil.know(self.known.clone());
    }

    fn turn(&mut self, turn: &mut Turn) {
        let reconfigures = matches!(turn.input, Given::Reconfigure(_));
        match &mut turn.input {
            Given::Datagram { bytes, header, .. } => *bytes = self.datagram(bytes, header.as_ref()),
            Given::Reconfigure(model) => {
                // what is left out of it resigns with its old key
                let mut both = self.known.clone();
                self.configurations(&mut model.instances.iter_mut().collect::<Vec<_>>());
                both.extend(self.known.iter().cloned());
                self.veil.know(both);
            }
            Given::Tick
            | Given::Link(_)
            | Given::LinkGone(_)
            | Given::Applied { .. }
            | Given::ApplyFailed { .. }
            | Given::Lost { .. }
            | Given::Ipvs(_)
            | Given::Clock { .. }
            | Given::Signed(_)
            | Given::Level { .. }
            | Given::Unheard(_)
            | Given::Offer
            | Given::Claimed(_)
            | Given::Start
            | Given::Stop { .. } => {}
        }
        for action in &mut turn.actions {
            match action {
                Action::Send { outgoing, .. } => {
                    let ends = Ends {
                        source: outgoing.source,
                        destination: outgoing.destination,
                    };
                    outgoing.packet = if ends.is_ipv6() {
                        self.veil.message(&outgoing.packet, &ends)
                    } else {
                        self.veil.packet(&outgoing.packet)
                    };
                }
                Action::Want { .. }
                | Action::Announce { .. }
                | Action::Watch { .. }
                | Action::Unwatch { .. }
                | Action::Report(_)
                | Action::Stopped => {}
            }
        }
        if reconfigures {
            self.veil.know(self.known.clone());
        }
    }

    fn datagram(&self, bytes: &[u8], header: Option<&Ipv6Header>) -> Vec<u8> {
        let Some(header) = header else {
            return self.veil.packet(bytes);
        };
        let ends = Ends {
            source: header.source.into(),
            destination: header.destination.into(),
        };
        self.veil.message(bytes, &ends)
    }

    /// These are in force from now on.
    fn configurations(&mut self, instances: &mut [&mut Instance]) {
        self.known.clear();
        for instance in instances {
            if let Authentication::Password(password) = &mut instance.authentication {
                *password = self.veil.password(*password);
            }
            for key in instance
                .wire
                .hmac
                .iter_mut()
                .flat_map(|hmac| &mut hmac.keys)
            {
                let stand_in = self.veil.secret(&key.secret.0);
                self.known
                    .push(core::mem::replace(&mut key.secret.0, stand_in));
            }
        }
    }
}
