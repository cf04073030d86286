//! Questions: one answer, or a whole table.

use super::NetlinkError;
use super::socket::{NetlinkSocket, append};
use netlink_packet_core::{
    Emitable, NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, NLMSG_DONE,
};

/// A dump during which the table changed is done again so many times.
const ATTEMPTS: u32 = 4;

impl NetlinkSocket {
    /// Asks for a dump and gives every payload to `parse`; what it makes of them comes back. A
    /// dump that the kernel calls inconsistent (NLM_F_DUMP_INTR) is repeated.
    ///
    /// # Errors
    /// [`NetlinkError::Interrupted`] when it never came out consistent, and all others.
    pub fn dump<T>(
        &mut self,
        kind: u16,
        question: &impl Emitable,
        mut parse: impl FnMut(&[u8]) -> Result<T, NetlinkError>,
    ) -> Result<Vec<T>, NetlinkError> {
        for _ in 0..ATTEMPTS {
            let mut items = Vec::new();
            let consistent = self.ask(kind, NLM_F_DUMP, question, |payload| {
                items.push(parse(payload)?);
                Ok(())
            })?;
            if consistent {
                return Ok(items);
            }
        }
        Err(NetlinkError::Interrupted)
    }

    /// Asks for one thing; `None` when the kernel only acknowledged.
    ///
    /// # Errors
    /// [`NetlinkError::Refused`] with the kernel's error number, and all others.
    pub fn get<T>(
        &mut self,
        kind: u16,
        question: &impl Emitable,
        mut parse: impl FnMut(&[u8]) -> Result<T, NetlinkError>,
    ) -> Result<Option<T>, NetlinkError> {
        let mut answer = None;
        self.ask(kind, NLM_F_ACK, question, |payload| {
            answer = Some(parse(payload)?);
            Ok(())
        })?;
        Ok(answer)
    }

    /// True when the answer is consistent.
    fn ask(
        &mut self,
        kind: u16,
        flags: u16,
        question: &impl Emitable,
        mut take: impl FnMut(&[u8]) -> Result<(), NetlinkError>,
    ) -> Result<bool, NetlinkError> {
        let sequence = self.next_sequence();
        let mut bytes = Vec::with_capacity(128);
        append(&mut bytes, kind, NLM_F_REQUEST | flags, sequence, question);
        self.send(&bytes)?;
        let mut consistent = true;
        // The first thing that went wrong; the rest of the answer is read all the same, or it
        // would meet the next question.
        let mut verdict = Ok(());
        let mut over = false;
        while !over {
            self.receive(|frame| {
                if frame.sequence != sequence {
                    return;
                }
                consistent &= frame.flags & NLM_F_DUMP_INTR == 0;
                if frame.is_error() || frame.kind == NLMSG_DONE {
                    over = true;
                    if frame.errno() != 0 && verdict.is_ok() {
                        verdict = Err(NetlinkError::Refused(frame.errno()));
                    }
                } else if verdict.is_ok() {
                    verdict = take(frame.payload);
                }
            })?;
        }
        verdict.map(|()| consistent)
    }
}
