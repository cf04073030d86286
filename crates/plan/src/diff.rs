//! The difference of one key: what is wanted against what stands.

use crate::domain::{Act, Desired, Domain, Op, Origin};
use std::collections::{BTreeMap, BTreeSet};

/// What stands in the kernel, ours and others'.
pub type Observed<D> = BTreeMap<<D as Domain>::Id, <D as Domain>::Attr>;

/// Objects of one key that we made or adopted.
pub type Ours<D> = BTreeMap<<D as Domain>::Id, Origin>;

/// The operations that turn `observed` into `want`, in the domain's order. `want` `None`: the key
/// is not wanted at all. Objects that are neither wanted nor ours are left alone.
pub fn diff<D: Domain>(
    want: Option<&[Desired<D::Id, D::Attr>]>,
    observed: &Observed<D>,
    ours: &Ours<D>,
) -> Vec<Op<D::Id, D::Attr>> {
    let mut ops = Vec::new();
    let want = want.unwrap_or_default();
    for Desired { id, attr } in want {
        match (attr, observed.get(id)) {
            (Some(attr), None) => ops.push(Op::Create(id.clone(), attr.clone())),
            (Some(attr), Some(have)) if attr == have => {}
            (Some(attr), Some(have)) if D::editable(have, attr) => {
                ops.push(Op::Edit(id.clone(), attr.clone()));
            }
            (Some(attr), Some(_)) => {
                ops.push(Op::Delete(id.clone()));
                ops.push(Op::Create(id.clone(), attr.clone()));
            }
            (None, Some(_)) => ops.push(Op::Delete(id.clone())),
            (None, None) => {}
        }
    }
    for id in leftovers::<D>(want, ours) {
        if observed.contains_key(id) {
            ops.push(Op::Delete(id.clone()));
        }
    }
    arrange::<D>(ops)
}

/// What of ours is not in `want`.
pub(crate) fn leftovers<'a, D: Domain>(
    want: &[Desired<D::Id, D::Attr>],
    ours: &'a Ours<D>,
) -> Vec<&'a D::Id> {
    let named = want.iter().filter(|d| ours.contains_key(&d.id)).count();
    if named == ours.len() {
        return Vec::new();
    }
    let wanted: BTreeSet<&D::Id> = want.iter().map(|desired| &desired.id).collect();
    ours.keys().filter(|id| !wanted.contains(id)).collect()
}

/// The domain's order; whatever a deletion takes along needs no operation of its own.
fn arrange<D: Domain>(mut ops: Vec<Op<D::Id, D::Attr>>) -> Vec<Op<D::Id, D::Attr>> {
    let parents: Vec<D::Id> = ops
        .iter()
        .filter(|op| op.act() == Act::Delete && D::covers(op.id(), op.id()))
        .map(|op| op.id().clone())
        .collect();
    if !parents.is_empty() {
        ops.retain(|op| {
            !parents
                .iter()
                .any(|parent| parent != op.id() && D::covers(parent, op.id()))
        });
    }
    ops.sort_by_key(|op| D::rank(op.id(), op.act()));
    ops
}

/// What a success means for the table.
pub fn apply<D: Domain>(observed: &mut Observed<D>, op: &Op<D::Id, D::Attr>) {
    match op {
        Op::Create(id, attr) | Op::Edit(id, attr) => {
            observed.insert(id.clone(), attr.clone());
        }
        Op::Delete(id) => {
            remove::<D, D::Attr>(observed, id);
        }
    }
}

/// Takes an object, and what hangs below it, out of a map by identity; gives back what it took.
pub(crate) fn remove<D: Domain, V>(map: &mut BTreeMap<D::Id, V>, id: &D::Id) -> BTreeMap<D::Id, V> {
    let mut covered = BTreeSet::from([id.clone()]);
    if D::covers(id, id) {
        let below = map.range(id..).map(|(other, _)| other);
        covered.extend(below.take_while(|other| D::covers(id, other)).cloned());
    }
    covered
        .into_iter()
        .filter_map(|id| map.remove_entry(&id))
        .collect()
}
