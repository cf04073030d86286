//! The pool as a whole.

mod random;
mod reload;
mod rules;
