//! What faults are done to: a pair, and hosts that ask for its address all the time.

use super::super::harm::disk::Disk;
use super::super::harm::scripts::Scripts;
use super::super::pair::gap;
use super::super::world::{ONE, VIP, World};
use super::Place;
use super::answers::{both, outage};
use super::figure::{FOR_EVER, PRIORITY, Timing};
use crate::director::{Director, Program};
use crate::draw::Draw;
use crate::error::{Error, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::wire::{Advert, Answer, Asker, Witness};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What does not come to be in this time never does.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How often the address is asked for.
pub(super) const PERIOD: Duration = Duration::from_millis(10);
/// Who answers twice in this time answered meanwhile.
const PAUSE: Duration = Duration::from_millis(25);

/// What the pair's file has beside an address, a route and a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setup {
    /// Nothing.
    Plain,
    /// `vip_lease`.
    Lease,
    /// `use_vmac`.
    Vmac,
    /// Scripts that hang, fork and scream.
    Scripts,
    /// The first director's run directory is on a small disk.
    SmallDisk,
    /// `vrrp_rt_priority`.
    Realtime,
}

const LEASE: &str = "@holdfast holdfast {
@holdfast     vip_lease on
@holdfast }
";
/// keepalived's own limit, 10 ms without a pause, would be the end of its VRRP process.
const REALTIME: &str = "global_defs {
    vrrp_rt_priority 50
    vrrp_rlimit_rttime 1000000
}
";

/// The pair, on a network of its own.
#[derive(Debug)]
pub(super) struct Bed {
    // daemons and whoever asks go before the network
    pub(super) one: Director,
    pub(super) two: Director,
    asks_one: Asker,
    asks_two: Asker,
    asks_both: Asker,
    pub(super) world: World,
    /// Of the first director.
    pub(super) mac: String,
    pub(super) timing: Timing,
    pub(super) draw: Draw,
    /// The first director's file.
    pub(super) text: String,
    /// A file of this bed.
    pub(super) scratch: PathBuf,
    pub(super) scripts: Scripts,
    pub(super) disk: Option<Disk>,
}

impl Bed {
    /// Builds the network; nothing runs yet.
    pub(super) fn new(
        ctx: &mut Ctx,
        program: &Program,
        setup: Setup,
        timing: Timing,
        draw: Draw,
    ) -> Result<Self> {
        let world = World::new(ctx)?;
        let asks_one = world.asks(ctx, "p1", 201, &world.one, &[VIP], PERIOD)?;
        let asks_two = world.asks(ctx, "p2", 202, &world.two, &[VIP], PERIOD)?;
        let asks_both = Asker::start(&world.client, &[VIP], PERIOD)?;
        let file = ctx.file("cases/faults.conf")?;
        let one = ctx.director(&world.one, program, &["-P"])?;
        let two = ctx.director(&world.two, program, &["-P"])?;
        let scripts = Scripts::new(&one.run_dir().with_file_name("scripts"))?;
        let text = |priority: u8| {
            let interval = timing.interval.as_secs_f64().to_string();
            let text = file
                .replace("PRIORITY", &priority.to_string())
                .replace("INTERVAL", &interval);
            let (before, more) = match setup {
                Setup::Plain | Setup::SmallDisk => Default::default(),
                Setup::Vmac => (String::new(), "    use_vmac\n".to_owned()),
                Setup::Lease => (LEASE.to_owned(), String::new()),
                Setup::Scripts => (scripts.config(), scripts.tracked()),
                Setup::Realtime => (REALTIME.to_owned(), String::new()),
            };
            before + &text.replace("MORE", &more)
        };
        let disk = (setup == Setup::SmallDisk).then(|| Disk::mount(&one.run_dir()));
        let first = text(PRIORITY[0]);
        one.configure(&first)?;
        two.configure(text(PRIORITY[1]))?;
        let scratch = one.run_dir().with_file_name("scratch");
        Ok(Self {
            one,
            two,
            asks_one,
            asks_two,
            asks_both,
            mac: world.one.mac()?,
            world,
            timing,
            draw,
            text: first,
            scratch,
            scripts,
            disk: disk.transpose()?,
        })
    }

