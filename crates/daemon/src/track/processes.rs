//! `vrrp_track_process`: what `vrrp`'s machine is told of processes.
//!
//! The kernel tells of every process that comes, changes and goes, but in the first network
//! namespace only; elsewhere all of them are looked at once a second.

use super::Source;
use holdfast_kernel::socket::processes::{ProcessEvent, ProcessMonitor};
use holdfast_model::{Buffer, Level, Machine as _, Mono, TrackKey, Tracked};
use holdfast_vrrp::process::{self as machine, Process, ProcessInput};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// How often all processes are looked at when the kernel does not tell, or has lost something.
const AGAIN: Duration = Duration::from_secs(1);

/// All watched processes.
pub(super) struct Processes {
    machine: machine::Processes,
    /// Only while something is watched.
    monitor: Option<ProcessMonitor>,
    /// The monitor is in it, so that one descriptor stands for it whether it is there or not.
    ready: Epoll,
    /// Of the monitor.
    room: Option<Buffer>,
    /// When all of them are looked at.
    scan: Option<Mono>,
}

impl Processes {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            machine: machine::Processes::default(),
            monitor: None,
            ready: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            room: None,
            scan: None,
        })
    }

    /// Listens while there is something to listen for.
    fn listen(&mut self) {
        if self.machine.is_empty() {
            self.monitor = None;
        } else if self.monitor.is_none() {
            let opened = ProcessMonitor::open(self.room).and_then(|monitor| {
                let event = EpollEvent::new(EpollFlags::EPOLLIN, 0);
                self.ready.add(&monitor, event)?;
                Ok(monitor)
            });
            match opened {
                Ok(monitor) => self.monitor = Some(monitor),
                Err(error) => tracing::info!(
                    "the kernel does not tell of processes here ({error}): looking at all of them \
                     once a second"
                ),
            }
        }
    }

    fn scan(&mut self, now: Mono) {
        let lines = !self.machine.only_names();
        let mut all = BTreeMap::new();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        for entry in entries {
            let pid = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok());
            if let Some(pid) = pid
                && let Some(process) = read(pid, lines)
            {
                all.insert(pid, process);
            }
        }
        self.machine.handle(now, ProcessInput::Scan(&all));
        let told = self.monitor.is_some() || self.machine.is_empty();
        self.scan = (!told).then_some(now + AGAIN);
    }

    fn hear(&mut self, now: Mono) {
        let lines = !self.machine.only_names();
        while let Some(monitor) = &mut self.monitor {
            let input = match monitor.read() {
                Ok(None) => return,
                Ok(Some(ProcessEvent::Forked { parent, child })) => {
                    ProcessInput::Forked { parent, child }
                }
                Ok(Some(ProcessEvent::Ended(pid))) => ProcessInput::Gone(pid),
                Ok(Some(ProcessEvent::Changed(pid))) => {
                    match read(pid, lines) {
                        Some(process) => self.machine.handle(now, ProcessInput::Is(pid, &process)),
                        None => self.machine.handle(now, ProcessInput::Gone(pid)),
                    }
                    continue;
                }
                Err(error) => {
                    // events were lost; at most once a second: it is a busy machine
                    tracing::debug!("news of processes: {error}");
                    self.scan = Some(self.scan.unwrap_or(now + AGAIN));
                    return;
                }
            };
            self.machine.handle(now, input);
        }
    }
}

impl Source for Processes {
    fn configure(&mut self, now: Mono, tracked: &Tracked) {
        let input = ProcessInput::Configure(&tracked.processes);
        self.machine.handle(now, input);
        if self.room != tracked.room {
            self.room = tracked.room;
            self.monitor = None;
        }
        self.listen();
        if !self.machine.is_empty() {
            // listen first, look then: nothing falls between
            self.scan(now);
        }
    }

    fn look(&mut self, now: Mono) {
        self.hear(now);
        if self.scan.is_some_and(|scan| scan <= now) {
            self.scan(now);
        }
        if self.machine.deadline().is_some_and(|due| due <= now) {
            self.machine.handle(now, ProcessInput::Tick);
        }
    }

    fn news(&mut self) -> Vec<(TrackKey, Level)> {
        let news = std::iter::from_fn(|| self.machine.poll_action());
        news.map(|news| (news.0, news.1)).collect()
    }

    fn deadline(&self) -> Option<Mono> {
        self.scan.into_iter().chain(self.machine.deadline()).min()
    }

    fn end(self) {}
}

impl AsFd for Processes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ready.0.as_fd()
    }
}

/// A process that runs; one that has ended and was not collected does not.
fn read(pid: u32, lines: bool) -> Option<Process> {
    let directory = format!("/proc/{pid}");
    let stat = fs::read(format!("{directory}/stat")).ok()?;
    let open = stat.iter().position(|byte| *byte == b'(')?;
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    if matches!(stat.get(close + 2), Some(b'Z' | b'X')) {
        return None;
    }
    let command_line = match lines {
        true => fs::read(format!("{directory}/cmdline")).unwrap_or_default(),
        false => Vec::new(),
    };
    Some(Process {
        name: stat.get(open + 1..close)?.to_vec(),
        command_line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_kernel::time::now;
    use holdfast_model::track::{ParameterMatch, ProcessPattern, TrackProcess};
    use holdfast_model::{Micros, Name};
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    use std::process::{Child, Command};

    fn wait(processes: &mut Processes) -> Level {
        let until = now() + Duration::from_secs(20);
        loop {
            processes.look(now());
            if let Some((_, level)) = processes.news().pop() {
                return level;
            }
            assert!(now() < until, "nothing happened");
            let mut fds = [PollFd::new(processes.as_fd(), PollFlags::POLLIN)];
            poll(&mut fds, PollTimeout::from(500_u16)).expect("poll");
        }
    }

    fn end(child: &mut Child) {
        child.kill().expect("kill");
        child.wait().expect("collected");
    }

    #[test]
    fn processes_come_and_go() {
        let here = std::env::temp_dir().join(format!("holdfast-{}", std::process::id()));
        fs::create_dir_all(&here).expect("directory");
        let program = here.join("hf-watched");
        fs::copy("/bin/sleep", &program).expect("copy");
        let run = |seconds: &str| Command::new(&program).arg(seconds).spawn().expect("run");
        let path = program.to_str().expect("utf-8");
        let by_line = ProcessPattern::Command {
            program: Name::from(path),
            parameters: vec![Name::from("60")],
            matching: ParameterMatch::Exact,
        };
        for pattern in [ProcessPattern::Name(Name::from("hf-watched")), by_line] {
            let process = TrackProcess {
                name: Name::from("p"),
                pattern,
                quorum: 2,
                most: None,
                fork_delay: Micros::from_secs(0),
                terminate_delay: Micros::from_secs(0),
            };
            let tracked = Tracked {
                processes: vec![process],
                ..Tracked::default()
            };
            let mut first = run("60");
            let mut processes = Processes::new().expect("descriptors");
            processes.configure(now(), &tracked);
            assert_eq!(wait(&mut processes), Level::Down);
            let mut second = run("60");
            assert_eq!(wait(&mut processes), Level::Up);
            end(&mut second);
            assert_eq!(wait(&mut processes), Level::Down);
            end(&mut first);
            // nobody listens for nothing
            processes.configure(now(), &Tracked::default());
            assert!(processes.monitor.is_none() && processes.deadline().is_none());
        }
        fs::remove_dir_all(&here).expect("clean up");
    }
}
