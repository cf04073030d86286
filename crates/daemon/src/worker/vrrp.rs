//! The vrrp worker: one blocking loop. Every turn: sockets empty, inbox, orders, and only then
//! what is due, so that an advert that was waiting is judged before the timer it would re-arm.

mod asked;
mod feed;
mod heard;
mod offer;
mod reload;
mod resume;
mod sleep;

use super::Start;
use super::bfd::Bfd;
use super::control::{BEAT, Control, Order};
use super::effects::Effects;
use super::keeper::Keeper;
use super::link::{Level, Link};
use super::memory::Memory;
use super::recorder::Recorder;
use super::signing::Signing;
use super::stats;
use super::urgency::Urgent;
use crate::Context;
use crate::lane::handle::{FastLane, Said};
use crate::lane::outbox::{self, Inbox};
use crate::lane::packets::Packets;
use crate::script::runner::Runner;
use crate::state::StateFile;
use crate::track::{self, News, Trackers};
use holdfast_control::Questions;
use holdfast_kernel::time::{now, wall_ahead};
use holdfast_model::{Event, Mono, VrrpModel};
use holdfast_supervise::{FromWorker, Role};
use holdfast_vrrp::tape::How;
use holdfast_vrrp::{Action, Datagram, Input, Ipv6Header, Router};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use std::collections::BTreeSet;
use std::io;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::time::Duration;

/// Who stood still for so long has more waiting than one turn takes.
const BACKLOG: Duration = Duration::from_millis(100);
/// Messages taken from the inbox in one turn: a flood of facts must not hold up the adverts.
const INBOX_A_TURN: usize = 256;
/// A stop that the lane cannot finish ends after this; `release` does the rest.
const STOP_LIMIT: Duration = Duration::from_secs(2);
/// How long the start waits for what instances watch; the beat wakes the loop by then.
const TRACKED_LIMIT: Duration = Duration::from_secs(1);
/// The wall clock is told again when it moved by so much.
const CLOCK_STEP: Duration = Duration::from_millis(1);
use reload::Waiting;
use sleep::{Flow, OTHER, PACKETS};

struct Worker {
    router: Router,
    effects: Effects,
    bfd: Bfd,
    model: VrrpModel,
    control: Control,
    link: Link,
    questions: Questions,
    inbox: Inbox<Said>,
    trackers: Trackers,
    news: Inbox<News>,
    epoll: Epoll,
    timer: holdfast_kernel::timer::Timer,
    /// What the lvs worker says of IPVS counts.
    heed_ipvs: bool,
    /// The kernel was read, and since when.
    kernel_read: Option<Mono>,
    /// Kinds of what instances watch that were not looked at.
    unready: usize,
    started: bool,
    /// `vrrp_startup_delay` and its kin, once the time is known.
    hold: Option<Mono>,
    /// A worker before this one left something behind: it was held already.
    restarted: bool,
    stopping: Option<Mono>,
    /// Its places are to be had.
    offers: bool,
    next_beat: Mono,
    waiting: Option<Waiting>,
    /// What the router was told of the wall clock.
    ahead: Option<Duration>,
    run_dir: PathBuf,
    /// An lvs worker may run beside this one.
    shares: bool,
    urgent: Urgent,
    signing: Signing,
    memory: Memory,
    recorder: Option<Recorder>,
    /// Somebody served here until a moment ago.
    adopts: bool,
    /// Interfaces that only the worker before this one told of.
    hearsay: BTreeSet<u32>,
    /// What the last sleep was to end at.
    expected: Mono,
    /// It ended because something else than a packet waits.
    called: bool,
    flow: Flow,
}

