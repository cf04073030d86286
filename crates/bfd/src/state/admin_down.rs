//! AdminDown: this side does not want the session.

use super::{Happening, Step};

pub(super) const fn on(happening: Happening) -> Step {
    match happening {
        // RFC 5880 s6.8.6: "If bfd.SessionState is AdminDown, discard the packet"
        Happening::Heard(_) | Happening::Silence | Happening::Disabled => None,
    }
}
