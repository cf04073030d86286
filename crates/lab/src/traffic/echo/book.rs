//! What became of connections' messages.

use std::io;
use std::time::{Duration, Instant};

/// How a connection's packets go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Through the director.
    Through,
    /// Past it.
    Beside,
}

/// How connections fared.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// Messages that came back.
    pub trips: usize,
    /// Connections that ended, and how.
    pub lost: Vec<String>,
    /// The longest round trip, one that goes on counts with its time so far.
    pub slowest: Duration,
    /// The longest past the director while one through it was over the limit.
    pub beside: Duration,
    /// Milliseconds from the moment asked for to the message that stalled, and how many it took.
    pub stalls: Vec<(u128, u128)>,
}

/// A message that came back. A client that sends it late itself is part of how long it took.
#[derive(Debug, Clone, Copy)]
struct Trip {
    due: Instant,
    took: Duration,
    way: Way,
}

#[derive(Debug)]
struct Line {
    way: Way,
    /// The message that has not come back was due then.
    waiting: Option<Instant>,
    /// The last one that came back was due then.
    answered: Instant,
    /// When it ended, and how.
    lost: Option<(Instant, String)>,
}

#[derive(Debug)]
pub(super) struct Book {
    trips: Vec<Trip>,
    lines: Vec<Line>,
}

impl Book {
    pub(super) fn new(ways: &[Way]) -> Self {
        let line = |way: &Way| Line {
            way: *way,
            waiting: None,
            answered: Instant::now(),
            lost: None,
        };
        Self {
            trips: Vec::new(),
            lines: ways.iter().map(line).collect(),
        }
    }

    /// A message is due: true if the connection may send it.
    pub(super) fn send(&mut self, index: usize, due: Instant) -> bool {
        match self.lines.get_mut(index) {
            Some(line) if line.waiting.is_none() && line.lost.is_none() => {
                line.waiting = Some(due);
                true
            }
            _ => false,
        }
    }

    pub(super) fn receive(&mut self, index: usize, now: Instant) {
        let Some(line) = self.lines.get_mut(index) else {
            return;
        };
        let Some(due) = line.waiting.take() else {
            return;
        };
        line.answered = due;
        self.trips.push(Trip {
            due,
            took: now.saturating_duration_since(due),
            way: line.way,
        });
    }

    pub(super) fn end(&mut self, index: usize, how: &io::Error) {
        if let Some(line) = self.lines.get_mut(index) {
            line.waiting = None;
            line.lost = Some((Instant::now(), format!("connection {index}: {how}")));
        }
    }

    /// How many have not ended and got nothing back that was due after `from`.
    pub(super) fn silent(&self, from: Instant) -> usize {
        let living = self.lines.iter().filter(|line| line.lost.is_none());
        living.filter(|line| line.answered < from).count()
    }

    pub(super) fn health(&self, from: Instant, limit: Duration) -> Health {
        let mut health = Health::default();
        let others = self.trips(from, Way::Beside);
        for (due, took) in self.trips(from, Way::Through) {
            health.slowest = health.slowest.max(took);
            if took <= limit {
                continue;
            }
            let meanwhile = others
                .iter()
                .filter(|(other, its)| *other <= due + took && *other + *its >= due);
            let usual = meanwhile.map(|(_, its)| *its).max().unwrap_or_default();
            health.beside = health.beside.max(usual);
            if took > limit + usual {
                let since = due.saturating_duration_since(from);
                health.stalls.push((since.as_millis(), took.as_millis()));
            }
        }
        let through = self.trips.iter().filter(|trip| trip.way == Way::Through);
        health.trips = through.filter(|trip| trip.due >= from).count();
        let lost = self.lines.iter().filter_map(|line| line.lost.as_ref());
        let lost = lost.filter(|(at, _)| *at >= from);
        health.lost = lost.map(|(_, how)| how.clone()).collect();
        health
    }

    /// Those that were not over at `from`, and those that are not over now.
    fn trips(&self, from: Instant, way: Way) -> Vec<(Instant, Duration)> {
        let over = self.trips.iter().filter(|trip| trip.way == way);
        let over = over.map(|trip| (trip.due, trip.took));
        let lines = self.lines.iter().filter(|line| line.way == way);
        let under_way = lines.filter_map(|line| line.waiting);
        let under_way = under_way.map(|due| (due, due.elapsed()));
        over.chain(under_way)
            .filter(|(due, took)| *due + *took >= from)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn book(start: Instant, through: u32, beside: u32) -> Book {
        let mut book = Book::new(&[Way::Through, Way::Beside]);
        for (index, took) in [(0, through), (1, beside)] {
            assert!(book.send(index, start));
            assert!(!book.send(index, start + MS), "one at a time");
            book.receive(index, start + MS * took);
        }
        book
    }

    #[test]
    fn a_stall_is_one_that_others_do_not_have() {
        let start = Instant::now();
        let stalls = |through, beside| {
            let health = book(start, through, beside).health(start, 200 * MS);
            health.stalls
        };
        assert_eq!(stalls(200, 1), []);
        assert_eq!(stalls(300, 1), [(0, 300)]);
        assert_eq!(stalls(300, 101), []);
        assert_eq!(stalls(350, 101), [(0, 350)]);
    }

    #[test]
    fn what_does_not_come_back_is_slow_and_silent() {
        let now = Instant::now();
        let Some(start) = now.checked_sub(500 * MS) else {
            return;
        };
        let mut book = Book::new(&[Way::Through]);
        assert!(book.send(0, start));
        let health = book.health(start, 200 * MS);
        assert_eq!((health.trips, health.stalls.len()), (0, 1));
        assert_eq!(book.silent(now + MS), 1);
        book.end(0, &io::ErrorKind::ConnectionReset.into());
        let health = book.health(start, 200 * MS);
        assert_eq!((health.lost.len(), health.stalls.len()), (1, 0));
        assert_eq!(book.silent(now + MS), 0);
    }
}