    fn start(&mut self) -> Result<()> {
        for director in [&mut self.one, &mut self.two] {
            if !director.lives() {
                clean(director.host());
                director.start()?;
            }
        }
        Ok(())
    }

    fn settled(&self) -> Result<()> {
        let bound = self.timing.down(PRIORITY[0]) + self.timing.interval * 3;
        let bound = bound + Duration::from_secs(3);
        let (has, has_not) = (&self.world.one_has, &self.world.two_has);
        let calm = self.timing.interval * 3 / 2;
        let watches = [has, has_not];
        crate::watch::settle(&watches, VIP, "d1", bound, calm)?;
        let from = Instant::now();
        wait("d1 alone answers", bound, || {
            let answered = |asker: &Asker| !asker.answers(VIP, from).is_empty();
            answered(&self.asks_one) && answered(&self.asks_both) && !answered(&self.asks_two)
        })
        .map(drop)
    }

    /// How long it took until the second director answered for the address.
    pub(super) fn two_answers(&self, from: Instant) -> f64 {
        self.answers(&self.asks_two, from)
    }

    /// How long it took until the first one did.
    pub(super) fn one_answers(&self, from: Instant) -> f64 {
        self.answers(&self.asks_one, from)
    }

    fn answers(&self, asker: &Asker, from: Instant) -> f64 {
        let first = || asker.answers(VIP, from).first().map(|answer| answer.at);
        seconds(from, crate::shell::wait_some("an answer", PATIENCE, first))
    }

    /// How long it took until the address was on, or off, the first director's interfaces.
    pub(super) fn one_has(&self, present: bool, from: Instant) -> f64 {
        seconds(from, self.world.one_has.wait(VIP, present, PATIENCE))
    }

    /// How long it took until only one of them had it.
    pub(super) fn one_holder(&self, from: Instant) -> f64 {
        let watches = [&self.world.one_has, &self.world.two_has];
        let alone = wait("one holder", PATIENCE, || {
            crate::watch::holders(&watches, VIP).len() == 1
        });
        let now = Instant::now();
        seconds(from, alone.map(|_| now))
    }

    /// Waits until the client, which has had time to be without answers, has one.
    pub(super) fn served_again(&self) {
        self.intervals(2);
        // none for ever is what the outage says
        let _none = self.answers(&self.asks_both, Instant::now());
    }

    /// Waits until the first director answers no more.
    pub(super) fn one_falls_silent(&self) {
        let start = Instant::now();
        let _for_ever = wait("an end of its answers", PATIENCE, || {
            let lately = Instant::now().checked_sub(self.timing.interval);
            let silent = |from| self.asks_one.answers(VIP, from).is_empty();
            start.elapsed() >= self.timing.interval && lately.is_some_and(silent)
        });
    }

    /// The longest time in which the client had no answer.
    pub(super) fn outage(&self, from: Instant) -> f64 {
        let answers = times(&self.asks_both, from);
        bounded(outage(&answers, from, Instant::now()))
    }

    /// For how long both answered for the address.
    pub(super) fn both_answered(&self, from: Instant) -> f64 {
        let (one, two) = (times(&self.asks_one, from), times(&self.asks_two, from));
        bounded(both(&one, &two, PAUSE))
    }

    /// How often a director got or lost the address.
    pub(super) fn moves(&self, from: Instant) -> f64 {
        let world = &self.world;
        count(world.one_has.changes(VIP, from) + world.two_has.changes(VIP, from))
    }

    /// How often the second one did.
    pub(super) fn other_moves(&self, from: Instant) -> f64 {
        count(self.world.two_has.changes(VIP, from))
    }

    /// How many adverts of priority 0 there were, of anybody.
    pub(super) fn resigned(&self, from: Instant) -> f64 {
        let zero = |advert: &Advert| advert.priority == 0;
        count(self.world.witness.adverts(from, zero).len())
    }

