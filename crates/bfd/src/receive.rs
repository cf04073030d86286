//! Which session a packet is for, and whether it may count: RFC 5880 s6.8.6, RFC 5881 s5.

use crate::input::Packet;
use crate::session::Session;
use holdfast_model::BfdState;
use holdfast_model::bfd::BfdDiscard;
use holdfast_packet::bfd::{self, BfdError, ControlPacket};

/// A packet that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The place of the session that it is for, if one is meant.
    pub(crate) session: Option<usize>,
    /// Your Discriminator, 0 if there is none.
    pub(crate) discriminator: u32,
    /// The first check that failed.
    pub(crate) reason: BfdDiscard,
}

/// The place of the session, and what the packet says.
pub(crate) fn judge(
    sessions: &[Session],
    packet: &Packet<'_>,
) -> Result<(usize, ControlPacket), Refused> {
    let refused = |session, discriminator, reason| Refused {
        session,
        discriminator,
        reason,
    };
    let control = bfd::parse(packet.bytes).map_err(|error| refused(None, 0, reason(error)))?;
    let discriminator = control.your_discriminator;
    let position = if discriminator == 0 {
        // "the session MUST be selected based on some combination of other fields": single hop by
        // the source (RFC 5881 s3), multihop by both addresses (RFC 5883 s4)
        sessions
            .iter()
            .position(|session| is_between(session, packet))
    } else {
        // "it MUST be used to select the session"
        let named = |session: &Session| session.discriminator == discriminator;
        sessions.iter().position(named)
    };
    let found = position.and_then(|at| Some((at, sessions.get(at)?)));
    let Some((at, session)) = found else {
        return Err(refused(None, discriminator, BfdDiscard::NoSession));
    };
    let refused = |reason| Err(refused(Some(at), discriminator, reason));
    // a discriminator alone could be guessed by anybody
    if !is_between(session, packet) {
        return refused(BfdDiscard::Address);
    }
    // RFC 5881 s5: without authentication, what came through a router MUST be discarded
    if packet.hop_limit < session.config.least_hop_limit {
        return refused(BfdDiscard::HopLimit);
    }
    if session.state == BfdState::AdminDown {
        return refused(BfdDiscard::AdminDown);
    }
    Ok((at, control))
}

fn is_between(session: &Session, packet: &Packet<'_>) -> bool {
    let config = &session.config;
    let ours = config.source.zip(packet.destination);
    config.multihop == packet.multihop
        && config.neighbor == packet.source
        && ours.is_none_or(|(source, destination)| source == destination)
}

const fn reason(error: BfdError) -> BfdDiscard {
    match error {
        BfdError::Short { .. } | BfdError::Length { .. } => BfdDiscard::Length,
        BfdError::Version(_) => BfdDiscard::Version,
        BfdError::DetectMult => BfdDiscard::DetectMult,
        BfdError::Multipoint => BfdDiscard::Multipoint,
        BfdError::MyDiscriminator => BfdDiscard::MyDiscriminator,
        BfdError::YourDiscriminator => BfdDiscard::YourDiscriminator,
        BfdError::Authenticated => BfdDiscard::Authentication,
    }
}
