//! What an instance or a sync group watches: `track_interface`, `track_script`, `track_file`,
//! `track_process`, `track_bfd`. A block of lines `NAME [weight W [reverse|noreverse]]`.

use crate::block::homes_of;
use crate::code;
use crate::context::Context;
use crate::draft::{Objects, Track, TrackKind, Tracks, Weighing};
use crate::suggest;
use crate::value::words;
use holdfast_model::Name;
use holdfast_syntax::{Finding, Item};

/// keepalived's limits of a weight; one beyond is taken for the limit.
const MOST: i32 = 253;

/// Reads the lines into `tracks`. Except interfaces, what is watched has to be defined above.
pub(super) fn lines(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    kind: TrackKind,
    objects: &Objects,
    tracks: &mut Tracks,
) {
    for line in item.items() {
        let name = Name::from(line.text(0).unwrap_or_default().as_ref());
        if !exists(context, line, kind, &name, objects) {
            continue;
        }
        let key = (kind, name);
        if let Some(first) = tracks.get(&key) {
            let finding = Finding::error(
                code::SAME_TRACK,
                line.head(),
                format!("`{}` is watched twice: this line is ignored", key.1),
            )
            .also(first.span, "first given here")
            .help("remove one of the two lines");
            context.push(finding);
            continue;
        }
        let weight = weight(context, line, 1).or_else(|| objects.weight(&key));
        let span = line.head();
        tracks.insert(key, Track { weight, span });
    }
}

fn exists(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    kind: TrackKind,
    name: &Name,
    objects: &Objects,
) -> bool {
    let span = line.word_span(0);
    if kind == TrackKind::Interface {
        return context.has_interface(name.as_str())
            || context.missing_interface(span, name.as_str(), "it cannot be watched");
    }
    if objects.deaf(&(kind, name.clone()), |listeners| listeners.vrrp) {
        let message = format!("`bfd_instance {name}` is for real servers only: it is not watched");
        let finding = Finding::error(code::NOT_DEFINED, span, message);
        context.push(finding.help("put `vrrp` beside its `checker`, or remove both"));
        return false;
    }
    if objects.defined(kind, name) {
        return true;
    }
    if objects.was_refused(kind, name) {
        return false;
    }
    let word = kind.block();
    let bare = name.as_str().trim_end_matches([',', ';']);
    let help = if homes_of(line.keyword()).contains(&word) {
        format!(
            "`{name}` belongs in a `{word} NAME {{` block above: here stand the names of such blocks, one a line"
        )
    } else if bare != name.as_str() {
        format!("write `{bare}`: one name a line, without a mark behind it")
    } else if let Some(near) = suggest::nearest(name.as_str(), objects.names(kind)) {
        format!("did you mean `{near}`?")
    } else {
        format!(
            "define `{word} {name} {{` above the block that uses it, not below, or correct the name"
        )
    };
    let message = format!("no `{word} {name}` stands above this line: it is not watched");
    let finding = Finding::error(code::NOT_DEFINED, span, message).help(help);
    context.push(finding);
    false
}

/// `weight W [reverse|noreverse]` from `index` on; anything else is named.
fn weight(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) -> Option<Weighing> {
    let word = line.bytes(index)?;
    if word != b"weight" {
        let consequence = "the rest of the line is ignored";
        if words::signed(word).is_none() {
            context.bad_value(code::CHOICE, line, index, "`weight`", consequence);
            return None;
        }
        let found = line.text(index).unwrap_or_default();
        let message = format!("expected `weight`, found `{found}`: {consequence}");
        let finding = Finding::error(code::CHOICE, line.word_span(index), message);
        context.push(finding.help(format!("write `weight {found}`")));
        return None;
    }
    let Some(value) = line.bytes(index + 1) else {
        let consequence = "the weight is ignored";
        context.bad_value(
            code::NUMBER,
            line,
            index,
            "a number after `weight`",
            consequence,
        );
        return None;
    };
    let limit = MOST + 1;
    let Some(value) = words::signed(value).filter(|value| (-limit..=limit).contains(value)) else {
        let expected = format!("a whole number from -{MOST} to {MOST}");
        context.bad_value(
            code::NUMBER,
            line,
            index + 1,
            &expected,
            "the weight is ignored",
        );
        return None;
    };
    if value.abs() == limit {
        let expected = format!("a whole number from -{MOST} to {MOST}");
        let consequence = "the nearest of these is used";
        context.bad_value(code::NUMBER, line, index + 1, &expected, consequence);
    }
    let value = value.clamp(-MOST, MOST);
    let reverse = reverse(context, line, index + 2, "`reverse` or `noreverse`");
    Some(Weighing {
        weight: value,
        reverse,
    })
}

/// The keyword's first word as a weight, perhaps reversed.
pub(super) fn own_weight(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    most: i32,
) -> Option<Weighing> {
    let weight = super::check::signed(context, item, 1, -most..=most)?;
    let reverse = reverse(context, item, 2, "`reverse` or nothing");
    Some(Weighing { weight, reverse })
}

/// The word behind a weight.
fn reverse(context: &mut Context<'_>, item: Item<'_, '_>, index: usize, expected: &str) -> bool {
    match item.bytes(index) {
        None | Some(b"noreverse") => false,
        Some(b"reverse") => true,
        Some(_) => {
            context.bad_value(code::CHOICE, item, index, expected, "the word is ignored");
            false
        }
    }
}
