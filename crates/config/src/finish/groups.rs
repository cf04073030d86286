//! Rules of sync groups and their members.

use crate::code;
use crate::context::Context;
use crate::draft::{GroupDraft, InstanceDraft, Track, TrackKind};
use holdfast_syntax::Finding;

/// Says what is odd about the groups.
pub(crate) fn judge(context: &mut Context<'_>, groups: &[GroupDraft], instances: &[InstanceDraft]) {
    let mut grouped: Vec<(&str, &GroupDraft)> = Vec::new();
    for group in groups {
        let mut members = Vec::new();
        for (name, span) in &group.members {
            let Some(instance) = instances.iter().find(|instance| instance.name == *name) else {
                let finding = Finding::warning(
                    code::NOT_DEFINED,
                    *span,
                    format!(
                        "no instance `{name}`: sync group `{}` is without it",
                        group.name
                    ),
                )
                .help("define the instance, or remove it from the group");
                context.push(finding);
                continue;
            };
            if let Some((_, other)) = grouped.iter().find(|(member, _)| *member == name.as_str()) {
                let finding = Finding::error(
                    code::GROUP,
                    *span,
                    format!(
                        "instance `{name}` is in sync group `{}` already",
                        other.name
                    ),
                )
                .also(other.head, "that group")
                .help("an instance can be in one group only");
                context.push(finding);
                continue;
            }
            grouped.push((name.as_str(), group));
            members.push(instance);
        }
        size(context, group, members.len());
        for instance in members {
            tracks(context, group, instance);
        }
    }
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
    for track in &instance.tracks {
        let twice = group.tracks.iter().find(|theirs| same(track, theirs));
        if let Some(theirs) = twice {
            let finding = Finding::warning(
                code::SAME_TRACK,
                track.span,
                format!("`{}` is watched by instance and sync group", track.name),
            )
            .also(theirs.span, "watched by the group here")
            .help("remove one of the two");
            context.push(finding);
        }
        if track.weight.is_some_and(|weight| weight != 0) {
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

fn same(ours: &Track, theirs: &Track) -> bool {
    ours.kind == TrackKind::Interface && theirs.kind == ours.kind && theirs.name == ours.name
}
