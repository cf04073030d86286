//! A worker's end of its link to the control process. A link carries a number and the question, and
//! back the number with a memfd that holds the answer: however long it is, it is one message.

use crate::question::{Answer, Question};
use crate::{ANSWER_MAX, QUESTION_MAX};
use holdfast_supervise::Channel;
use holdfast_supervise::channel::Received;
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Questions in a turn of the worker; the others have the next ones.
const A_TURN: usize = 4;

/// What is asked of a worker.
#[derive(Debug)]
pub struct Questions {
    channel: Channel,
}

impl Questions {
    /// Over this end.
    pub const fn new(channel: Channel) -> Self {
        Self { channel }
    }

    /// The questions of one turn, each with the number that its answer needs. Never waits.
    pub fn next(&self) -> Vec<(u64, Question)> {
        let mut all = Vec::new();
        for _ in 0..A_TURN {
            match self.channel.receive() {
                Ok(Received::Message(bytes, _)) => all.extend(decode(&bytes)),
                Ok(Received::Empty | Received::Closed) | Err(_) => break,
            }
        }
        all
    }

    /// Says it. Whoever asked may be gone.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn answer(&self, number: u64, answer: &Answer) -> io::Result<()> {
        let memfd = memfd_create(c"holdfast-answer", MFdFlags::MFD_CLOEXEC)?;
        let mut file = BufWriter::with_capacity(1 << 16, File::from(memfd));
        postcard::to_io(answer, &mut file).map_err(io::Error::other)?;
        file.flush()?;
        let _gone = self
            .channel
            .send(&number.to_ne_bytes(), Some(file.get_ref().as_fd()));
        Ok(())
    }
}

impl AsFd for Questions {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

fn decode(bytes: &[u8]) -> Option<(u64, Question)> {
    let (number, question) = bytes.split_first_chunk::<8>()?;
    let question = postcard::from_bytes(question).ok()?;
    Some((u64::from_ne_bytes(*number), question))
}

/// Puts a question into the link.
///
/// # Errors
/// `WouldBlock` when the worker does not read.
pub(crate) fn ask(channel: &Channel, number: u64, question: &Question) -> io::Result<()> {
    let mut bytes = number.to_ne_bytes().to_vec();
    bytes.extend(postcard::to_stdvec(question).map_err(io::Error::other)?);
    if bytes.len() > QUESTION_MAX {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    channel.send(&bytes, None)
}

/// Reads an answer and the number of its question.
pub(crate) fn hear(bytes: &[u8], memfd: Option<OwnedFd>) -> Option<(u64, Answer)> {
    let number = u64::from_ne_bytes(bytes.try_into().ok()?);
    let mut file = File::from(memfd?);
    // by the writer it was left at its end
    file.rewind().ok()?;
    let mut text = Vec::new();
    file.take(ANSWER_MAX).read_to_end(&mut text).ok()?;
    Some((number, postcard::from_bytes(&text).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Lvs;

    #[test]
    fn questions_and_answers_cross_and_nothing_else_does() {
        let (ours, theirs) = Channel::pair().expect("pair");
        let questions = Questions::new(theirs);
        assert!(questions.next().is_empty());
        ask(&ours, 7, &Question::Status).expect("ask");
        ours.send(b"what", None).expect("send");
        ours.send(&[0xff; 40], None).expect("send");
        assert_eq!(questions.next(), [(7, Question::Status)]);
        let answer = Answer::Lvs(Lvs::default());
        questions.answer(7, &answer).expect("answer");
        match ours.receive() {
            Ok(Received::Message(bytes, fd)) => assert_eq!(hear(&bytes, fd), Some((7, answer))),
            other => panic!("{other:?}"),
        }
        assert_eq!(hear(b"12345678", None), None);
    }

    #[test]
    fn a_turn_takes_a_few() {
        let (ours, theirs) = Channel::pair().expect("pair");
        let questions = Questions::new(theirs);
        for number in 0..6 {
            ask(&ours, number, &Question::Status).expect("ask");
        }
        assert_eq!(questions.next().len(), A_TURN);
        assert_eq!(questions.next().len(), 6 - A_TURN);
    }
}
