//! How urgent this process is to the kernel: class, nice value, CPUs, memory that stays.

use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::mman::{MlockAllFlags, mlockall, munlockall};
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::Pid;
use std::io;
use std::sync::mpsc::sync_channel;
use std::thread::{Builder, JoinHandle};

/// The lowest real-time priority.
pub const LOWEST: u8 = 1;

/// Every thread of this process.
fn threads() -> io::Result<Vec<i32>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir("/proc/self/task")? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        all.push(number);
    }
    Ok(all)
}

/// A thread that lives as long as its process, by the kernel's number for it: its name may not be
/// there yet when it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered(i32);

/// Starts a thread, and waits until it runs.
///
/// # Errors
/// When it cannot be made.
pub fn start(
    thread: Builder,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<(JoinHandle<()>, Numbered)> {
    let (tell, told) = sync_channel(1);
    let handle = thread.spawn(move || {
        let _waits = tell.send(Numbered(nix::unistd::gettid().as_raw()));
        run();
    })?;
    let number = told.recv().map_err(io::Error::other)?;
    Ok((handle, number))
}

/// Runs the first thread, and these, with a real-time priority (SCHED_RR), or none.
/// What they start is ordinary again (SCHED_RESET_ON_FORK).
///
/// # Errors
/// What the kernel says.
pub fn realtime(priority: Option<u8>, others: &[Numbered]) -> io::Result<()> {
    let first = Numbered(std::process::id().cast_signed());
    core::iter::once(&first)
        .chain(others)
        .try_for_each(|thread| set_class(thread.0, priority))
}

#[expect(unsafe_code, reason = "neither std nor nix has sched_setscheduler(2)")]
fn set_class(thread: i32, priority: Option<u8>) -> io::Result<()> {
    let (policy, priority) = match priority {
        Some(priority) => (libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, priority.into()),
        None => (libc::SCHED_OTHER, 0),
    };
    let parameter = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: the call reads the parameter, which lives until it returns, and touches nothing else.
    let result = unsafe { libc::sched_setscheduler(thread, policy, &raw const parameter) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// The shortest turn that the kernel grants, nanoseconds.
const SHORTEST: u64 = 100_000;

/// Asks for short turns for the first thread and these: the scheduler lets whoever wants little of
/// a processor have it sooner (sched(7), SCHED_OTHER; kernel 6.12, an older one takes no notice).
///
/// # Errors
/// What the kernel says.
pub fn short_turns(others: &[Numbered]) -> io::Result<()> {
    let first = Numbered(std::process::id().cast_signed());
    core::iter::once(&first)
        .chain(others)
        .try_for_each(|thread| set_turn(thread.0, SHORTEST))
}

/// `struct sched_attr` in its first version (include/uapi/linux/sched/types.h).
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
struct Attributes {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

/// Nanoseconds; 0: what is usual. Only an ordinary thread has turns.
#[expect(unsafe_code, reason = "neither std nor nix has sched_setattr(2)")]
fn set_turn(thread: i32, nanos: u64) -> io::Result<()> {
    let size = u32::try_from(size_of::<Attributes>()).map_err(io::Error::other)?;
    let mut attributes = Attributes::default();
    // SAFETY: the kernel writes at most `size` bytes into the structure, which is that long.
    let result = unsafe {
        libc::syscall(
            libc::SYS_sched_getattr,
            thread,
            &raw mut attributes,
            size,
            0,
        )
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    if attributes.policy != libc::SCHED_OTHER.cast_unsigned() {
        return Ok(());
    }
    (attributes.size, attributes.runtime) = (size, nanos);
    // SAFETY: the call reads the structure, which is as long as it says, and touches nothing else.
    let result =
        unsafe { libc::syscall(libc::SYS_sched_setattr, thread, &raw const attributes, 0) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Gives every thread this nice value; threads and programs that they start inherit it.
///
/// # Errors
/// What the kernel says.
pub fn nice(value: i8) -> io::Result<()> {
    threads()?
        .into_iter()
        .try_for_each(|thread| set_nice(thread, value))
}

#[expect(unsafe_code, reason = "neither std nor nix has setpriority(2)")]
fn set_nice(thread: i32, value: i8) -> io::Result<()> {
    // SAFETY: the call takes three integers and touches no memory of ours. On Linux a number of a
    // thread means that thread (setpriority(2), "C library/kernel differences").
    let result =
        unsafe { libc::setpriority(libc::PRIO_PROCESS, thread.cast_unsigned(), value.into()) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Keeps every thread on these CPUs; none of them: on any.
///
/// # Errors
/// `InvalidInput` when none of them exists.
pub fn cpus(numbers: &[u16]) -> io::Result<()> {
    let mut set = CpuSet::new();
    if numbers.is_empty() {
        for number in 0..CpuSet::count() {
            set.set(number)?;
        }
    }
    for number in numbers {
        set.set(usize::from(*number))?;
    }
    for thread in threads()? {
        sched_setaffinity(Pid::from_raw(thread), &set)?;
    }
    Ok(())
}

/// Bounds how long a real-time thread may compute without a pause, microseconds: at the limit the
/// kernel ends the process. The half of it, where the kernel only warns, is not heard.
///
/// # Errors
/// What the kernel says.
pub fn realtime_limit(micros: u32) -> io::Result<()> {
    ignore_warning();
    let hard = u64::from(micros);
    setrlimit(Resource::RLIMIT_RTTIME, hard / 2, hard)?;
    Ok(())
}

#[expect(unsafe_code, reason = "installing a handler is unsafe in general")]
fn ignore_warning() {
    use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: ignoring a signal runs no code of ours.
    let _always_works = unsafe { sigaction(Signal::SIGXCPU, &ignore) };
}

/// Keeps what this process uses in memory, now and later; what it never touches costs nothing.
///
/// # Errors
/// What the kernel says.
pub fn lock_memory() -> io::Result<()> {
    let on_fault = MlockAllFlags::from_bits_retain(libc::MCL_ONFAULT);
    mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE | on_fault)?;
    Ok(())
}

/// Takes that back.
///
/// # Errors
/// What the kernel says.
pub fn unlock_memory() -> io::Result<()> {
    Ok(munlockall()?)
}

#[expect(unsafe_code, reason = "neither std nor nix has getpriority(2)")]
fn is_nice_negative() -> bool {
    // SAFETY: the call takes two integers and touches no memory of ours. That -1 may be an error
    // as well does not matter here.
    unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) < 0 }
}

/// Takes back what a program of others must not inherit.
pub(crate) fn ordinary() {
    let thread = 0;
    let _may_be_already = set_class(thread, None);
    let _may_be_already = set_turn(thread, 0);
    if is_nice_negative() {
        let _may_be_already = set_nice(thread, 0);
    }
    let unlimited = libc::RLIM_INFINITY;
    let _may_be_already = setrlimit(Resource::RLIMIT_RTTIME, unlimited, unlimited);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(key: &str) -> String {
        let text = std::fs::read_to_string("/proc/thread-self/status").expect("status");
        let line = text.lines().find(|line| line.starts_with(key));
        line.unwrap_or_default().to_owned()
    }

    /// In a process of its own where tests run so (nextest); harmless where they do not.
    #[test]
    fn a_thread_is_raised_and_its_children_are_not() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let policy = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("stat");
            let after = stat.rsplit(") ").next().unwrap_or_default().to_owned();
            // fields 40 and 41 of proc(5); the state is the third
            let fields: Vec<&str> = after.split(' ').collect();
            [37, 38].map(|at| fields.get(at).copied().unwrap_or_default().to_owned())
        };
        Builder::new()
            .name("raised".to_owned())
            .spawn(move || {
                let own = nix::unistd::gettid().as_raw();
                set_class(own, Some(7)).expect("raised");
                assert_eq!(policy(), ["7", "2"]);
                let child = std::thread::spawn(policy).join().expect("joined");
                assert_eq!(child, ["0", "0"]);
                set_class(own, None).expect("lowered");
                assert_eq!(policy(), ["0", "0"]);
            })
            .expect("started")
            .join()
            .expect("joined");
    }

    /// Whoever asks in the moment after the start must not miss it.
    #[test]
    fn a_thread_that_was_started_is_raised_at_once() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        for _ in 0..200 {
            let (end, ended) = sync_channel::<()>(0);
            let wait = move || ended.recv().unwrap_or_default();
            let (handle, thread) = start(Builder::new(), wait).expect("started");
            set_class(thread.0, Some(LOWEST)).expect("it runs");
            let stat = std::fs::read_to_string(format!("/proc/self/task/{}/stat", thread.0));
            let stat = stat.expect("a thread of this process");
            // field 40 of proc(5), the first after the name being the third
            let class = stat
                .rsplit(") ")
                .next()
                .and_then(|rest| rest.split(' ').nth(37));
            assert_eq!(class, Some("1"));
            drop(end);
            handle.join().expect("joined");
        }
    }

    #[test]
    fn short_turns_are_taken_and_given_back() {
        let turn = || {
            let path = format!("/proc/self/task/{}/sched", nix::unistd::gettid());
            let text = std::fs::read_to_string(path).ok()?;
            let line = text.lines().find(|line| line.starts_with("se.slice"))?;
            line.rsplit(' ').next()?.parse::<u64>().ok()
        };
        let own = nix::unistd::gettid().as_raw();
        let usual = turn();
        set_turn(own, SHORTEST).expect("granted");
        // a kernel before 6.12 has but one turn for all
        let short = turn();
        assert!(short == Some(SHORTEST) || short == usual, "{short:?}");
        ordinary();
        assert_eq!(turn(), usual);
    }

    #[test]
    fn cpus_are_kept_to_and_given_back() {
        let thread = std::thread::spawn(|| {
            let before = status("Cpus_allowed_list");
            let mut set = CpuSet::new();
            set.set(0).expect("first");
            sched_setaffinity(Pid::from_raw(0), &set).expect("kept");
            assert_eq!(status("Cpus_allowed_list"), "Cpus_allowed_list:\t0");
            before
        });
        assert!(!thread.join().expect("joined").is_empty());
    }
}
