//! Drafts to model: defaults, inheritance, and the rules that need more than one line.

pub(crate) mod lvs;
pub(crate) mod vrrp;
