//! `linkbeat_interfaces`, `linkbeat_use_polling`: links that are asked once a second, since their
//! drivers do not tell all that there is to tell.

use crate::lane::links::Links;
use holdfast_model::{Beat, IfName, Listening, Mono};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// Who is asked, and how.
#[derive(Debug, Default)]
pub(crate) struct Beats {
    wanted: BTreeMap<IfName, Beat>,
    all: bool,
    /// What was found to work, and what it said last.
    known: BTreeMap<IfName, (Beat, bool)>,
    next: Option<Mono>,
}

/// The next way to ask, where one is not supported.
const fn after(beat: Beat) -> Option<Beat> {
    match beat {
        Beat::Mii => Some(Beat::Ethtool),
        Beat::Ethtool => Some(Beat::Flags),
        Beat::Flags => None,
    }
}

const fn word(beat: Beat) -> &'static str {
    match beat {
        Beat::Mii => "MII",
        Beat::Ethtool => "ETHTOOL",
        Beat::Flags => "IOCTL",
    }
}

impl Beats {
    pub(crate) fn configure(&mut self, listening: &Listening, links: &mut Links) {
        self.wanted = listening.polled.iter().cloned().collect();
        self.all = listening.polls_all;
        let asked = !self.wanted.is_empty() || self.all;
        self.next = asked.then_some(Mono::ZERO);
        self.known.clear();
        // those who are not asked any more count as they tell
        links.beats(|_| true);
    }

    pub(crate) const fn deadline(&self) -> Option<Mono> {
        self.next
    }

    /// Asks them, when it is time.
    pub(crate) fn tick(
        &mut self,
        now: Mono,
        links: &mut Links,
        ask: impl Fn(&IfName, Beat) -> io::Result<bool>,
    ) {
        if self.next.is_none_or(|next| next > now) {
            return;
        }
        self.next = Some(now + EVERY);
        let all = links.names();
        self.known.retain(|name, _| all.contains(name));
        for name in all {
            let beat = match (self.known.get(&name), self.wanted.get(&name)) {
                (Some((beat, _)), _) => *beat,
                (None, Some(beat)) => *beat,
                (None, None) if self.all && name.as_str() != "lo" => Beat::Mii,
                (None, None) => continue,
            };
            self.one(name, beat, &ask);
        }
        let known = &self.known;
        links.beats(|name| known.get(name).is_none_or(|known| known.1));
    }

    fn one(&mut self, name: IfName, first: Beat, ask: &impl Fn(&IfName, Beat) -> io::Result<bool>) {
        let mut ways = core::iter::successors(Some(first), |beat| after(*beat));
        let answer = ways.find_map(|beat| Some((beat, ask(&name, beat).ok()?)));
        // it is gone, which is told
        let Some((beat, up)) = answer else { return };
        if beat != first && !self.all {
            let (first, beat) = (word(first), word(beat));
            tracing::info!(
                "({name}): Configured linkbeat type {first} not supported, using {beat}"
            );
        }
        let before = self.known.insert(name.clone(), (beat, up));
        if before.is_some_and(|before| before.1 != up) {
            let now = if up { "up" } else { "down" };
            tracing::info!("Linkbeat reports {name} {now}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::links::tests::up;
    use holdfast_packet::MacAddress;
    use std::cell::Cell;

    #[test]
    fn a_link_is_up_when_it_says_so_and_answers() {
        let name = IfName::new("eth0").expect("name");
        let mut links = Links::default();
        links.link(2, name.clone(), true, MacAddress([2; 6]), 1500);
        assert_eq!(up(&mut links), [true]);
        let listening = Listening {
            polled: vec![(name.clone(), Beat::Mii)],
            ..Listening::default()
        };
        let mut beats = Beats::default();
        beats.configure(&listening, &mut links);
        let beating = Cell::new(true);
        let ask = |_: &IfName, beat| match beat {
            Beat::Mii => Err(io::ErrorKind::Unsupported.into()),
            Beat::Ethtool | Beat::Flags => Ok(beating.get()),
        };
        let mut at = Mono::from_secs(10);
        beats.tick(at, &mut links, ask);
        assert_eq!(beats.known[&name], (Beat::Ethtool, true));
        assert!(up(&mut links).is_empty());
        beating.set(false);
        beats.tick(at, &mut links, ask);
        assert!(up(&mut links).is_empty(), "once a second");
        at = beats.deadline().expect("again");
        beats.tick(at, &mut links, ask);
        assert_eq!(up(&mut links), [false]);
        // what is told does not make it up
        links.link(2, name.clone(), true, MacAddress([2; 6]), 1500);
        assert!(up(&mut links).is_empty());
        beating.set(true);
        beats.tick(at + EVERY, &mut links, ask);
        assert_eq!(up(&mut links), [true]);
        beating.set(false);
        beats.tick(at + EVERY * 2, &mut links, ask);
        assert_eq!(up(&mut links), [false]);
        // a reload without it
        beats.configure(&Listening::default(), &mut links);
        assert_eq!(up(&mut links), [true]);
        assert_eq!(beats.deadline(), None);
    }
}
