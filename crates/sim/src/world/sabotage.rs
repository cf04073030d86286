//! Routers that break a promise: the real one, and something between it and the world that alters
//! what it hears or does. Only tests ask for them; they prove that the observer sees.

use crate::invariant::Cause;
use core::time::Duration;
use holdfast_model::{Mono, VrrpModel};
use holdfast_vrrp::{Action, Input, Router};

/// What is wrong with every router of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sabotage {
    /// Nothing.
    #[default]
    Nothing,
    /// Its adverts do not leave, priority 0 excepted.
    Mute,
    /// Its priority 0 does not leave.
    NeverResigns,
    /// Every packet leaves twice.
    Stutters,
    /// It never gives up addresses.
    Clings,
    /// It never asks for addresses.
    Abstains,
    /// It announces addresses as soon as it wants them.
    Boasts,
    /// It asks for an address that is not its own.
    Steals,
    /// It says everything forty times.
    Babbles,
    /// It hears no adverts.
    Deaf,
    /// It is not told of what it watches.
    Blind,
    /// It does not hear of its link.
    Rooted,
    /// It hears of its link only when that is gone or has no carrier.
    Gloomy,
    /// Its clock is a second ahead whenever a deadline comes.
    Hasty,
    /// A packet that it must reject makes it look at its clock, which is a minute ahead.
    Touchy,
    /// It never believes that it is later than what it has to do next.
    Drowsy,
    /// It knows nothing of sync groups.
    Loner,
    /// It does not preempt.
    Meek,
    /// It always preempts.
    Rude,
    /// A reload ends it and begins another.
    Forgetful,
    /// It panics at the first packet.
    Fragile,
}

impl Sabotage {
    /// What it makes of a configuration.
    pub fn model(self, model: &mut VrrpModel) {
        match self {
            Self::Loner => model.groups.clear(),
            Self::Meek => model.instances.iter_mut().for_each(|i| i.nopreempt = true),
            Self::Rude => model.instances.iter_mut().for_each(|i| i.nopreempt = false),
            _ => {}
        }
    }

    /// One turn of a router that is broken so.
    pub(super) fn drive(
        self,
        router: &mut Router,
        (now, cause): (Mono, Cause),
        input: Input<'_>,
        actions: &mut Vec<Action>,
    ) {
        self.handle(router, now, cause, input);
        while let Some(action) = router.poll_action() {
            self.spoil(action, actions);
        }
    }

    /// What it makes of an input.
    fn handle(self, router: &mut Router, now: Mono, cause: Cause, input: Input<'_>) {
        match (self, input) {
            (Self::Deaf, Input::Datagram(_)) | (Self::Blind, Input::Level { .. }) => {}
            (Self::Rooted, Input::Link(_) | Input::LinkGone(_)) if router.is_running() => {}
            (Self::Gloomy, Input::Link(link)) if link.up && router.is_running() => {}
            (Self::Hasty, Input::Tick) => {
                router.handle(now + Duration::from_secs(1), Input::Tick);
            }
            (Self::Drowsy, input) => {
                let now = router.deadline().map_or(now, |due| due.min(now));
                router.handle(now, input);
            }
            (Self::Touchy, Input::Datagram(_)) if cause == Cause::Packet(None) => {
                router.handle(now + Duration::from_secs(60), Input::Tick);
            }
            (Self::Forgetful, Input::Reconfigure(model)) if router.is_running() => {
                *router = Router::new(model);
                router.handle(now, Input::Start);
            }
            #[expect(clippy::panic, reason = "that is what it is for")]
            (Self::Fragile, Input::Datagram(_)) => panic!("as a router that breaks"),
            (_, input) => router.handle(now, input),
        }
    }

    /// What becomes of an action: how often it is done, and what is done after it.
    fn spoil(self, action: Action, actions: &mut Vec<Action>) {
        let times = match (self, &action) {
            (Self::Mute, Action::Send { outgoing, .. }) => {
                usize::from(super::lan::priority(&outgoing.packet, outgoing.source) == 0)
            }
            (Self::NeverResigns, Action::Send { outgoing, .. }) => {
                usize::from(super::lan::priority(&outgoing.packet, outgoing.source) != 0)
            }
            (Self::Stutters, Action::Send { .. }) => 2,
            (Self::Clings, Action::Want { addresses, .. }) => usize::from(!addresses.is_empty()),
            (Self::Abstains, Action::Want { addresses, .. }) => usize::from(addresses.is_empty()),
            (Self::Babbles, Action::Report(_)) => 40,
            _ => 1,
        };
        let after = match &action {
            Action::Want {
                instance,
                epoch,
                addresses,
                ..
            } if self == Self::Boasts && !addresses.is_empty() => Some(Action::Announce {
                instance: instance.clone(),
                epoch: *epoch,
                addresses: addresses.clone(),
                count: 1,
            }),
            _ => None,
        };
        let mut action = action;
        if let (Self::Steals, Action::Want { addresses, .. }) = (self, &mut action)
            && let Some(first) = addresses.first().cloned()
        {
            let mut stolen = first;
            stolen.prefix -= 1;
            addresses.push(stolen);
        }
        for _ in 1..times {
            actions.push(action.clone());
        }
        if times > 0 {
            actions.push(action);
        }
        actions.extend(after);
    }
}
