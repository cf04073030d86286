//! What several tests show of a tree.

use holdfast_syntax::Items;

/// Statements with `; ` between them, the inside of blocks in brackets.
pub(crate) fn shape(items: Items<'_, '_>) -> String {
    let items: Vec<String> = items
        .map(|item| {
            let words: Vec<_> = (0..item.len()).filter_map(|n| item.text(n)).collect();
            let inside = item
                .is_block()
                .then(|| format!("[{}]", shape(item.items())));
            words.join(" ") + &inside.unwrap_or_default()
        })
        .collect();
    items.join("; ")
}
