//! Virtual servers that are read before the walk over the file gets to them, so that two can do it
//! at once: a file may have ten thousand of them, and hardly one needs to know what stands above it.

use crate::block::{Draft, read_virtual_server};
use crate::context::Context;
use crate::draft::{ServerDraft, ServiceDraft};
use crate::finish::lvs;
use crate::programs::{self, Programs};
use holdfast_model::{HostFacts, VirtualServer};
use holdfast_syntax::{Item, Span, Tree};
use std::collections::VecDeque;

/// Does two things, at once if it can and may.
pub type Both<'b> = &'b dyn Fn(&mut (dyn FnMut() + Send), &mut (dyn FnMut() + Send));

/// Fewer virtual servers are not worth a second thread.
const MANY: usize = 500;

/// A virtual server of which there is nothing to say.
pub(crate) struct Ready {
    /// Its block's, in the tree.
    index: usize,
    server: VirtualServer,
    block: Span,
    /// Nothing, for most.
    own: Option<Box<(ServerDraft, Programs)>>,
}

impl Ready {
    /// None when the block needs more than being read: it says what has to be reported, or
    /// depends on what stands above it.
    fn read(facts: &HostFacts, item: Item<'_, '_>) -> Option<Self> {
        let mut context = Context::new(facts);
        let draft = read_virtual_server(&mut context, item)?;
        if matches!(draft.service, ServiceDraft::Group(_)) || !draft.watches.is_empty() {
            return None;
        }
        let block = draft.block;
        let (server, own) = lvs::finish(&mut context, draft)?;
        let programs = context.nothing_but_programs()?;
        let nothing = own.is_empty() && programs.is_empty();
        Some(Self {
            index: item.index(),
            server,
            block,
            own: (!nothing).then(|| Box::new((own, programs))),
        })
    }

    /// Adds it to the file, and what it runs to the file's programs.
    pub(crate) fn add_to(self, draft: &mut Draft, named: &mut Programs) {
        let (own, programs) = self.own.map_or_else(Default::default, |own| *own);
        programs::add(named, programs);
        draft.servers.keep(&self.server.key, own);
        draft.virtual_servers.push((self.server, self.block));
    }
}

/// Those that are ready, in the order of the file.
#[derive(Default)]
pub(crate) struct Ahead([VecDeque<Ready>; 2]);

impl Ahead {
    pub(crate) fn read(tree: &Tree<'_>, facts: &HostFacts, both: Both<'_>) -> Self {
        let blocks = || {
            let items = tree.items();
            items.filter(|item| item.keyword() == b"virtual_server" && item.is_block())
        };
        let count = blocks().count();
        let read = |items: &mut dyn Iterator<Item = Item<'_, '_>>| {
            items.filter_map(|item| Ready::read(facts, item)).collect()
        };
        let mut ahead = Self::default();
        let [first, second] = &mut ahead.0;
        let mut first = || *first = read(&mut blocks().take(count / 2));
        let mut second = || *second = read(&mut blocks().skip(count / 2));
        if count < MANY {
            first();
            second();
        } else {
            both(&mut first, &mut second);
        }
        ahead
    }

    /// The one of that block. They are asked for in the order of the file.
    pub(crate) fn take(&mut self, index: usize) -> Option<Ready> {
        let half = self.0.iter_mut().find(|half| !half.is_empty())?;
        while half.pop_front_if(|ready| ready.index < index).is_some() {}
        half.pop_front_if(|ready| ready.index == index)
    }
}
