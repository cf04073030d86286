//! Many messages in one sendmsg, one outcome each.

use super::NetlinkError;
use super::socket::{NetlinkSocket, append};
use holdfast_plan::Outcome;
use netlink_packet_core::{Emitable, NLM_F_ACK, NLM_F_REQUEST};

/// Messages to be run in order by one sendmsg.
///
/// Only the last asks for an acknowledgement: errors arrive by themselves with their sequence
/// number, in order, before it. A missing last answer, ENOBUFS or EMSGSIZE leave the outcome
/// unknown.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    /// Where each frame starts.
    starts: Vec<usize>,
}

impl Batch {
    /// Room for `messages`.
    pub fn with_capacity(messages: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(messages * 160),
            starts: Vec::with_capacity(messages),
        }
    }

    /// Appends a message of type `kind` with extra `flags`.
    pub fn push(&mut self, kind: u16, flags: u16, payload: &impl Emitable) {
        self.starts.push(self.bytes.len());
        append(&mut self.bytes, kind, NLM_F_REQUEST | flags, 0, payload);
    }

    /// Messages so far.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// True without a message.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Runs it.
    pub fn run(mut self, socket: &mut NetlinkSocket) -> Outcome {
        if self.starts.is_empty() {
            return Outcome::Known(Vec::new());
        }
        let asked = self.starts.len() - 1;
        let (first, last) = self.number(socket, asked);
        match exchange(socket, &self.bytes, first, last) {
            Ok(failed) => Outcome::Known(failed),
            Err(error) => Outcome::Unknown(error.errno()),
        }
    }

    /// Runs it as one of nf_tables' transactions: the last message ends it and is not answered, so
    /// the one before it is to be acknowledged.
    ///
    /// # Errors
    /// The first refusal; then nothing of it was done.
    pub fn transact(mut self, socket: &mut NetlinkSocket) -> Result<(), NetlinkError> {
        let Some(asked) = self.starts.len().checked_sub(2) else {
            return Ok(());
        };
        let (first, last) = self.number(socket, asked);
        match exchange(socket, &self.bytes, first, last)?.first() {
            Some((_, errno)) => Err(NetlinkError::Refused(*errno)),
            None => Ok(()),
        }
    }

    /// Writes sequence numbers, and the wish for an acknowledgement into one frame. The first
    /// number, and that of this frame.
    fn number(&mut self, socket: &mut NetlinkSocket, asked: usize) -> (u32, u32) {
        let (mut first, mut last) = (None, 0);
        for (place, start) in self.starts.iter().enumerate() {
            let number = socket.next_sequence();
            first.get_or_insert(number);
            if place == asked {
                last = number;
            }
            if let Some(field) = self.bytes.get_mut(start + 8..start + 12) {
                field.copy_from_slice(&number.to_ne_bytes());
            }
        }
        if let Some(flags) = self
            .starts
            .get(asked)
            .and_then(|start| self.bytes.get_mut(start + 6..start + 8))
        {
            let old = u16::from_ne_bytes([flags[0], flags[1]]);
            flags.copy_from_slice(&(old | NLM_F_ACK).to_ne_bytes());
        }
        (first.unwrap_or(last), last)
    }
}

/// Sends, and reads until the answer to `last`.
fn exchange(
    socket: &mut NetlinkSocket,
    bytes: &[u8],
    first: u32,
    last: u32,
) -> Result<Vec<(usize, i32)>, NetlinkError> {
    socket.send(bytes)?;
    let mut failed = Vec::new();
    let mut complete = false;
    while !complete {
        socket.receive(|frame| {
            let index = frame.sequence.wrapping_sub(first);
            // Answers to an earlier request that timed out are none of ours.
            if !frame.is_error() || index > last.wrapping_sub(first) {
                return;
            }
            if frame.errno() != 0 {
                failed.push((index as usize, frame.errno()));
            }
            complete |= frame.sequence == last;
        })?;
    }
    Ok(failed)
}
