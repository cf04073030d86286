//! Values, one file a kind. Each reads one word and says nothing: the caller knows what the value
//! is for and what happens without it.

pub(crate) mod address;
pub(crate) mod bytes;
pub(crate) mod command;
pub(crate) mod duration;
pub(crate) mod number;
pub(crate) mod words;