    /// How long it took until the first director resigned.
    pub(super) fn resigns(&self, from: Instant, bound: Duration) -> f64 {
        let zero = |advert: &Advert| is_ours_at_all(advert) && advert.priority == 0;
        let seen = self.world.witness.wait("priority 0", from, bound, zero);
        seconds(from, seen.map(|(at, _)| at))
    }

    /// How long it took until the first director said that it is master.
    pub(super) fn speaks(&self, from: Instant) -> f64 {
        seconds(from, heard(&self.world.witness, from, PATIENCE))
    }

    /// The longest time between two adverts of the first director since shortly before `from`.
    pub(super) fn silence(&self, from: Instant) -> f64 {
        silence(&self.world.witness, self.timing, from)
    }

    /// So many intervals pass.
    pub(super) fn intervals(&self, tenths: u32) {
        // part of a fault, or a time in which something must not happen
        std::thread::sleep(self.timing.interval * tenths / 10);
    }
}

impl Place for Bed {
    /// Both run, and the first one alone is master; what a fault left behind is put right as a person would.
    fn ready(&mut self) -> Result<()> {
        self.start()?;
        if self.settled().is_ok() {
            return Ok(());
        }
        for director in [&mut self.one, &mut self.two] {
            if director.lives() {
                director.kill_all()?;
            }
        }
        self.world.one_port.block(false)?;
        self.world.one_port.mend()?;
        self.start()?;
        self.settled()
    }

    fn random_phase(&mut self) -> Result<Duration> {
        phase(&self.world.witness, self.timing, &mut self.draw)
    }
}

/// Waits for an advert of the first director that came since `from`; when it did.
pub(super) fn heard(witness: &Witness, from: Instant, bound: Duration) -> Result<Instant> {
    let advert = witness.wait("an advert of d1", from, bound, is_ours);
    advert.map(|(at, _)| at)
}

/// Waits for a moment after an advert of the first director; how long after.
pub(super) fn phase(witness: &Witness, timing: Timing, draw: &mut Draw) -> Result<Duration> {
    let bound = timing.interval * 2 + Duration::from_secs(1);
    let at = heard(witness, Instant::now(), bound)?;
    let phase = draw.moment(timing.interval);
    // the moment itself, not a wait for anything
    std::thread::sleep((at + phase).saturating_duration_since(Instant::now()));
    Ok(phase)
}

/// The longest time between two adverts of the first director since shortly before `from`.
pub(super) fn silence(witness: &Witness, timing: Timing, from: Instant) -> f64 {
    let before = from.checked_sub(timing.interval).unwrap_or(from);
    let adverts = witness.adverts(before, is_ours);
    let times: Vec<Instant> = adverts.into_iter().map(|(at, _)| at).collect();
    let times = [times, vec![Instant::now()]].concat();
    bounded(gap(&times))
}

fn is_ours_at_all(advert: &Advert) -> bool {
    advert.source == ONE
}

fn is_ours(advert: &Advert) -> bool {
    is_ours_at_all(advert) && advert.priority != 0
}

/// What a daemon that was killed may have left.
fn clean(host: &Host) {
    for line in [
        format!("address del {VIP}/32 dev eth0"),
        format!("rule del from {VIP} lookup 100"),
        "route del 10.99.0.0/16".to_owned(),
    ] {
        let _it_may_be_gone = host.ip(&line);
    }
}

fn times(asker: &Asker, from: Instant) -> Vec<Instant> {
    let echo = |answer: &Answer| !answer.arp;
    let answers = asker.answers(VIP, from).into_iter().filter(echo);
    answers.map(|answer| answer.at).collect()
}

/// What lasts as long as anybody waits lasts for ever.
fn bounded(time: Duration) -> f64 {
    if time >= PATIENCE * 9 / 10 {
        FOR_EVER
    } else {
        time.as_secs_f64()
    }
}

pub(super) fn seconds(from: Instant, outcome: Result<Instant, Error>) -> f64 {
    outcome.map_or(FOR_EVER, |at| {
        at.saturating_duration_since(from).as_secs_f64()
    })
}

pub(super) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(FOR_EVER, f64::from)
}
