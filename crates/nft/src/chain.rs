//! How many rules a chain has, as the kernel counts them: one small question, however many there are.

use crate::list::Table;
use crate::wire::{List, Message, attributes};

/// NFT_MSG_GETCHAIN.
const GET: u8 = 4;
/// NFTA_CHAIN_TABLE, NFTA_CHAIN_NAME, NFTA_CHAIN_USE.
const TABLE: u16 = 1;
const NAME: u16 = 3;
const USE: u16 = 6;

/// Asks for a chain; the kernel's ENOENT: it is not there.
pub(crate) fn chain(table: &Table, name: &str) -> Message {
    let list = List::default().text(TABLE, &table.name).text(NAME, name);
    Message::new(GET, 0, table.family, list)
}

/// What an answer says: rules of the chain, and jumps to it, which only a chain without a hook has.
pub fn rules_in(body: &[u8]) -> Option<u32> {
    let mut all = attributes(body.get(4..)?);
    let (_, value) = all.find(|(kind, _)| *kind == USE)?;
    Some(u32::from_be_bytes(*value.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Family;

    #[test]
    fn the_count_is_in_the_answer() {
        let table = Table {
            family: Family::Ipv6,
            name: "t".to_owned(),
            comment: None,
        };
        let question = chain(&table, "out");
        assert_eq!(question.kind, 0x0a04);
        assert_eq!(rules_in(&question.body), None);
        let list = List::default().text(NAME, "out").number(USE, 258);
        let answer = Message::new(3, 0, Family::Ipv6, list).body;
        assert_eq!(rules_in(&answer), Some(258));
        for length in 0..answer.len() {
            assert_eq!(rules_in(&answer[..length]), None, "{length}");
        }
    }
}
