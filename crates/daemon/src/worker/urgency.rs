//! How urgent a worker is: what the file says, and more when it is late.

use crate::load;
use holdfast_kernel::schedule::{self, Numbered};
use holdfast_model::Urgency;
use holdfast_supervise::{Bundle, Role};
use std::io;
use std::time::Duration;

/// `*_rlimit_rttime` when the file says nothing, microseconds. keepalived's 10,000 would be less
/// than a large reload takes, and the end of the worker.
const LIMIT: u32 = 200_000;
/// `min_auto_priority_delay` when the file says nothing.
const LATE: Duration = Duration::from_secs(1);

/// What was asked of the kernel so far.
pub(super) struct Urgent {
    role: Role,
    /// Those that have to be as punctual as the first: the fast lane.
    punctual: Vec<Numbered>,
    now: Urgency,
    /// Raised by lateness, up to this.
    raised: Option<u8>,
}

impl Urgent {
    /// As urgent as any process; adverts ask for little, and soon.
    pub(super) fn new(role: Role, punctual: Vec<Numbered>) -> Self {
        if role == Role::Vrrp
            && let Err(error) = schedule::short_turns(&punctual)
        {
            tracing::debug!("no short turns: {error}");
        }
        Self {
            role,
            punctual,
            now: Urgency::default(),
            raised: None,
        }
    }

    /// Takes over what a configuration says, once all threads are there.
    pub(super) fn configure(&mut self, bundle: &Bundle) {
        let Ok(process) = load::process_section(bundle) else {
            return;
        };
        let wanted = match self.role {
            Role::Vrrp => process.vrrp,
            Role::Lvs => process.lvs,
        };
        let old = std::mem::replace(&mut self.now, wanted);
        let new = self.now.clone();
        if let Some(name) = new.name.as_ref().filter(|_| new.name != old.name) {
            let name = std::ffi::CString::new(name.as_str()).unwrap_or_default();
            let _unnamed = nix::sys::prctl::set_name(&name);
        }
        if new.cpus != old.cpus {
            say("*_cpu_affinity", schedule::cpus(&new.cpus));
        }
        match (old.no_swap, new.no_swap) {
            (false, true) => say("*_no_swap", schedule::lock_memory()),
            (true, false) => say("*_no_swap", schedule::unlock_memory()),
            (true, true) | (false, false) => {}
        }
        // in real time it has no meaning
        let nice = |one: &Urgency| one.nice.filter(|_| one.realtime.is_none());
        if nice(&new) != nice(&old) {
            say("*_priority", schedule::nice(nice(&new).unwrap_or(0)));
        }
        if new.realtime != old.realtime || new.limit != old.limit {
            self.raised = None;
            self.in_real_time(new.realtime);
        }
    }

    /// It came so much later than it wanted to.
    pub(super) fn late(&mut self, by: Duration) {
        let Some(most) = self.now.most else { return };
        if by < self.now.late.unwrap_or(LATE) {
            return;
        }
        let current = self.raised.or(self.now.realtime);
        let next = current.map_or(schedule::LOWEST, |current| current.saturating_add(1));
        let (seconds, micros) = (by.as_secs(), by.subsec_micros());
        tracing::info!("A thread timer expired {seconds}.{micros:06} seconds ago");
        if next <= most {
            self.raised = Some(next);
            self.in_real_time(Some(next));
            tracing::info!("Set realtime priority {next}");
        }
    }

    fn in_real_time(&self, priority: Option<u8>) {
        if priority.is_some() {
            let limit = self.now.limit.unwrap_or(LIMIT);
            say("*_rlimit_rttime", schedule::realtime_limit(limit));
        }
        say(
            "*_rt_priority",
            schedule::realtime(priority, &self.punctual),
        );
    }
}

/// A probe in flight is a descriptor; the usual soft limit is 1,024 of them.
pub(super) fn raise_descriptor_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _soft_stays = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// What cannot be had is said, and done without.
fn say(keyword: &str, result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!("{keyword} has no effect: {error}");
    }
}
