//! Rules of sync groups and their members, and what becomes of them.

use crate::code;
use crate::context::Context;
use crate::draft::{GroupDraft, InstanceDraft, TrackKind};
use crate::finish::vrrp::Defaults;
use crate::suggest;
use holdfast_model::{GroupKey, Instance, InstanceKey, Name, SyncGroup};
use holdfast_syntax::Finding;
use std::collections::BTreeMap;

/// Says what is odd about the groups; the group of each instance that is in one.
pub(crate) fn judge(
    context: &mut Context<'_>,
    groups: &[GroupDraft],
    instances: &[InstanceDraft],
) -> BTreeMap<Name, usize> {
    let mut member_of = BTreeMap::new();
    let by_name: BTreeMap<&Name, &InstanceDraft> =
        instances.iter().map(|draft| (&draft.name, draft)).collect();
    let mut grouped: BTreeMap<&Name, &GroupDraft> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        let mut members = Vec::new();
        for (name, span) in &group.members {
            let Some(instance) = by_name.get(name) else {
                let finding = Finding::warning(
                    code::NOT_DEFINED,
                    *span,
                    format!(
                        "no instance `{name}`: sync group `{}` is without it",
                        group.name
                    ),
                )
                .help(
                    match suggest::nearest(name.as_str(), by_name.keys().map(|name| name.as_str()))
                    {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "define the instance, or remove it from the group".to_owned(),
                    },
                );
                context.push(finding);
                continue;
            };
            if let Some(other) = grouped.get(name) {
                let finding = Finding::error(
                    code::GROUP,
                    *span,
                    format!(
                        "instance `{name}` is in sync group `{}` already",
                        other.name
                    ),
                );
                let finding = if other.head == group.head {
                    finding.help("remove this line")
                } else {
                    finding
                        .also(other.head, "that group")
                        .help("an instance can be in one group only: remove it from one of the two")
                };
                context.push(finding);
                continue;
            }
            grouped.insert(name, group);
            member_of.insert(name.clone(), at);
            members.push(*instance);
        }
        size(context, group, members.len());
        for instance in members {
            tracks(context, group, instance);
        }
    }
    member_of
}

/// The groups that have instances which run.
pub(crate) fn finish(
    context: &mut Context<'_>,
    defaults: Defaults,
    instances: &[Instance],
) -> Vec<SyncGroup> {
    let Defaults {
        groups,
        member_of,
        users,
        ..
    } = defaults;
    let mut list = Vec::new();
    for (at, group) in groups.into_iter().enumerate() {
        let ours = |name: &&Name| member_of.get(*name) == Some(&at);
        let names = group.members.iter().map(|(name, _)| name).filter(ours);
        let runs = |name: &&Name| instances.iter().any(|instance| instance.key.0 == **name);
        let members: Vec<InstanceKey> = names.filter(runs).cloned().map(InstanceKey).collect();
        if !members.is_empty() {
            list.push(SyncGroup {
                key: GroupKey(group.name),
                members,
                notify: users.notify(context, group.notify),
            });
        }
    }
    list
}

fn size(context: &mut Context<'_>, group: &GroupDraft, members: usize) {
    let (message, help) = match members {
        0 => (
            format!(
                "sync group `{}` has no instances: it is left out",
                group.name
            ),
            "name its instances in a `group` block, one a line",
        ),
        1 => (
            format!(
                "sync group `{}` has one instance only: it changes nothing",
                group.name
            ),
            "add the instances that have to move together, or remove the group",
        ),
        _ => return,
    };
    context.push(Finding::warning(code::GROUP, group.head, message).help(help));
}

/// Inside a group a weight cannot count for one member alone.
fn tracks(context: &mut Context<'_>, group: &GroupDraft, instance: &InstanceDraft) {
    for (key, track) in &instance.tracks {
        let (kind, name) = key;
        let twice = group
            .tracks
            .get(key)
            .filter(|_| *kind == TrackKind::Interface);
        if let Some(theirs) = twice {
            let finding = Finding::warning(
                code::SAME_TRACK,
                track.span,
                format!("`{name}` is watched by instance and sync group"),
            )
            .also(theirs.span, "watched by the group here")
            .help("remove one of the two");
            context.push(finding);
        }
        if track.weighs() && !group.weights {
            let finding = Finding::warning(
                code::USELESS_WEIGHT,
                track.span,
                format!(
                    "a member of sync group `{}` has no weights of its own: this one is ignored",
                    group.name
                ),
            )
            .help("use weight 0, which makes a failure a fault, or `sync_group_tracking_weight`");
            context.push(finding);
        }
    }
}
