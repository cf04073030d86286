//! The keyed difference of two lists: what a reload means.

use std::collections::BTreeMap;

/// One entry of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a, T> {
    /// Only in the new list.
    Added(&'a T),
    /// Only in the old list.
    Removed(&'a T),
    /// In both, not equal.
    Edited {
        /// As it was.
        old: &'a T,
        /// As it is to be.
        new: &'a T,
    },
}

/// What changes from `old` to `new`, entries matched by `key`: removals first in the old order,
/// then additions and edits in the new order. Of entries with equal keys the first counts.
pub fn difference<'a, T: PartialEq, K: Ord>(
    old: &'a [T],
    new: &'a [T],
    key: impl Fn(&T) -> K,
) -> Vec<Change<'a, T>> {
    let index = |list: &'a [T]| {
        let mut map: BTreeMap<K, &'a T> = BTreeMap::new();
        for item in list {
            map.entry(key(item)).or_insert(item);
        }
        map
    };
    let (before, after) = (index(old), index(new));
    let removed = old
        .iter()
        .filter(|item| !after.contains_key(&key(item)))
        .map(Change::Removed);
    let rest = new.iter().filter_map(|item| match before.get(&key(item)) {
        None => Some(Change::Added(item)),
        Some(old) if *old != item => Some(Change::Edited { old, new: item }),
        Some(_) => None,
    });
    removed.chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_came_went_and_changed() {
        let old = [("a", 1), ("b", 1), ("c", 1)];
        let new = [("d", 1), ("b", 2), ("c", 1)];
        let changes = difference(&old, &new, |item| item.0);
        assert_eq!(
            changes,
            [
                Change::Removed(&("a", 1)),
                Change::Added(&("d", 1)),
                Change::Edited {
                    old: &("b", 1),
                    new: &("b", 2)
                },
            ]
        );
        assert!(difference(&old, &old, |item| item.0).is_empty());
    }
}
