//! Where a panic stops: at the edge of one probe. Anywhere else it ends the process.

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use std::panic::{AssertUnwindSafe, catch_unwind};

std::thread_local! {
    /// This thread is inside [`contained`]: a panic unwinds to there.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// What the last panic inside said, and where.
    static WORDS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The future broke; in the panic's words, when [`abort_on_panic`] was there to hear them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broke(pub(super) String);

/// A panic anywhere but in a probe ends the process: half a worker is worse than none, and the
/// supervisor starts a whole one.
pub(super) fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if INSIDE.get() {
            WORDS.set(info.to_string());
            return;
        }
        report(info);
        std::process::abort();
    }));
}

/// Runs `future` to its end or to its panic; then it is dropped, and what it owned with it.
pub(super) async fn contained<F: Future>(future: F) -> Result<F::Output, Broke> {
    // the future is inside the boundary as a whole: nothing of it is used after a panic
    let mut future = pin!(future);
    poll_fn(move |context| {
        INSIDE.set(true);
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        INSIDE.set(false);
        match polled {
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_payload) => Poll::Ready(Err(Broke(WORDS.take()))),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("runtime").block_on(future)
    }

    #[test]
    fn a_panic_is_a_result_and_the_next_future_runs() {
        block(async {
            assert_eq!(contained(async { 7 }).await, Ok(7));
            let late = async {
                tokio::task::yield_now().await;
                panic!("late");
            };
            assert_eq!(contained(late).await, Err::<(), _>(Broke(String::new())));
            assert!(!INSIDE.get());
            assert_eq!(contained(async { 8 }).await, Ok(8));
        });
    }

    #[test]
    fn between_two_polls_a_panic_is_nobodys() {
        let outside = async { assert!(!INSIDE.get()) };
        let inside = async {
            assert!(INSIDE.get());
            tokio::task::yield_now().await;
            assert!(INSIDE.get());
        };
        block(async {
            let (inner, ()) = tokio::join!(contained(inside), outside);
            assert_eq!(inner, Ok(()));
        });
    }
}
