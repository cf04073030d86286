//! A master whose addresses somebody takes away (`on_vip_loss`).
//!
//! ```text
//!  lost ─┬─ backup ─── priority 0, BACKUP for Skew_Time                 as keepalived does
//!        └─ restore ┬─ its link is down ──────── when that is up
//!                   ├─ up to 5 waves in 10 s ─── at once
//!                   └─ more ┬─ a peer is master, too ── FAULT for a while: it may serve
//!                           └─ else ── after 1, 2, 4 s
//! ```
//! What is back is announced.

use crate::instance::{Context, Instance};
use crate::state::insist::Weaker;
use crate::state::{State, backup};
use core::time::Duration;
use holdfast_model::event::{FaultCause, VrrpEvent};
use holdfast_model::{Mono, OnLoss, State as Name, VirtualAddress};
use serde::{Deserialize, Serialize};

/// Waves of lost addresses that are repaired at once within [`WAVES_IN`].
const WAVES: u8 = 5;

/// The time over which waves are counted.
const WAVES_IN: Duration = Duration::from_secs(10);

/// Losses this close together are one wave: a flush takes all addresses, one message each.
const WAVE: Duration = Duration::from_millis(50);

/// How often a link that is down is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What a master remembers of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Losses {
    /// Start of the count, and of the last wave.
    times: Option<(Mono, Mono)>,
    waves: u8,
    /// When what is lost is put back.
    pub(crate) repair: Option<Mono>,
}

impl Losses {
    /// Counts a loss.
    fn count(&mut self, now: Mono) {
        self.times = match self.times {
            Some((start, last)) if now.since(start) < WAVES_IN => {
                if now.since(last) < WAVE {
                    Some((start, last))
                } else {
                    self.waves = self.waves.saturating_add(1);
                    Some((start, now))
                }
            }
            Some(_) | None => {
                self.waves = 1;
                Some((now, now))
            }
        };
    }

    /// How long the repair of the last wave waits.
    const fn pause(&self) -> Option<Duration> {
        match self.waves.saturating_sub(WAVES) {
            0 => None,
            1 => Some(Duration::from_secs(1)),
            2 => Some(Duration::from_secs(2)),
            _ => Some(Duration::from_secs(4)),
        }
    }
}

/// Somebody removed an address of ours.
pub(crate) fn lost(instance: &mut Instance, ctx: &mut Context<'_>, address: &VirtualAddress) {
    let ours = instance.config.owned().contains(address);
    let State::Master(master) = &mut instance.state else {
        return;
    };
    if !ours {
        return;
    }
    master.losses.count(ctx.now);
    let (pause, waits) = (master.losses.pause(), master.losses.repair.is_some());
    let heard = master.weaker.as_ref().map(Weaker::last);
    master.owe(core::slice::from_ref(address));
    instance.report(
        ctx,
        VrrpEvent::AddressLost {
            address: address.address,
            interface: address.interface.clone(),
        },
    );
    if instance.config.wire.habits.on_loss == OnLoss::Backup {
        return give_up(instance, ctx);
    }
    let Some(pause) = pause else {
        return repair(instance, ctx);
    };
    if heard.is_some_and(|heard| ctx.now.since(heard) <= instance.timing.down) {
        return instance.raise_passing(ctx, FaultCause::VipTaken);
    }
    if !waits {
        let within = WAVES_IN;
        instance.report(ctx, VrrpEvent::VipContested { within, pause });
        wait(instance, ctx, pause);
    }
}

/// Puts back what is lost, unless there is nowhere to put it.
pub(crate) fn repair(instance: &mut Instance, ctx: &mut Context<'_>) {
    let State::Master(master) = &mut instance.state else {
        return;
    };
    master.losses.repair = None;
    let down = |vip: &VirtualAddress| ctx.links.get(&vip.interface).is_some_and(|link| !link.up);
    if master.owed.iter().any(down) {
        wait(instance, ctx, LOOK);
    } else {
        instance.want_addresses(ctx);
    }
}

fn wait(instance: &mut Instance, ctx: &Context<'_>, pause: Duration) {
    if let State::Master(master) = &mut instance.state {
        master.losses.repair = Some(ctx.now + pause);
    }
}

/// keepalived's way: whoever is there may serve, and we again if nobody does.
fn give_up(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.stats.released_master += 1;
    instance.send_resignation(ctx);
    backup::enter_until(instance, ctx, ctx.now + instance.timing.skew);
    instance.report(ctx, VrrpEvent::Entered(Name::Backup));
    instance.want_none(ctx);
}
