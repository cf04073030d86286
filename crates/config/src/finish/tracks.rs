//! What an instance watches: its own lines and those of its sync group, and which of them count.

use crate::draft::{GroupDraft, InstanceDraft, Track, TrackKind, Weighing};
use holdfast_model::track::TrackFile;
use holdfast_model::{Instance, Name, Priority, TrackKey, Tracked, Tracks, VirtualServer};
use std::collections::BTreeSet;

/// Everything that an instance watches.
pub(super) fn tracks(
    draft: &InstanceDraft,
    group: Option<&GroupDraft>,
    priority: Priority,
) -> Tracks {
    // Inside a group a weight would move one member and not the others; an owner's priority
    // never moves.
    let stripped = priority.is_owner() || group.is_some_and(|group| !group.weights);
    let own_interface = |kind: TrackKind, name: &Name| {
        let own = draft.interface.as_ref().map(|own| own.value.as_str());
        kind == TrackKind::Interface && own == Some(name.as_str())
    };
    let mut list = Vec::new();
    for ((kind, name), track) in &draft.tracks {
        if !own_interface(*kind, name) {
            list.extend(line(*kind, name, track, stripped));
        }
    }
    for ((kind, name), track) in group.into_iter().flat_map(|group| &group.tracks) {
        if !own_interface(*kind, name) {
            list.extend(line(*kind, name, track, priority.is_owner()));
        }
    }
    Tracks {
        list,
        not_own_interface: draft.not_own_interface,
    }
}

/// One line as it counts. Where weights do not count: keepalived takes an interface, and a file of
/// weight 1, for a fault, and leaves everything else out.
fn line(
    kind: TrackKind,
    name: &Name,
    track: &Track,
    stripped: bool,
) -> Option<holdfast_model::Track> {
    let default = if kind == TrackKind::File { 1 } else { 0 };
    let mut weighing = track.weight.unwrap_or(Weighing {
        weight: default,
        reverse: false,
    });
    if stripped && weighing.weight != 0 {
        let to_fault = match kind {
            TrackKind::Interface => true,
            TrackKind::File => weighing.weight == default,
            TrackKind::Script | TrackKind::Process | TrackKind::Bfd => false,
        };
        if !to_fault {
            return None;
        }
        weighing.weight = 0;
    }
    Some(holdfast_model::Track {
        key: TrackKey::new(kind, name.clone()),
        weight: weighing.weight,
        reverse: weighing.reverse,
    })
}

/// What checks watch.
pub(crate) fn checked(files: &[TrackFile], servers: &[VirtualServer]) -> Tracked {
    let reals = servers.iter().flat_map(|server| &server.real_servers);
    let checkers = reals.flat_map(|real| &real.checkers);
    let keys: BTreeSet<TrackKey> = checkers
        .filter_map(|checker| checker.probe.watches())
        .collect();
    let wanted =
        |file: &&TrackFile| keys.contains(&TrackKey::new(TrackKind::File, file.name.clone()));
    Tracked {
        files: files.iter().filter(wanted).cloned().collect(),
        ..Tracked::default()
    }
}

/// Only what somebody watches is run.
pub(crate) fn watched(mut tracked: Tracked, instances: &[Instance]) -> Tracked {
    let lines = instances.iter().flat_map(|instance| &instance.tracks.list);
    let keys: BTreeSet<&TrackKey> = lines.map(|track| &track.key).collect();
    let wanted = |kind, name: &Name| keys.contains(&TrackKey::new(kind, name.clone()));
    tracked.room = tracked.room.filter(|room| room.bytes > 0);
    tracked
        .files
        .retain(|file| wanted(TrackKind::File, &file.name));
    tracked
        .scripts
        .retain(|script| wanted(TrackKind::Script, &script.name));
    tracked
        .processes
        .retain(|process| wanted(TrackKind::Process, &process.name));
    tracked
}
