//! What a reload means.
//!
//! An instance is known by its name. VRID, interface, VMAC, family, and group or unicast are what it is: with another of
//! them it is another router, and the old is ended before the new is begun. Everything else is
//! taken over in place, at once, without a transition and without a priority 0.

use crate::advert::advertised;
use crate::group::Group;
use crate::instance::{Context, Instance};
use crate::router::{Phase, Router};
use crate::snapshot::place;
use crate::state::{self, Happening, State};
use crate::tracking;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Instance as Config, Mono, VrrpModel};
use std::collections::BTreeSet;

impl Router {
    /// Takes over a configuration: removals first, then everything in the order of the file.
    pub(crate) fn reconfigure(&mut self, now: Mono, model: &VrrpModel) {
        if matches!(self.phase, Phase::Stopping { .. } | Phase::Stopped) {
            return;
        }
        let mut old = core::mem::take(&mut self.instances);
        let watched = tracking::watched(old.iter().map(|instance| &instance.config));
        let mut kept = Vec::with_capacity(model.instances.len());
        for config in &model.instances {
            let same = |instance: &Instance| {
                instance.config.key == config.key && is_same_router(&instance.config, config)
            };
            kept.push((config, old.iter().position(same).map(|at| old.remove(at))));
        }
        // What leaves speaks first: its priority 0 is what others wait for.
        for mut instance in old {
            self.with(now, &mut instance, |instance, ctx| {
                state::step(instance, ctx, Happening::Stop { release: true });
            });
            if let Some(pending) = instance.pending {
                self.leaving
                    .insert(instance.config.key.clone(), pending.epoch);
            }
        }
        self.tells_unknown = model.listening.tells_unknown;
        self.groups = Group::all(&model.groups, &self.groups);
        let running = self.phase == Phase::Running;
        if running {
            tracking::reload(&mut self.levels, &watched, model);
        }
        let mut joined = BTreeSet::new();
        for (config, instance) in kept {
            let fresh = instance.is_none();
            let mut instance = instance.unwrap_or_else(|| Instance::new(config, now));
            instance.grouped = model
                .groups
                .iter()
                .any(|group| group.members.contains(&config.key));
            if fresh {
                joined.insert(config.key.clone());
            }
            self.with(now, &mut instance, |instance, ctx| {
                take_over(instance, ctx, config);
                if running {
                    instance.observe(ctx);
                }
                if running && fresh {
                    state::step(instance, ctx, Happening::Start);
                }
            });
            self.instances.push(instance);
        }
        self.due.forget();
        self.sync_groups();
        self.share_faults(now);
        self.welcome(&joined);
        self.sync_watches();
    }
}

/// True when `new` is the same virtual router as `old`.
fn is_same_router(old: &Config, new: &Config) -> bool {
    old.vrid == new.vrid && place(old) == place(new)
}

/// Takes over a configuration of the same router.
fn take_over(instance: &mut Instance, ctx: &mut Context<'_>, new: &Config) {
    if instance.config == *new {
        return;
    }
    let old = core::mem::replace(&mut instance.config, new.clone());
    let priority = tracking::judge(new, ctx.levels, |name| ctx.links.get(name)).priority;
    let from = core::mem::replace(&mut instance.priority, priority);
    let before = instance.timing;
    instance.follow_on(&old);
    instance.retime();
    instance.advertised = advertised(new);
    if from != priority && !matches!(instance.state, State::Init) {
        let (from, to) = (from.get(), priority.get());
        instance.report(ctx, VrrpEvent::PriorityChanged { from, to });
    }
    let timing = instance.timing;
    match &mut instance.state {
        State::Init | State::Fault => {}
        // A new interval means new adverts: version 2 drops those of the other, so it is given the
        // whole time to follow. Otherwise what is left of the time moves with the priority.
        State::Backup(backup) if before.advert != timing.advert => {
            backup.down = ctx.now + timing.down;
        }
        State::Backup(backup) => backup.down = backup.down - before.down + timing.down,
        State::Master(master) => {
            master.advert = ctx.now + timing.advert;
            master.sent = ctx.now;
            if old.garp.refresh != new.garp.refresh {
                master.schedule.retime(ctx.now, &new.garp);
            }
            if old.links.announced != new.links.announced {
                master.schedule.retime_further(ctx.now, new.links.announced);
            }
            let (before, mut owned) = (old.owned(), new.owned());
            master.schedule.retain(&owned);
            master.owed.retain(|vip| owned.contains(vip));
            owned.retain(|vip| !before.contains(vip));
            master.owe(&owned);
            // The others hear of a new priority, interval or list now, not after the old interval.
            instance.send_advert(ctx);
            let leases = old.wire.habits.lease != new.wire.habits.lease;
            if old.addresses != new.addresses || old.objects != new.objects || leases {
                instance.want_addresses(ctx);
            }
        }
    }
}
