//! Which keyword stands in which block, without what it does: for looking at braces alone.

use crate::block::{self, ROOT_NAME};
use crate::table::Built;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What follows a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    /// Words only.
    Nothing,
    /// A block of keywords, by its name in the tables.
    Room(&'static str),
    /// A block of values, up to the next `}`.
    List,
}

/// One keyword of one block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) inside: Inside,
    pub(crate) built: Built,
}

/// All blocks.
#[derive(Debug)]
pub(crate) struct Rooms(BTreeMap<(&'static str, &'static str), Entry>);

impl Rooms {
    /// As the tables have them.
    pub(crate) fn all() -> &'static Self {
        static ALL: LazyLock<Rooms> = LazyLock::new(Rooms::new);
        &ALL
    }

    fn new() -> Self {
        let mut names = Vec::new();
        block::visit(&mut |keyword| names.push(keyword.block));
        let mut entries = BTreeMap::new();
        block::visit(&mut |keyword| {
            let inside = match keyword.name {
                _ if !keyword.block_follows => Inside::Nothing,
                "SSL_GET" => Inside::Room("HTTP_GET"),
                // in an instance it is a list
                "track_file" if keyword.block != ROOT_NAME => Inside::List,
                name => match names.iter().find(|block| **block == name) {
                    Some(block) => Inside::Room(block),
                    None => Inside::List,
                },
            };
            let built = keyword.built;
            for name in keyword.aliases.iter().chain([&keyword.name]) {
                entries.insert((keyword.block, *name), Entry { inside, built });
            }
        });
        Self(entries)
    }

    /// What the block has under that keyword.
    pub(crate) fn find(&self, room: &str, keyword: &[u8]) -> Option<Entry> {
        let keyword = core::str::from_utf8(keyword).ok()?;
        self.0.get(&(room, keyword)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_keywords_and_of_values() {
        let rooms = Rooms::all();
        for (room, keyword, inside) in [
            (ROOT_NAME, "virtual_server", Inside::Room("virtual_server")),
            (ROOT_NAME, "vrrp_track_file", Inside::Room("track_file")),
            (
                "vrrp_instance",
                "authentication",
                Inside::Room("authentication"),
            ),
            ("vrrp_instance", "virtual_ipaddress", Inside::List),
            ("vrrp_instance", "track_file", Inside::List),
            ("vrrp_instance", "priority", Inside::Nothing),
            ("real_server", "SSL_GET", Inside::Room("HTTP_GET")),
            ("HTTP_GET", "url", Inside::Room("url")),
        ] {
            let found = rooms.find(room, keyword.as_bytes());
            assert_eq!(found.map(|entry| entry.inside), Some(inside), "{keyword}");
        }
        assert!(rooms.find(ROOT_NAME, b"real_server").is_none());
    }
}