/// Runs until it is told to stop.
pub(super) fn run(start: Start, context: &Context) -> io::Result<()> {
    let Start {
        control,
        link,
        questions,
        bundle,
        memory,
        mut kept,
        adopts,
    } = start;
    let shares = !context.vrrp_alone;
    let model = super::vrrp_section(&bundle, shares)?;
    let (outbox, inbox) = outbox::pair()?;
    let state = StateFile::vrrp(&context.run_dir);
    if adopts {
        super::adopt::claim_addresses(&state, &model);
    }
    let packets = Packets::of(control.line()?, &mut kept);
    let lane = FastLane::start(outbox, state, packets, adopts, context.log.detail)?;
    let punctual = vec![lane.thread()];
    let (said, news) = outbox::pair()?;
    let keeper = Keeper::new(control.line()?, kept);
    let mut worker = Worker {
        router: Router::new(&model),
        effects: Effects::new(lane, Runner::start()?, keeper, context.log.detail),
        bfd: Bfd::new(&model.bfd, context.log.detail, context.no_bfd),
        model,
        control,
        link,
        questions,
        inbox,
        trackers: Trackers::start(said, context.log.detail)?,
        news,
        epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
        timer: holdfast_kernel::timer::Timer::new()?,
        heed_ipvs: !context.without_ipvs && !context.vrrp_alone,
        kernel_read: None,
        unready: Trackers::KINDS,
        started: false,
        hold: None,
        restarted: false,
        stopping: None,
        offers: false,
        next_beat: Mono::ZERO,
        waiting: None,
        ahead: None,
        run_dir: context.run_dir.clone(),
        shares,
        urgent: Urgent::new(Role::Vrrp, punctual),
        signing: Signing::resume(&context.run_dir),
        memory: Memory::new(memory),
        recorder: context.record.clone().and_then(Recorder::start),
        adopts,
        hearsay: BTreeSet::new(),
        expected: Mono::MAX,
        called: true,
        flow: Flow::default(),
    };
    worker.signing.configure(&worker.model);
    if !worker.resume() {
        worker.record(now(), How::Begins);
        worker.effects.configure(&worker.model);
        worker.read_signed();
        worker.bfd.start();
    }
    worker.trackers.configure(&worker.model.tracked);
    worker.urgent.configure(&bundle);
    worker.memory.configure(&worker.model);
    worker.watch()?;
    worker.link.send(&Level::Hello);
    worker.bfd.register(&worker.epoll, PACKETS)?;
    while !worker.turn()? {}
    // a lane that waits for room in its queue would never end
    drop(worker.inbox);
    worker.effects.end();
    Ok(())
}

impl Worker {
    /// All that calls, but for the sockets of the machines, which come and go.
    fn watch(&self) -> io::Result<()> {
        let others = [
            self.news.as_fd(),
            self.link.as_fd(),
            self.questions.as_fd(),
            self.inbox.as_fd(),
            self.effects.told(),
        ];
        let others = others.into_iter().chain(self.control.descriptors());
        let others = others.map(|fd| (fd, OTHER));
        for (fd, token) in others.chain([(self.timer.as_fd(), PACKETS)]) {
            let event = EpollEvent::new(EpollFlags::EPOLLIN, token);
            self.epoll.add(fd, event)?;
        }
        Ok(())
    }

    /// One turn; true when everything is given back.
    fn turn(&mut self) -> io::Result<bool> {
        self.sleep()?;
        let late = now().since(self.expected);
        self.urgent.late(late);
        self.read_clock();
        let packets = self.read_sockets();
        self.flow.note(now(), packets);
        if late > BACKLOG {
            self.read_backlog();
        }
        if self.called {
            self.read_inbox();
            self.read_trackers();
            self.read_levels();
            self.read_orders();
        }
        let time = now();
        self.take_over(time);
        self.begin(time);
        if self
            .router
            .deadline()
            .is_some_and(|deadline| deadline <= time)
        {
            self.feed(Input::Tick);
        }
        self.bfd.tick(time);
        self.heed_bfd();
        self.effects.followed.tell(&self.link);
        self.tell_offered();
        if let Some(signed) = self.signing.news(&self.router, time) {
            self.effects.remember(signed);
        }
        if time >= self.next_beat {
            self.control.beat(time);
            self.next_beat = time + BEAT;
        }
        self.effects.register(&self.epoll, PACKETS)?;
        self.bfd.register(&self.epoll, PACKETS)?;
        self.remember(time);
        if self.called {
            self.answer(time);
        }
        let over = self
            .stopping
            .is_some_and(|until| self.effects.stopped() || time >= until);
        Ok(over)
    }

