//! What they are done to: one director, master of its VIP, with virtual servers.

use super::super::Place;
use super::super::bed::{PATIENCE, count, heard, phase, seconds, silence};
use super::super::figure::Timing;
use super::hung;
use crate::director::{Director, Program, Role};
use crate::draw::Draw;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::scenarios::world::{self, ONE, REAL, STRANGER};
use crate::shell::wait;
use crate::table;
use crate::traffic::Hung;
use crate::wire::Witness;
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Its virtual servers, and what becomes of what others do to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Table {
    /// Three, without checks; `ipvs_drift operator`, the default.
    Static,
    /// The same; `ipvs_drift repair`.
    Repair,
    /// A thousand checked servers that do not answer.
    Hung,
    /// Those that answer a byte a second.
    Dripping,
}

/// Holdfast's; keepalived does not see it.
const REPAIR: &str = "@holdfast holdfast {
@holdfast     ipvs_drift repair
@holdfast }
";
/// Those that trickle are done with after half of it.
const FIRST_CHECKS: Duration = Duration::from_secs(60);
/// What is done about the table is done by then: looks come twice a second.
const SOME_LOOKS: Duration = Duration::from_millis(1_500);
/// Rows of services and of real servers in the file.
const ROWS: usize = 9;

/// The director, on a network of its own.
#[derive(Debug)]
pub(in super::super) struct TableBed {
    // the daemon goes before the network
    pub(super) director: Director,
    pub(super) host: Host,
    pub(super) table: Table,
    pub(super) hung: Option<Hung>,
    _servers: Option<Host>,
    witness: Witness,
    pub(super) timing: Timing,
    pub(super) draw: Draw,
    /// Its file, with a place for more real servers of the first virtual server.
    file: String,
    /// As `ipvsadm` saves it, and as the kernel shows it, when nothing has happened to it.
    whole: Option<(Vec<String>, BTreeSet<String>)>,
    /// How many faults there were.
    pub(super) turn: u32,
}

impl TableBed {
    /// Builds the network; nothing runs yet.
    pub(in super::super) fn new(
        ctx: &mut Ctx,
        program: &Program,
        table: Table,
        timing: Timing,
        draw: Draw,
    ) -> Result<Self> {
        let switch = ctx.lab.switch("sw")?;
        let (host, _) = world::host(ctx, &switch, "d1", ONE)?;
        let (stranger, _) = world::host(ctx, &switch, "w", STRANGER)?;
        let witness = Witness::start(&stranger)?;
        let interval = timing.interval.as_secs_f64().to_string();
        let file = ctx.file("cases/faults-ipvs.conf")?;
        let file = file.replace("INTERVAL", &interval);
        let mut bed = Self {
            director: ctx.director(&host, program, &[])?,
            host,
            table,
            hung: None,
            _servers: None,
            witness,
            timing,
            draw,
            file,
            whole: None,
            turn: 0,
        };
        match table {
            Table::Static => {}
            Table::Repair => bed.file.insert_str(0, REPAIR),
            Table::Hung | Table::Dripping => {
                let (servers, _) = world::host(ctx, &switch, "rs", REAL[0])?;
                servers.ip(&format!("route add local {} dev lo", hung::NETWORK))?;
                let route = format!("route add {} via {}", hung::NETWORK, REAL[0]);
                bed.host.ip(&route)?;
                bed.file += &hung::services(table);
                bed.hung = Some(Hung::start(&servers, hung::PORT, table == Table::Dripping)?);
                bed._servers = Some(servers);
            }
        }
        bed.configure("")?;
        Ok(bed)
    }

    /// The file with these real servers more in its first virtual server.
    pub(super) fn configure(&self, more: &str) -> Result<()> {
        self.director.configure(self.file.replace("MORE", more))
    }

    /// The same with another word in it.
    pub(super) fn configure_with(&self, word: &str, other: &str) -> Result<()> {
        let text = self.file.replace("MORE", "").replacen(word, other, 1);
        self.director.configure(text)
    }

    /// A time in which something would be done about a change, had it to be done.
    pub(super) fn some_looks(&self) -> Duration {
        SOME_LOOKS.max(self.timing.interval * 3)
    }

