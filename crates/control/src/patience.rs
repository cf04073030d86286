//! How long everybody waits for everybody.

use std::time::Duration;

/// Where a link is full of what a dead worker did not read, the next one has read it by then.
pub(crate) const ASK_AGAIN: Duration = Duration::from_millis(500);
/// One that says nothing for so long does not answer: longer than a worker that hangs lives.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(4);
/// What was said is true for so long: whoever asks more often asks nobody.
pub(crate) const FRESH: Duration = Duration::from_millis(100);
/// And so many times longer than it took: nobody can keep a worker busy with questions.
pub(crate) const SHARE: u32 = 4;
/// One that does not answer is left in peace for so long.
pub(crate) const SILENCE: Duration = Duration::from_secs(1);
/// A connection is over by then, whatever the client does.
pub(crate) const CONNECTION: Duration = Duration::from_secs(20);
/// The head of a request takes no longer.
pub(crate) const HEAD: Duration = Duration::from_secs(5);
/// Without anybody who asks the process ends.
pub(crate) const IDLE: Duration = Duration::from_secs(10);
/// How often the supervisor hears that the process is alive.
pub(crate) const BEAT: Duration = Duration::from_secs(1);
