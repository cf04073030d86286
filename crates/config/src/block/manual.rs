//! What the tables say, for a manual.

use super::checker::{http, tcp};
use super::{authentication, global_defs, real_server, root, virtual_server, vrrp_instance};
use crate::table::{Arity, Table};

/// A keyword that works, as the manual lists it.
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
    /// What it does.
    pub doc: &'static str,
}

/// All keywords that work, block by block.
pub fn manual() -> Vec<Keyword> {
    let mut list = Vec::new();
    add(&mut list, &root::TABLE);
    add(&mut list, &global_defs::TABLE);
    add(&mut list, &vrrp_instance::TABLE);
    add(&mut list, &authentication::TABLE);
    add(&mut list, &virtual_server::TABLE);
    add(&mut list, &real_server::TABLE);
    add(&mut list, &tcp::TABLE);
    add(&mut list, &http::TABLE);
    add(&mut list, &http::URL);
    list
}

fn add<D>(list: &mut Vec<Keyword>, table: &Table<D>) {
    list.extend(table.rows.iter().map(|row| Keyword {
        block: table.block,
        name: row.name,
        aliases: row.aliases,
        value: match row.arity {
            Arity::Value(value) | Arity::NamedBlock(value) => Some(value),
            Arity::Free | Arity::Block => None,
        },
        doc: row.doc,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unbuilt;

    #[test]
    fn every_keyword_that_works_is_one_of_keepalived() {
        let all = manual();
        assert!(all.len() > 70);
        for keyword in all {
            let names = keyword.aliases.iter().chain([&keyword.name]);
            for name in names {
                assert!(
                    unbuilt::contains(keyword.block, name.as_bytes()),
                    "{keyword:?}"
                );
            }
            assert!(keyword.doc.ends_with('.'), "{keyword:?}");
        }
    }
}
