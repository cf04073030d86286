//! The pool as a whole.

mod orders;
mod random;
mod reload;
mod rules;
