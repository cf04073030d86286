//! Which tables there are, and which of them are ours.

use crate::wire::{Family, List, Message, attributes};

/// NFT_MSG_GETTABLE.
const GET: u8 = 1;
/// NFTA_TABLE_NAME, NFTA_TABLE_USERDATA.
const NAME: u16 = 1;
const USERDATA: u16 = 6;

/// A table of the kernel's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its family.
    pub family: Family,
    /// Its name.
    pub name: String,
    /// What its maker wrote on it (`nft list ruleset` shows it as its comment).
    pub comment: Option<String>,
}

/// Asks for all tables of a family.
pub fn tables(family: Family) -> Message {
    Message::new(GET, 0, family, List::default())
}

/// An answer; `None` for another kind of message or family.
pub fn table(body: &[u8]) -> Option<Table> {
    let family = Family::from_number(*body.first()?)?;
    let (mut name, mut comment) = (None, None);
    for (kind, value) in attributes(body.get(4..)?) {
        match kind {
            NAME => name = text(value),
            USERDATA => comment = note(value),
            _ => {}
        }
    }
    Some(Table {
        family,
        name: name?,
        comment,
    })
}

/// libnftnl's notes: type, length, value; type 0 is the comment.
fn note(bytes: &[u8]) -> Option<String> {
    let (kind, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let value = bytes.get(2..2 + length)?;
    if kind == 0 {
        text(value)
    } else {
        note(bytes.get(2 + length..)?)
    }
}

pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|byte| *byte == 0).next()?;
    String::from_utf8(text.to_vec()).ok()
}
