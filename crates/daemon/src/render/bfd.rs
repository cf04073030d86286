//! BFD events as log lines, in keepalived's words.

use super::event::{Line, detail, info};
use holdfast_model::bfd::{BfdDiscard, BfdEvent};

pub(super) fn line(event: &BfdEvent) -> Option<Line> {
    match event {
        BfdEvent::Entered {
            session,
            state,
            local,
            remote,
        } => {
            let why = if (*local, *remote) == (0, 0) {
                String::new()
            } else {
                format!(
                    " (Local diagnostic - {}, Remote diagnostic - {})",
                    diagnostic(*local),
                    diagnostic(*remote)
                )
            };
            info(format!("({session}) Entering {state} state{why}"))
        }
        BfdEvent::PollStarted { session } => detail(format!("({session}) Starting poll sequence")),
        BfdEvent::DetectionTime { session, was, is } => detail(format!(
            "({session}) Detection time is {} us (was {} us)",
            is.as_micros(),
            was.as_micros()
        )),
        BfdEvent::Discarded {
            source,
            discriminator,
            reason,
        } => {
            let why = discard(*reason, *discriminator);
            detail(format!("Discarding packet from {source} ({why})"))
        }
    }
}

/// RFC 5880 s4.1.
pub(crate) const fn diagnostic(number: u8) -> &'static str {
    match number {
        0 => "No Diagnostic",
        1 => "Control Detection Time Expired",
        2 => "Echo Function Failed",
        3 => "Neighbor Signaled Session Down",
        4 => "Forwarding Plane Reset",
        5 => "Path Down",
        6 => "Concatenated Path Down",
        7 => "Administratively Down",
        8 => "Reverse Concatenated Path Down",
        _ => "Unknown",
    }
}

fn discard(reason: BfdDiscard, discriminator: u32) -> String {
    match reason {
        BfdDiscard::Version => "unsupported version".to_owned(),
        BfdDiscard::Length => "its length field does not fit what was received".to_owned(),
        BfdDiscard::DetectMult => "'detection multiplier' field is zero".to_owned(),
        BfdDiscard::Multipoint => "'multipoint' flag is set".to_owned(),
        BfdDiscard::MyDiscriminator => "'my discriminator' field is zero".to_owned(),
        BfdDiscard::YourDiscriminator => {
            "'your discriminator' field is zero and 'state' field is not Down or AdminDown"
                .to_owned()
        }
        BfdDiscard::Authentication => "auth bit is set, but no authentication is in use".to_owned(),
        BfdDiscard::NoSession => {
            format!("session is not found - your discriminator field is 0x{discriminator:08x}")
        }
        BfdDiscard::Address => {
            "not from the neighbour of the session that it names, or not to our address".to_owned()
        }
        BfdDiscard::HopLimit => {
            "it came over more hops than ttl and max_hops of the session allow".to_owned()
        }
        BfdDiscard::AdminDown => "session is in AdminDown state".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::{BfdKey, BfdState, Name};

    #[test]
    fn keepalived_has_the_same_words() {
        let session = BfdKey(Name::from("one"));
        let entered = |state, local, remote| {
            let session = session.clone();
            let event = BfdEvent::Entered {
                session,
                state,
                local,
                remote,
            };
            line(&event).map(|line| line.text)
        };
        assert_eq!(
            entered(BfdState::Up, 0, 0).as_deref(),
            Some("(one) Entering Up state")
        );
        assert_eq!(
            entered(BfdState::Down, 1, 0).as_deref(),
            Some(
                "(one) Entering Down state (Local diagnostic - Control Detection Time Expired, \
                 Remote diagnostic - No Diagnostic)"
            )
        );
        let stranger = BfdEvent::Discarded {
            source: [10, 0, 0, 9].into(),
            discriminator: 0xabc,
            reason: BfdDiscard::NoSession,
        };
        assert_eq!(
            line(&stranger).map(|line| line.text).as_deref(),
            Some(
                "Discarding packet from 10.0.0.9 (session is not found - your discriminator field \
                 is 0x00000abc)"
            )
        );
    }
}
