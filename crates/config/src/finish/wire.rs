//! How an instance's adverts travel: its own word, the file's, the defaults.

use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, Spanned, WireDraft};
use core::net::IpAddr;
use holdfast_model::{AddressFamily, Cast, Checksum, LastWord, Peers, Version, Wire};
use holdfast_syntax::Finding;

pub(super) fn finish(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    family: AddressFamily,
    version: u32,
    file: &WireDraft,
) -> Wire {
    let own = &draft.wire;
    let peers = peers(context, draft, family, file);
    let nobody = draft.unicast.is_some() && own.habits.needs_peers;
    let cast = if peers.list.is_empty() && !nobody {
        Cast::Group(group(own, family).or(group(file, family)).unwrap_or(
            match Cast::group(family) {
                Cast::Group(group) => group,
                Cast::Peers(_) => IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED),
            },
        ))
    } else {
        Cast::Peers(peers)
    };
    Wire {
        version: if version == 3 {
            Version::V3
        } else {
            Version::V2
        },
        family,
        source: source(context, own.source.as_ref(), family),
        cast,
        checksum: checksum(own, file),
        down_adverts: own.down_adverts.or(file.down_adverts).unwrap_or(3),
        answers_lower: !own
            .lower_unanswered
            .or(file.lower_unanswered)
            .unwrap_or_default(),
        last_word: match own.higher_answered.or(file.higher_answered) {
            None => LastWord::ToReturned,
            Some(true) => LastWord::Always,
            Some(false) => LastWord::Never,
        },
        owner_deaf: own.owner_deaf.or(file.owner_deaf).unwrap_or_default(),
        hmac: None,
        learned_max: None,
        tracks_source: own.tracks_source && own.source.is_some(),
        strict: false,
        habits: holdfast_model::Habits::default(),
    }
}

const fn group(draft: &WireDraft, family: AddressFamily) -> Option<IpAddr> {
    match family {
        AddressFamily::V4 => draft.group4,
        AddressFamily::V6 => draft.group6,
    }
}

fn checksum(own: &WireDraft, file: &WireDraft) -> Checksum {
    let as_v2 = own.checksum_as_v2.or(file.checksum_as_v2);
    match (as_v2.unwrap_or_default(), own.old_checksum) {
        (true, _) => Checksum::Message,
        (false, None) => Checksum::PseudoOrOld,
        (false, Some(true)) => Checksum::Old,
        (false, Some(false)) => Checksum::Pseudo,
    }
}

fn source(
    context: &mut Context<'_>,
    source: Option<&Spanned<IpAddr>>,
    family: AddressFamily,
) -> Option<IpAddr> {
    let source = source?;
    if AddressFamily::of(source.value) == family {
        return Some(source.value);
    }
    let finding = Finding::warning(
        code::FAMILY,
        source.span,
        "this source is of another address family than the adverts: the interface's address is used",
    )
    .help("write an address of the first virtual address's family");
    context.push(finding);
    None
}

fn peers(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    family: AddressFamily,
    file: &WireDraft,
) -> Peers {
    let mut list = Vec::with_capacity(draft.peers.len());
    for (peer, span) in &draft.peers {
        if AddressFamily::of(peer.address) == family {
            list.push(*peer);
            continue;
        }
        let finding = Finding::warning(
            code::FAMILY,
            *span,
            "this peer is of another address family than the adverts: it is left out",
        )
        .help("name peers of the first virtual address's family");
        context.push(finding);
    }
    Peers {
        list,
        ttl: draft.wire.ttl,
        only_known: draft.wire.only_known || file.only_known,
    }
}
