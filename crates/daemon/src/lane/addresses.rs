//! The addresses of the lane: what is wanted of them, carried to the kernel.

use crate::lane::links::Links;
use holdfast_kernel::rt::{Change, NewAddress, ObservedAddress, Rtnetlink, Writer};
use holdfast_kernel::time::now;
use holdfast_model::{Machine as _, Mono, Name, Owner};
use holdfast_plan::address::{AddressAttr, AddressDomain, AddressId, AddressShape};
use holdfast_plan::{Action, Batch, Input, Op, Origin, Outcome, Reconciler, Report, Want};
use std::collections::BTreeMap;

const ENODEV: i32 = 19;

/// The ways to the kernel.
pub(crate) struct Kernel {
    pub(crate) rtnetlink: Rtnetlink,
    pub(crate) writer: Writer,
}

/// Addresses, by who wants them.
#[derive(Debug)]
pub(crate) struct Addresses {
    reconciler: Reconciler<AddressDomain>,
    /// What was put there last: the kernel does not show all of it.
    sent: BTreeMap<AddressId, AddressAttr>,
}

impl Addresses {
    /// These were put there by a worker before us.
    pub(crate) fn resume(made: Vec<(Owner, Vec<AddressId>)>) -> Self {
        let ours = |ids: Vec<AddressId>| ids.into_iter().map(|id| (id, Origin::Made)).collect();
        let known = made.into_iter().map(|(owner, ids)| (owner, ours(ids)));
        Self {
            reconciler: Reconciler::resume(known.collect()),
            sent: BTreeMap::new(),
        }
    }

    pub(crate) fn want(&mut self, key: Owner, epoch: u64, want: Option<Want<AddressDomain>>) {
        self.handle(Input::Want { key, epoch, want });
    }

    pub(crate) fn overrun(&mut self) {
        self.handle(Input::Overrun);
    }

    /// The kernel told of an address.
    pub(crate) fn event(&mut self, links: &Links, address: &ObservedAddress, there: bool) {
        if let Some((id, attr)) = self.observed(links, address) {
            let attr = there.then_some(attr);
            self.handle(Input::KernelEvent { id, attr });
        }
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.reconciler.deadline()
    }

    /// Serves the deadline, if it has come.
    pub(crate) fn tick(&mut self) {
        if self.deadline().is_some_and(|deadline| deadline <= now()) {
            self.handle(Input::Tick);
        }
    }

    fn handle(&mut self, input: Input<AddressDomain>) {
        self.reconciler.handle(now(), input);
    }

    /// Carries out what is to be done until nothing is; gives back what is to be said.
    pub(crate) async fn drain(
        &mut self,
        kernel: &mut Kernel,
        links: &Links,
    ) -> Vec<Report<AddressDomain>> {
        let mut reports = Vec::new();
        while let Some(action) = self.reconciler.poll_action() {
            match action {
                Action::Submit(batch) => {
                    let outcome = self.apply(kernel, links, &batch);
                    let batch = batch.id;
                    self.handle(Input::Done { batch, outcome });
                }
                Action::Dump(_all) => {
                    let read = kernel.rtnetlink.addresses().await;
                    let interrupted = read.is_err();
                    for address in read.unwrap_or_default() {
                        if let Some((id, attr)) = self.observed(links, &address) {
                            self.handle(Input::DumpItem { id, attr });
                        }
                    }
                    self.handle(Input::DumpEnd { interrupted });
                }
                Action::Report(report) => reports.push(report),
            }
        }
        reports
    }

    fn apply(
        &mut self,
        kernel: &mut Kernel,
        links: &Links,
        batch: &Batch<AddressDomain>,
    ) -> Outcome {
        let changes: Vec<Change<'_>> = batch.ops.iter().map(|op| change(links, op)).collect();
        for op in &batch.ops {
            match op.attr() {
                Some(attr) => self.sent.insert(op.id().clone(), attr.clone()),
                None => self.sent.remove(op.id()),
            };
        }
        kernel.writer.run(&changes)
    }

    fn observed(
        &self,
        links: &Links,
        address: &ObservedAddress,
    ) -> Option<(AddressId, AddressAttr)> {
        let id = AddressId {
            interface: links.name(address.index)?.clone(),
            address: address.address,
            prefix: address.prefix,
        };
        let label = address.label.as_deref();
        let shape = AddressShape::new(&id, address.peer, label, address.scope, address.broadcast);
        let attr = AddressAttr::seen(shape, self.sent.get(&id));
        Some((id, attr))
    }
}

fn change<'a>(links: &Links, op: &'a Op<AddressId, AddressAttr>) -> Change<'a> {
    let id = op.id();
    let Some(index) = links.index(&id.interface) else {
        return Change::Impossible(ENODEV);
    };
    let new = |attr: &'a AddressAttr| NewAddress {
        index,
        address: id.address,
        prefix: id.prefix,
        scope: attr.shape.scope,
        label: attr.shape.label.as_ref().map(Name::as_str),
        broadcast: attr.shape.broadcast,
        peer: attr.shape.peer,
        flags: attr.flags,
        preferred: attr.preferred,
    };
    match op {
        Op::Create(_, attr) => Change::AddAddress(new(attr)),
        Op::Edit(_, attr) => Change::EditAddress(new(attr)),
        Op::Delete(_) => Change::DeleteAddress {
            index,
            address: id.address,
            prefix: id.prefix,
        },
    }
}