    /// What a process before this one signed and believed.
    fn read_signed(&mut self) {
        let known = self.signing.known().clone();
        self.feed(Input::Signed(&known));
    }

    /// Signatures carry the time of the wall clock: the router knows it to a millisecond.
    fn read_clock(&mut self) {
        let ahead = wall_ahead();
        let known = self
            .ahead
            .is_some_and(|told| told.abs_diff(ahead) < CLOCK_STEP);
        if !known {
            self.ahead = Some(ahead);
            self.feed(Input::Clock { ahead });
        }
    }

    /// Every socket is asked, whether it woke the loop or not: order must not depend on epoll's.
    /// How many packets there were.
    fn read_sockets(&mut self) -> usize {
        let packets = self.effects.receive();
        for (ear, packet) in &packets {
            let header = packet.header.map(|(source, destination, hops)| Ipv6Header {
                source,
                destination,
                hops,
            });
            self.feed(Input::Datagram(Datagram {
                ear: *ear,
                bytes: &packet.bytes,
                header,
            }));
        }
        self.bfd.receive();
        packets.len()
    }

    fn read_inbox(&mut self) {
        self.inbox.silence();
        for _ in 0..INBOX_A_TURN {
            let Some(said) = self.inbox.take() else {
                return;
            };
            self.heard(said);
        }
        // more may wait: come back in the next turn without sleeping
        self.inbox.ring();
    }

    /// Starts the router once everything that there is to know at the start is known. A tracked
    /// file that hangs is waited for, but not for long.
    fn begin(&mut self, time: Mono) {
        let Some(since) = self.kernel_read.filter(|_| !self.started) else {
            return;
        };
        if self.unready > 0 && time.since(since) < TRACKED_LIMIT {
            return;
        }
        let until = match self.hold {
            Some(until) => until,
            None => self.hold(time),
        };
        if time >= until {
            self.settle_adopted();
            self.started = true;
            self.feed(Input::Start);
        }
    }

    /// Until when the router waits. What waits is ready all the same.
    fn hold(&mut self, time: Mono) -> Mono {
        let until = if self.restarted || self.adopts {
            time
        } else {
            self.model.hold.until(time)
        };
        if until > time {
            let left = until.since(time);
            self.effects.run(Action::Report(Event::Held { left }));
        }
        self.control.say(FromWorker::Ready);
        self.hold = Some(until);
        until
    }

    fn read_trackers(&mut self) {
        self.news.silence();
        let waiting = std::iter::from_fn(|| self.news.take());
        let news: Vec<News> = waiting.take(INBOX_A_TURN).collect();
        if news.len() == INBOX_A_TURN {
            self.news.ring();
        }
        let (levels, ready) = track::latest(news);
        self.unready = self.unready.saturating_sub(ready);
        for (key, level) in levels {
            self.feed(Input::Level { key: &key, level });
        }
    }

    fn read_levels(&mut self) {
        while let Some(level) = self.link.next() {
            match level {
                Level::Ipvs(present) if self.heed_ipvs => self.feed(Input::Ipvs(present)),
                Level::Hello => self.tell_levels(),
                Level::Ipvs(_) | Level::Master(_) | Level::Bfd(..) => {}
            }
        }
    }

    fn read_orders(&mut self) {
        while let Some(order) = self.control.next() {
            match order {
                Order::Reload(bundle) => self.reload(&bundle),
                Order::Report => stats::write(&self.run_dir, &self.router, self.bfd.speaker()),
                Order::Leave => self.leave(),
                Order::Offer => self.offer(),
                Order::Stop { release } => {
                    if self.stopping.is_none() {
                        self.stopping = Some(now() + STOP_LIMIT);
                        self.effects.keep_state(release);
                        self.trackers.stop();
                        self.signing.end();
                        self.feed(Input::Stop { release });
                        self.bfd.stop();
                    }
                    return;
                }
            }
        }
    }
}
