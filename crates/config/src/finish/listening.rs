//! How the vrrp worker listens, with the file's word where an instance says nothing; and who is in
//! FAULT while the interface of a static object is down.

use super::objects::default_interface;
use super::vrrp::Defaults;
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, StaticsDraft};
use crate::listening_draft::{ListeningDraft, Policy, TrackGroup};
use crate::suggest;
use holdfast_model::{
    Beat, Habits, IfName, Instance, Listening, Name, Room, Track, TrackKey, TrackKind,
};
use holdfast_syntax::{Finding, Span};
use std::collections::{BTreeMap, BTreeSet};

/// `vrrp_rx_bufs_multiplier` where the file says nothing.
const MULTIPLIER: u32 = 3;

/// What few instances ask for.
pub(super) fn habits(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    defaults: &Defaults,
) -> Habits {
    let (own, file) = (&draft.wire.habits, &defaults.wire.habits);
    if let Some(late) = own.late.filter(|_| draft.nopreempt.is_none()) {
        let message = "`timer_expired_backup` works with `nopreempt` only: who preempts is master again anyway";
        let finding = Finding::advice(code::PREEMPTION, late, message);
        context.push(finding.help("add `nopreempt`, or remove the line"));
    }
    let multiplier = file.multiplier.unwrap_or(MULTIPLIER);
    let room = match (own.bytes, file.policy) {
        (Some(bytes @ 1..), _) | (_, Some(Policy::Bytes(bytes))) => Room::Bytes(bytes),
        (_, Some(Policy::Mtu)) => Room::Packets(multiplier),
        (_, Some(Policy::Advert)) => Room::Adverts(multiplier),
        (_, None) => Room::System,
    };
    Habits {
        trusts_list: own.trusts_list.or(file.trusts_list).unwrap_or_default(),
        lease: None,
        on_loss: own.on_loss.or(file.on_loss).unwrap_or_default(),
        room,
    }
}

/// Of the whole file.
pub(crate) fn listening(draft: &ListeningDraft, instances: &[InstanceDraft]) -> Listening {
    let mut listening = draft.model.clone();
    // nothing but `force` asks for nothing
    let buffers = &mut listening.buffers;
    for buffer in [&mut buffers.requests, &mut buffers.news] {
        *buffer = buffer.filter(|buffer| buffer.bytes > 0);
    }
    let own = instances.iter().filter(|own| own.wire.habits.polled);
    let own = own.filter_map(|own| Some((own.interface.as_ref()?.value.clone(), Beat::Mii)));
    let all: BTreeMap<IfName, Beat> = own.chain(draft.polled.iter().cloned()).collect();
    listening.polled = all.into_iter().collect();
    listening
}

/// Instances of a `track_group` watch the interfaces of the static objects that name it.
pub(crate) fn follow(
    context: &mut Context<'_>,
    statics: &mut StaticsDraft,
    listening: &ListeningDraft,
    instances: &mut [Instance],
) {
    let groups = &listening.groups;
    let default = default_interface(statics);
    let places = instances.iter().enumerate();
    let places: BTreeMap<Name, usize> = places.map(|(at, i)| (i.key.0.clone(), at)).collect();
    for group in groups.values() {
        for (name, span) in &group.members {
            if !places.contains_key(name) {
                let message = format!("no instance `{name}`: this `track_group` is without it");
                let finding = Finding::warning(code::NOT_DEFINED, *span, message);
                let names = instances.iter().map(|instance| instance.key.0.as_str());
                let help = match suggest::nearest(name.as_str(), names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "define the instance, or remove it from the group".to_owned(),
                };
                context.push(finding.also(group.head, "this group").help(help));
            }
        }
    }
    let mut done = BTreeSet::new();
    for one in core::mem::take(&mut statics.followed) {
        let Some(group) = groups.get(&one.group) else {
            unknown(context, &one.group, one.span, groups);
            continue;
        };
        let Some(interface) = one.interface.as_ref().or(default.as_ref()) else {
            continue;
        };
        let key = TrackKey::new(TrackKind::Interface, Name::from(interface.as_str()));
        if !done.insert((one.group.clone(), key.clone())) {
            continue;
        }
        for at in group
            .members
            .iter()
            .filter_map(|(name, _)| places.get(name))
        {
            let Some(instance) = instances.get_mut(*at) else {
                continue;
            };
            let list = &mut instance.tracks.list;
            let watched = |track: &Track| track.key == key && track.weight == 0;
            if instance.interface != *interface && !list.iter().any(watched) {
                list.push(Track {
                    key: key.clone(),
                    weight: 0,
                    reverse: false,
                });
            }
        }
    }
}

fn unknown(
    context: &mut Context<'_>,
    name: &Name,
    span: Span,
    groups: &BTreeMap<Name, TrackGroup>,
) {
    let message = format!("no `track_group {name}`: nobody follows this line");
    let names = groups.keys().map(Name::as_str);
    let help = match suggest::nearest(name.as_str(), names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("define `track_group {name} {{ group {{ ... }} }}` above it"),
    };
    context.push(Finding::warning(code::NOT_DEFINED, span, message).help(help));
}
