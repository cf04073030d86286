//! The contract of every state machine.
//!
//! ```text
//!   handle(now, input)  →  poll_action() until None  →  deadline()
//!        ▲                                                  │
//!        └──────────── input, or Tick at the deadline ──────┘
//! ```

use crate::time::Mono;

/// A machine: no clock, socket, task or file inside; time is an argument.
pub trait Machine {
    /// Everything it can hear, `Tick` among it.
    type Input<'a>;
    /// Everything it can ask for.
    type Action;

    /// Takes one input. Deadlines that have passed at `now` are served by the tick input only, so
    /// that an input that was waiting is judged before the timer it would have re-armed.
    fn handle(&mut self, now: Mono, input: Self::Input<'_>);

    /// The next action. Drain until `None` after every `handle`.
    fn poll_action(&mut self) -> Option<Self::Action>;

    /// When the tick input is due.
    fn deadline(&self) -> Option<Mono>;
}

/// One turn: the input, then every action to `effect`, in order.
pub fn drive<M: Machine>(
    machine: &mut M,
    now: Mono,
    input: M::Input<'_>,
    mut effect: impl FnMut(M::Action),
) {
    machine.handle(now, input);
    while let Some(action) = machine.poll_action() {
        effect(action);
    }
}
