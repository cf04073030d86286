//! A stream that is read only so far.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How an answer in HTTP/1 begins.
const OLD: &[u8; 5] = b"HTTP/";

/// What a stream has left, and how it began; shared with whoever reads from it.
#[derive(Debug, Clone)]
pub(super) struct Meter {
    left: Rc<Cell<usize>>,
    begin: Rc<RefCell<Vec<u8>>>,
}

impl Meter {
    /// For so many bytes.
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            left: Rc::new(Cell::new(bytes)),
            begin: Rc::default(),
        }
    }

    /// So many more may come.
    pub(super) fn allow(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_add(bytes));
    }

    /// More came than was allowed.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    /// The server has answered in HTTP/1.
    pub(super) fn is_http1(&self) -> bool {
        self.begin.borrow().as_slice() == OLD
    }

    fn count(&self, fresh: &[u8]) {
        self.left.set(self.left.get().saturating_sub(fresh.len()));
        let mut begin = self.begin.borrow_mut();
        let lacking = OLD.len() - begin.len();
        begin.extend(fresh.iter().take(lacking));
    }
}

/// A stream under a meter.
pub(super) struct Metered<S> {
    pub(super) stream: S,
    pub(super) meter: Meter,
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.meter.is_spent() {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        this.meter
            .count(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
