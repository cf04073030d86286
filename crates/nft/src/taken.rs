//! What somebody took out of a table, as the kernel tells of it.

use crate::list::text;
use crate::wire::{SUBSYSTEM, attributes};

/// NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET, DELSETELEM.
const GONE: [u8; 5] = [2, 5, 8, 11, 14];
/// NFTA_TABLE_NAME; in messages about what a table has, its name has the same number.
const TABLE: u16 = 1;

/// The name of the table, if a notification of this type says that something is gone from it, or
/// that it is gone.
pub fn taken(kind: u16, body: &[u8]) -> Option<String> {
    let of_tables = kind >> 8 == SUBSYSTEM;
    let gone = GONE.iter().any(|gone| kind & 0xff == u16::from(*gone));
    let mut attributes = attributes(body.get(4..)?).filter(|_| of_tables && gone);
    attributes.find_map(|(kind, value)| (kind == TABLE).then(|| text(value))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_gone_counts() {
        let body = [
            2, 0, 0, 7, 8, 0, 2, 0, 1, 2, 3, 4, 8, 0, 1, 0, b'o', b'u', b'r', 0,
        ];
        for (kind, expected) in [
            (0x0a02, Some("our".to_owned())),
            (0x0a08, Some("our".to_owned())),
            (0x0a0e, Some("our".to_owned())),
            (0x0a00, None),
            (0x0a06, None),
            (0x0a10, None),
            (0x0102, None),
        ] {
            assert_eq!(taken(kind, &body), expected, "{kind:#x}");
        }
        for length in 0..body.len() - 4 {
            assert_eq!(taken(0x0a02, &body[..length]), None);
        }
    }
}
