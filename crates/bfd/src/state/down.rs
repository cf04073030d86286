//! Down: nobody is heard, or somebody who is down himself.

use super::{DISABLED, Happening, Step};
use holdfast_model::BfdState;
use holdfast_packet::bfd::{Diagnostic, State as Wire};

pub(super) const fn on(happening: Happening) -> Step {
    match happening {
        // RFC 5880 s6.8.6: the neighbour is there; whether it hears us it will say
        Happening::Heard(Wire::Down) => Some((BfdState::Init, Diagnostic::NONE)),
        // ... and it hears us
        Happening::Heard(Wire::Init) => Some((BfdState::Up, Diagnostic::NONE)),
        // an Up of before: its end has to notice first that we began anew
        Happening::Heard(Wire::AdminDown | Wire::Up) | Happening::Silence => None,
        Happening::Disabled => DISABLED,
    }
}
