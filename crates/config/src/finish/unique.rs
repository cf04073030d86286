//! Two blocks for one service of the kernel.

use crate::code;
use crate::context::Context;
use holdfast_model::VirtualServer;
use holdfast_syntax::{Finding, Span};
use std::collections::BTreeMap;

/// keepalived merges blocks of one identity in the kernel; here the first counts. A group's
/// services that another block has are left out of it.
pub(crate) fn unique(
    context: &mut Context<'_>,
    servers: Vec<(VirtualServer, Span)>,
) -> Vec<(VirtualServer, Span)> {
    let mut seen = BTreeMap::new();
    let mut list = Vec::with_capacity(servers.len());
    for (mut server, block) in servers {
        let double = server.services().iter().find_map(|service| {
            let first = seen.get(service)?;
            Some((*service, *first))
        });
        if let Some((service, first)) = double {
            let finding = Finding::error(
                code::SAME_VIRTUAL_SERVER,
                block,
                format!(
                    "virtual server {service} stands here twice, merging them is not supported yet: the first counts"
                ),
            )
            .also(first, "first defined here")
            .help("write all its real servers in one block");
            context.push(finding);
            let Some(group) = &mut server.group else {
                continue;
            };
            group.services.retain(|service| !seen.contains_key(service));
            if group.services.is_empty() {
                continue;
            }
        }
        seen.extend(server.services().iter().map(|service| (*service, block)));
        list.push((server, block));
    }
    list
}
