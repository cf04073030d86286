//! How long everybody waits for everybody.

use std::time::Duration;

/// A worker that was asked and says nothing is asked again: it may have died with the question.
pub(crate) const ASK_AGAIN: Duration = Duration::from_secs(1);
/// One that says nothing for so long does not answer: longer than a worker that hangs lives.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(4);
/// What was said is true for so long: whoever asks more often asks nobody.
pub(crate) const FRESH: Duration = Duration::from_millis(100);
/// A connection is over by then, whatever the client does.
pub(crate) const CONNECTION: Duration = Duration::from_secs(20);
/// The head of a request takes no longer.
pub(crate) const HEAD: Duration = Duration::from_secs(5);
/// Without anybody who asks the process ends.
pub(crate) const IDLE: Duration = Duration::from_secs(10);
/// How often the supervisor hears that the process is alive.
pub(crate) const BEAT: Duration = Duration::from_secs(1);
