//! Init: the neighbour is heard; we wait for a sign that it hears us.

use super::{DISABLED, Happening, Step};
use holdfast_model::BfdState;
use holdfast_packet::bfd::{Diagnostic, State as Wire};

pub(super) const fn on(happening: Happening) -> Step {
    match happening {
        // RFC 5880 s6.8.6: the sign
        Happening::Heard(Wire::Init | Wire::Up) => Some((BfdState::Up, Diagnostic::NONE)),
        Happening::Heard(Wire::Down) => None,
        // "If received state is AdminDown, and bfd.SessionState is not Down"
        Happening::Heard(Wire::AdminDown) => Some((BfdState::Down, Diagnostic::NEIGHBOR_DOWN)),
        // RFC 5880 s6.8.4
        Happening::Silence => Some((BfdState::Down, Diagnostic::EXPIRED)),
        Happening::Disabled => DISABLED,
    }
}