    /// SIGHUP.
    pub(super) fn reload(&self) -> Result<()> {
        self.director.signal(Role::Parent, Signal::SIGHUP)
    }

    /// The rows of the table.
    pub(super) fn rows(&self) -> BTreeSet<String> {
        let services = table::read(&self.host).unwrap_or_default();
        let rows = services.into_iter().flat_map(|service| {
            let row = |row: &table::Row| {
                let (address, port, weight) = (row.address, row.port, row.weight);
                format!("{} {address}:{port} {weight}", service.name)
            };
            let rows: Vec<String> = service.rows.iter().map(row).collect();
            [vec![service.name], rows].concat()
        });
        rows.collect()
    }

    fn is_whole(&self) -> bool {
        let whole = self.whole.as_ref();
        whole.is_some_and(|(_, rows)| *rows == self.rows())
    }

    /// How long it took until the table was as it had been.
    pub(super) fn whole_again(&self, from: Instant) -> f64 {
        self.until(from, || self.is_whole())
    }

    /// How long it took until the table had this row.
    pub(super) fn has(&self, row: &str, from: Instant) -> f64 {
        self.until(from, || self.rows().contains(row))
    }

    fn until(&self, from: Instant, condition: impl FnMut() -> bool) -> f64 {
        let seen = wait("a table", PATIENCE, condition).map(|_| Instant::now());
        seconds(from, seen)
    }

    /// How many rows were otherwise at a time, at most, in a time in which nothing must happen.
    pub(super) fn deviates(&self, known: &BTreeSet<String>, time: Duration) -> f64 {
        let (start, mut most) = (Instant::now(), 0);
        while start.elapsed() < time {
            most = most.max(self.rows().symmetric_difference(known).count());
            // a pace
            std::thread::sleep(Duration::from_millis(20));
        }
        count(most)
    }

    /// The longest time between two adverts since shortly before `from`.
    pub(super) fn silence(&self, from: Instant) -> f64 {
        silence(&self.witness, self.timing, from)
    }

    /// As a person would put it right: what is missing comes back, what is too much goes.
    fn by_hand(&self) -> Result<()> {
        let Some((saved, _)) = &self.whole else {
            return Ok(());
        };
        let now = table::saved(&self.host)?;
        for row in saved.iter().filter(|row| !now.contains(row)) {
            let _the_daemon_may_be_faster = self.host.exec(&format!("ipvsadm {row}"));
        }
        for row in now.iter().filter(|row| !saved.contains(row)) {
            let words: Vec<&str> = row.split(' ').collect();
            let _gone_with_its_service = match words.as_slice() {
                ["-A", kind, service, ..] => {
                    self.host.exec(&format!("ipvsadm -D {kind} {service}"))
                }
                ["-a", kind, service, "-r", server, ..] => {
                    let line = format!("ipvsadm -d {kind} {service} -r {server}");
                    self.host.exec(&line)
                }
                _ => continue,
            };
        }
        Ok(())
    }
}

impl Place for TableBed {
    fn ready(&mut self) -> Result<()> {
        self.turn += 1;
        let start = Instant::now();
        if !self.director.lives() {
            self.director.start()?;
        }
        heard(&self.witness, Instant::now(), PATIENCE)?;
        if let Some(hung) = &self.hung {
            // all of them at a time, and what they do to the table, is the start of a daemon and not what is asked
            let all = || self.whole.is_some() || hung::missing(self.table, &hung.since(start)) == 0;
            wait("a check of each server", FIRST_CHECKS, all)?;
            self.whole.get_or_insert_default();
            return Ok(());
        }
        if self.whole.is_none() {
            wait("the whole table", PATIENCE, || self.rows().len() == ROWS)?;
            self.whole = Some((table::saved(&self.host)?, self.rows()));
        }
        if !self.is_whole() {
            self.by_hand()?;
            wait("the table as it was", PATIENCE, || self.is_whole())?;
        }
        Ok(())
    }

    fn random_phase(&mut self) -> Result<Duration> {
        phase(&self.witness, self.timing, &mut self.draw)
    }
}
