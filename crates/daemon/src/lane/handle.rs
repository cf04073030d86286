//! The worker's side of the fast lane.

use crate::lane::conflicts::Conflict;
use crate::lane::fast;
use crate::lane::links::LinkNews;
use crate::lane::mailbox::Mailbox;
use crate::lane::outbox::Outbox;
use crate::lane::packets::Packets;
use crate::state::{Held, StateFile};
use holdfast_kernel::schedule::{self, Numbered};
use holdfast_model::{IfName, InstanceKey};
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

/// What the lane says.
#[derive(Debug)]
pub(crate) enum Said {
    /// About a link.
    Link(LinkNews),
    /// The first reading of the kernel is complete. `restarted`: a worker before this one left
    /// something behind.
    Ready { restarted: bool },
    /// The kernel is as the instance wanted it.
    Applied { instance: InstanceKey, epoch: u64 },
    /// It cannot be brought in; tries go on.
    GaveUp { instance: InstanceKey, epoch: u64 },
    /// Somebody else has one of its addresses.
    Claimed(Conflict),
    /// The same, of one whose place is on offer.
    Taken(InstanceKey),
    /// Somebody removed it; it is being put back.
    Lost {
        instance: InstanceKey,
        interface: IfName,
        address: IpAddr,
    },
}

/// The worker's handle of the lane.
#[derive(Debug)]
pub(crate) struct FastLane {
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<()>>,
    number: Numbered,
    file: StateFile,
}

impl FastLane {
    /// Starts the thread.
    ///
    /// # Errors
    /// When its sockets or the thread cannot be made.
    pub(crate) fn start(
        outbox: Outbox<Said>,
        file: StateFile,
        packets: Packets,
        adopts: bool,
        detail: bool,
    ) -> io::Result<Self> {
        let mailbox = Arc::new(Mailbox::default());
        let theirs = Arc::clone(&mailbox);
        let state = file.clone();
        let builder = std::thread::Builder::new()
            .name("fast".to_owned())
            .stack_size(512 * 1024);
        let (thread, number) = schedule::start(builder, move || {
            if let Err(error) = fast::run(&theirs, outbox, state, packets, adopts, detail) {
                // without its lane the worker is half a worker
                tracing::error!("the address lane ended: {error}");
                std::process::abort();
            }
        })?;
        Ok(Self {
            mailbox,
            thread: Some(thread),
            number,
            file,
        })
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// The thread, as the kernel knows it.
    pub(crate) const fn thread(&self) -> Numbered {
        self.number
    }

    /// Ends the lane after what it does now. `keep`: addresses stay, and `release` must not take
    /// them either.
    pub(crate) fn stop(mut self, keep: bool) {
        self.mailbox.stop();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
        let held = self
            .file
            .read::<Held>()
            .is_some_and(|held| !held.is_empty());
        if keep || !held {
            self.file.remove();
        }
    }
}
