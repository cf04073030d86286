//! A keepalived that was ended for us (`holdfast takeover`) leaves its nftables tables, and nobody else takes them away:
//! addresses that it kept away, or gave marks, would be so for ever.

use holdfast_kernel::nft::remove_named;
use holdfast_model::Name;

/// Removes its table, once ours is there. `name` is what the file calls it, or `ours` where it does not: then
/// keepalived's is `theirs`.
pub(super) fn remove_table(name: &Name, ours: &Name, theirs: &str) {
    let name = if name == ours { theirs } else { name.as_str() };
    match remove_named(name) {
        Ok(true) => tracing::info!("nftables: keepalived's table {name} is removed"),
        Ok(false) => {}
        Err(error) => tracing::warn!("nftables: keepalived's table {name} stays: {error}"),
    }
}
