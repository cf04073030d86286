//! A master that hears someone worse insists (RFC 9568 s6.4.3). Who hears it gives way; who goes on for a
//! whole Active_Down_Interval does not hear it, and there are two masters.

use crate::instance::{Context, Instance};
use crate::receive::Heard;
use crate::state::State;
use crate::state::master::{announce_all, answer};
use holdfast_model::Mono;
use holdfast_model::event::VrrpEvent;
use serde::{Deserialize, Serialize};

/// A run of adverts of someone worse. It ends with an Active_Down_Interval without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Weaker {
    first: Mono,
    last: Mono,
    /// Addresses were announced because of the last one, and the group has not been told.
    announced: bool,
    /// That there are two masters.
    told: bool,
}

impl Weaker {
    const fn begin(now: Mono) -> Self {
        Self {
            first: now,
            last: now,
            announced: false,
            told: false,
        }
    }

    /// When the last of them was heard.
    pub(crate) const fn last(&self) -> Mono {
        self.last
    }

    /// True once for each time that addresses were announced because of one of them.
    pub(crate) const fn take_announced(&mut self) -> bool {
        core::mem::replace(&mut self.announced, false)
    }
}

/// Discards the advert and answers it at once, so that the other steps down now, and hosts that believed
/// it learn better, as keepalived does.
pub(crate) fn insist(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    let run = instance.timing.down;
    let State::Master(master) = &mut instance.state else {
        return;
    };
    let (source, theirs, ours) = (heard.source, heard.priority, instance.priority.get());
    let known = master.weaker.as_mut();
    match known.filter(|weaker| ctx.now.since(weaker.last) <= run) {
        None => {
            master.weaker = Some(Weaker::begin(ctx.now));
            instance.report(
                ctx,
                VrrpEvent::LowerPriority {
                    source,
                    theirs,
                    ours,
                },
            );
        }
        Some(weaker) => {
            weaker.last = ctx.now;
            let lasts = ctx.now.since(weaker.first);
            if lasts >= run && !core::mem::replace(&mut weaker.told, true) {
                instance.report(
                    ctx,
                    VrrpEvent::TwoMasters {
                        source,
                        theirs,
                        ours,
                        lasts,
                    },
                );
            }
        }
    }
    let speak = instance.config.wire.answers_lower;
    if answer(instance, ctx, speak)
        && let State::Master(master) = &mut instance.state
    {
        if let Some(weaker) = &mut master.weaker {
            weaker.announced = true;
        }
        announce(instance, ctx);
    }
}

/// Hosts that believed someone worse learn better: now, and once more.
pub(crate) fn announce(instance: &mut Instance, ctx: &mut Context<'_>) {
    let garp = instance.config.garp;
    if let State::Master(master) = &mut instance.state {
        let owned = instance.config.owned();
        master.schedule.insist(ctx.now, &garp, &owned);
        announce_all(instance, ctx, garp.lower_prio_repeat);
    }
}
