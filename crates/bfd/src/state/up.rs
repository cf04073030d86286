//! Up: both ends hear each other.

use super::{DISABLED, Happening, Step};
use holdfast_model::BfdState;
use holdfast_packet::bfd::{Diagnostic, State as Wire};

pub(super) const fn on(happening: Happening) -> Step {
    match happening {
        Happening::Heard(Wire::Init | Wire::Up) => None,
        // RFC 5880 s6.8.6: "Neighbor Signaled Session Down"
        Happening::Heard(Wire::AdminDown | Wire::Down) => {
            Some((BfdState::Down, Diagnostic::NEIGHBOR_DOWN))
        }
        // RFC 5880 s6.8.4: "Control Detection Time Expired"
        Happening::Silence => Some((BfdState::Down, Diagnostic::EXPIRED)),
        Happening::Disabled => DISABLED,
    }
}
