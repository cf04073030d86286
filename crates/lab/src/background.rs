//! A thread that works until nobody needs it any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Dropped, it sets the thread's flag and waits for its end.
#[derive(Debug)]
pub(crate) struct Background<T> {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<T>>,
}

impl<T> Background<T> {
    /// `thread` looks at `stop` again and again.
    pub(crate) fn new(stop: Arc<AtomicBool>, thread: JoinHandle<T>) -> Self {
        let thread = Some(thread);
        Self { stop, thread }
    }
}

impl<T> Drop for Background<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _its_result = thread.join();
        }
    }
}
