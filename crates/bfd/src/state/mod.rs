//! The states of a session and what leads from one to another: RFC 5880 s6.2 and s6.8.6, as one
//! total match. What a change does beside it is the session's.

mod admin_down;
mod down;
mod init;
mod up;

use holdfast_model::BfdState;
use holdfast_packet::bfd::{Diagnostic, State as Wire};

/// What can happen to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A packet of the neighbour, with the state that it is in.
    Heard(Wire),
    /// The detection time passed without one.
    Silence,
    /// This side holds the session down; there is no way back, a session begins anew.
    Disabled,
}

/// A new state, and why it is entered.
pub(crate) type Step = Option<(BfdState, Diagnostic)>;

/// Where it leads; `None`: nowhere.
pub(crate) const fn step(state: BfdState, happening: Happening) -> Step {
    match state {
        BfdState::AdminDown => admin_down::on(happening),
        BfdState::Down => down::on(happening),
        BfdState::Init => init::on(happening),
        BfdState::Up => up::on(happening),
    }
}

/// RFC 5880 s6.8.16: held down by its administrator.
const DISABLED: Step = Some((BfdState::AdminDown, Diagnostic::ADMIN_DOWN));

#[cfg(test)]
mod tests {
    use super::*;
    use Happening::{Disabled, Heard, Silence};

    #[test]
    fn the_table() {
        const NONE: Diagnostic = Diagnostic::NONE;
        let up = Some((BfdState::Up, NONE));
        let init = Some((BfdState::Init, NONE));
        let told = Some((BfdState::Down, Diagnostic::NEIGHBOR_DOWN));
        let silent = Some((BfdState::Down, Diagnostic::EXPIRED));
        let held = DISABLED;
        // what happens, and what that makes of AdminDown, Down, Init, Up
        let table = [
            (Heard(Wire::AdminDown), [None, None, told, told]),
            (Heard(Wire::Down), [None, init, None, told]),
            (Heard(Wire::Init), [None, up, up, None]),
            (Heard(Wire::Up), [None, None, up, None]),
            (Silence, [None, None, silent, silent]),
            (Disabled, [None, held, held, held]),
        ];
        let states = [
            BfdState::AdminDown,
            BfdState::Down,
            BfdState::Init,
            BfdState::Up,
        ];
        for (happening, steps) in table {
            for (state, expected) in states.into_iter().zip(steps) {
                assert_eq!(step(state, happening), expected, "{state} {happening:?}");
            }
        }
    }
}
