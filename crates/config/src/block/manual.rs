//! What the tables say, for a manual.

use super::checker::{dns, http, misc, others, ping, smtp, tcp, udp, url};
use super::{
    auth_hmac, authentication, bfd, global_defs, own, real_server, root, static_objects,
    sync_group, track_file, track_process, track_script, virtual_server, vrrp_instance,
};
use crate::table::{Arity, Built, Row, Table};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A keyword, as the manual lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keyword {
    /// The block it stands in.
    pub block: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Other names of the same.
    pub aliases: &'static [&'static str],
    /// What has to follow it, if anything.
    pub value: Option<&'static str>,
    /// Does a block follow it?
    pub block_follows: bool,
    /// How far it is built.
    pub built: Built,
    /// What it does.
    pub doc: &'static str,
}

/// All keywords, block by block.
pub fn manual() -> Vec<Keyword> {
    let mut list = Vec::new();
    visit(&mut |keyword| list.push(keyword));
    list
}

/// The blocks that know the word. A file of nothing but strangers asks a hundred thousand times.
pub(crate) fn homes_of(word: &[u8]) -> Vec<&'static str> {
    static HOMES: LazyLock<BTreeMap<&'static [u8], Vec<&'static str>>> = LazyLock::new(|| {
        let mut homes: BTreeMap<&'static [u8], Vec<&'static str>> = BTreeMap::new();
        visit(&mut |keyword| {
            for name in keyword.aliases.iter().chain([&keyword.name]) {
                let blocks = homes.entry(name.as_bytes()).or_default();
                blocks.push(keyword.block);
            }
        });
        homes
    });
    HOMES.get(word).cloned().unwrap_or_default()
}

pub(crate) fn visit(each: &mut dyn FnMut(Keyword)) {
    add(each, &root::TABLE);
    add(each, &own::TABLE);
    add(each, &global_defs::TABLE);
    add(each, &vrrp_instance::TABLE);
    add(each, &authentication::TABLE);
    add(each, &auth_hmac::TABLE);
    add(each, &virtual_server::TABLE);
    add(each, &real_server::TABLE);
    add(each, &sync_group::TABLE);
    add(each, &track_script::TABLE);
    add(each, &track_file::TABLE);
    add(each, &track_process::TABLE);
    add(each, &bfd::TABLE);
    add(each, &static_objects::GARP_GROUP);
    add(each, &static_objects::TRACK_GROUP);
    add(each, &static_objects::SSL);
    add(each, &tcp::TABLE);
    add(each, &http::TABLE);
    add(each, &url::TABLE);
    add(each, &smtp::TABLE);
    add(each, &smtp::HOST);
    add(each, &dns::TABLE);
    add(each, &udp::TABLE);
    add(each, &ping::TABLE);
    add(each, &misc::TABLE);
    add(each, &others::FILE);
    add(each, &others::BFD);
}

fn add<D>(each: &mut dyn FnMut(Keyword), table: &Table<D>) {
    for row in table.rows() {
        each(keyword(table.block, row));
    }
}

const fn keyword<D>(block: &'static str, row: &Row<D>) -> Keyword {
    Keyword {
        block,
        name: row.name,
        aliases: row.aliases,
        value: match row.arity {
            Arity::Value(value) | Arity::Needed(value) | Arity::NamedBlock(value) => Some(value),
            Arity::Free | Arity::Switch | Arity::Block => None,
        },
        block_follows: matches!(row.arity, Arity::Block | Arity::NamedBlock(_)),
        built: row.built,
        doc: row.doc,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_keyword_is_described_once() {
        let all = manual();
        let mut seen = BTreeSet::new();
        for keyword in &all {
            assert!(keyword.doc.ends_with('.'), "{keyword:?}");
            for name in keyword.aliases.iter().chain([&keyword.name]) {
                assert!(seen.insert((keyword.block, *name)), "{keyword:?}");
            }
        }
        let names: BTreeSet<&str> = seen.iter().map(|(_, name)| *name).collect();
        assert!(names.len() >= 330, "{}", names.len());
    }

    #[test]
    fn a_word_has_a_home() {
        assert_eq!(homes_of(b"use_vmac"), ["vrrp_instance"]);
        assert_eq!(homes_of(b"lb_kind"), ["virtual_server"]);
        assert!(homes_of(b"connect_timeout").len() > 4);
        assert_eq!(homes_of(b"yum"), [""; 0]);
    }
}
