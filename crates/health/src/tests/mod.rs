//! The pool as a whole.

mod ease;
mod orders;
mod random;
mod reload;
mod rules;
