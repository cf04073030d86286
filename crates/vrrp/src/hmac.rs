//! `auth_hmac`: what of the signatures an instance has sent and seen.
//!
//! A signature carries the time of the wall clock, and grows from advert to advert. Of each sender
//! the last one is kept, so that no advert counts twice.

use crate::router::Router;
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::event::RejectReason;
use holdfast_model::{AntiReplay, Hmac, HmacMode, InstanceKey, Mono};
use holdfast_packet::vrrp::hmac::{Stamp, Trailer};
use serde::{Deserialize, Serialize};

/// Senders whose last signature is kept when they are not named as peers.
const STRANGERS: usize = 4;

/// The signatures of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Signatures {
    /// The last one that we sent.
    pub(crate) sent: Option<Stamp>,
    /// The last one of each sender; who spoke last stands last.
    pub(crate) heard: Vec<(IpAddr, Stamp)>,
}

/// A signature that was found to be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Genuine {
    pub(crate) stamp: Stamp,
    /// Seconds between its clock and ours, when that is more than half of what is allowed.
    pub(crate) apart: Option<u32>,
}

impl Signatures {
    /// For a snapshot.
    pub(crate) fn kept(&self) -> (Option<u64>, Vec<(IpAddr, u64)>) {
        let heard = self.heard.iter().map(|(sender, stamp)| (*sender, stamp.0));
        (self.sent.map(|stamp| stamp.0), heard.collect())
    }

    /// Out of a snapshot.
    pub(crate) fn of((sent, heard): &(Option<u64>, Vec<(IpAddr, u64)>)) -> Self {
        let heard = heard.iter().map(|(sender, stamp)| (*sender, Stamp(*stamp)));
        Self {
            sent: sent.map(Stamp),
            heard: heard.collect(),
        }
    }

    /// The stamp of the advert that is sent now.
    pub(crate) fn stamp(&mut self, hmac: &Hmac, wall: Stamp) -> Stamp {
        let stamp = next_stamp(hmac, wall, self.sent);
        self.sent = Some(stamp);
        stamp
    }

    /// A process before this one signed with stamps up to this.
    fn signed_before(&mut self, last: Stamp) {
        self.sent = self.sent.filter(|own| own.is_after(last)).or(Some(last));
    }

    /// Is a packet signed as it must be? In keepalived's order: the form, the time, the key, the
    /// signature, and only then whether it was heard before. `Ok(None)`: unsigned, and may be.
    pub(crate) fn verify(
        &self,
        hmac: &Hmac,
        wall: Option<Stamp>,
        source: IpAddr,
        message: &[u8],
        trailer: &[u8],
    ) -> Result<Option<Genuine>, RejectReason> {
        if trailer.is_empty() {
            return match hmac.mode {
                HmacMode::Enforce => Err(RejectReason::Unsigned),
                HmacMode::Permissive | HmacMode::ReceiveOnly => Ok(None),
            };
        }
        let trailer = Trailer::read(trailer).ok_or(RejectReason::Trailer)?;
        let stamp = trailer.stamp;
        let mut apart = None;
        if hmac.replay == AntiReplay::Time {
            let wall = wall.ok_or(RejectReason::Stale)?;
            let seconds = stamp.seconds_to(wall);
            if u64::from(seconds) > window(hmac) {
                return Err(RejectReason::Stale);
            }
            apart = Some(seconds).filter(|seconds| u64::from(*seconds) * 2 > window(hmac));
        }
        let key = hmac.key(trailer.key).ok_or(RejectReason::UnknownKey)?;
        if !trailer.is_genuine(&key.secret.0, source, message) {
            return Err(RejectReason::Signature);
        }
        let mut heard = self.heard.iter();
        let last = heard.find(|(sender, _)| *sender == source);
        let last = last.map(|(_, last)| *last).filter(|last| {
            // clocks were set: what is of another time proves nothing
            hmac.replay == AntiReplay::Monotonic
                || wall.is_some_and(|wall| u64::from(last.seconds_to(wall)) <= window(hmac))
        });
        if last.is_some_and(|last| !stamp.is_after(last)) {
            return Err(RejectReason::Replay);
        }
        Ok(Some(Genuine { stamp, apart }))
    }

    /// Notes a good one; with room for that many senders.
    pub(crate) fn note(&mut self, source: IpAddr, stamp: Stamp, peers: usize) {
        self.heard.retain(|(sender, _)| *sender != source);
        self.heard.push((source, stamp));
        let surplus = self.heard.len().saturating_sub(peers.max(STRANGERS));
        self.heard.drain(..surplus);
    }
}

/// The stamp that follows `last` while the wall clock shows `wall`.
pub fn next_stamp(hmac: &Hmac, wall: Stamp, last: Option<Stamp>) -> Stamp {
    let later = |last: Stamp| {
        if wall.is_after(last) {
            wall
        } else {
            last.next()
        }
    };
    // the clock was set back: others would not believe a stamp of the time before
    let stale = |last: Stamp| {
        hmac.replay == AntiReplay::Time && u64::from(last.seconds_to(wall)) > window(hmac)
    };
    last.filter(|last| !stale(*last)).map_or(wall, later)
}

/// A stamp, and when it was later than all that had been signed. While the wall clock is not set
/// forward, it grows as fast as our time does and stays so: also when that clock is set back, for then
/// stamps grow by the least that they can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    stamp: u64,
    at: Mono,
}

impl Latest {
    /// No stamp that was signed until `now` is later.
    pub fn at(self, now: Mono) -> Stamp {
        Stamp(self.stamp).later_by(now.since(self.at))
    }
}

/// What of signatures outlives a process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Signed {
    /// Our own stamps; `None` when nothing was signed.
    pub latest: Option<Latest>,
    /// The last stamp of each sender, by instance.
    pub heard: Vec<(InstanceKey, Vec<(IpAddr, u64)>)>,
}

impl Signed {
    /// The clock may be slewed by so much before that has to be written down anew.
    const MARGIN: Duration = Duration::from_millis(250);

    /// Is that true as well: was nothing signed that is later?
    pub fn covers(&self, latest: Option<Latest>, now: Mono) -> bool {
        let known = self.before(now);
        let later = |new: Latest| known.is_none_or(|known| new.at(now).is_after(known));
        !latest.is_some_and(later)
    }

    /// The stamp that all of ours are before.
    pub fn before(&self, now: Mono) -> Option<Stamp> {
        Some(self.latest?.at(now).later_by(Self::MARGIN))
    }
}

impl Router {
    /// The latest of our stamps, for the state file.
    pub fn latest(&self, now: Mono) -> Option<Latest> {
        let sent = self.instances.iter().filter_map(|i| i.signatures.sent);
        let latest = sent.reduce(|one, other| if one.is_after(other) { one } else { other });
        latest.map(|Stamp(stamp)| Latest { stamp, at: now })
    }

    /// The last stamp of each sender, by instance, for the state file.
    pub fn heard(&self) -> Vec<(InstanceKey, Vec<(IpAddr, u64)>)> {
        let all = self.instances.iter();
        let some = all.filter(|instance| !instance.signatures.heard.is_empty());
        some.map(|i| (i.config.key.clone(), i.signatures.kept().1))
            .collect()
    }

    /// Out of the state file.
    pub(crate) fn signed_before(&mut self, now: Mono, signed: &Signed) {
        for instance in &mut self.instances {
            if let Some(latest) = signed.before(now) {
                instance.signatures.signed_before(latest);
            }
            let mut heard = signed.heard.iter();
            let heard = heard.find(|(key, _)| *key == instance.config.key);
            if let Some((_, heard)) = heard {
                instance.signatures.heard = Signatures::of(&(None, heard.clone())).heard;
            }
        }
    }
}

/// What the wall clock shows `ahead` of our time.
pub(crate) fn wall(now: Mono, ahead: Duration) -> Stamp {
    Stamp::of(now.since(Mono::ZERO) + ahead)
}

fn window(hmac: &Hmac) -> u64 {
    hmac.window.as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;
    use holdfast_model::{HmacKey, Secret};
    use holdfast_packet::vrrp::{Ends, hmac::sign};

    const WALL: Duration = Duration::from_secs(1_700_000_000);
    const MESSAGE: [u8; 8] = [0x31, 51, 100, 0, 0, 100, 0, 0];

    fn hmac(seconds: u64, replay: AntiReplay) -> Hmac {
        let secret = Secret(vec![1; 32]);
        Hmac {
            keys: vec![HmacKey { id: 1, secret }],
            active: 1,
            window: Duration::from_secs(seconds),
            replay,
            mode: HmacMode::Enforce,
        }
    }

    fn sender(last: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, last).into()
    }

    /// What the receiver whose clock shows [`WALL`] makes of a good signature.
    fn verdict(
        known: &Signatures,
        hmac: &Hmac,
        source: IpAddr,
        stamp: Stamp,
    ) -> Result<Option<u32>, RejectReason> {
        let mut message = MESSAGE.to_vec();
        let destination = Ipv4Addr::new(224, 0, 0, 18).into();
        let ends = Ends {
            source,
            destination,
        };
        sign(&mut message, &ends, 1, &[1; 32], stamp);
        let (own, trailer) = message.split_at(MESSAGE.len());
        let genuine = known.verify(hmac, Some(Stamp::of(WALL)), source, own, trailer)?;
        Ok(genuine.unwrap().apart)
    }

    #[test]
    fn how_far_apart_clocks_may_be() {
        for (window, seconds, expected) in [
            (6, 3, Ok(None)),
            (6, 4, Ok(Some(4))),
            (6, 6, Ok(Some(6))),
            (6, 7, Err(RejectReason::Stale)),
            (5, 2, Ok(None)),
            (5, 3, Ok(Some(3))),
        ] {
            let (hmac, apart) = (hmac(window, AntiReplay::Time), Duration::from_secs(seconds));
            for wall in [WALL + apart, WALL - apart] {
                let verdict = verdict(&Signatures::default(), &hmac, sender(2), Stamp::of(wall));
                assert_eq!(verdict, expected, "{window} {seconds}");
            }
        }
    }

    #[test]
    fn a_mark_of_another_time_proves_nothing() {
        use AntiReplay::{Monotonic, Time};
        let again = Err(RejectReason::Replay);
        for (replay, seconds, expected) in [
            (Time, 6, again),
            (Time, 7, Ok(None)),
            (Monotonic, 6, again),
            (Monotonic, 7, again),
        ] {
            let mut known = Signatures::default();
            let mark = Stamp::of(WALL + Duration::from_secs(seconds));
            known.note(sender(2), mark, 0);
            let verdict = verdict(&known, &hmac(6, replay), sender(2), Stamp::of(WALL));
            assert_eq!(verdict, expected, "{replay:?} {seconds}");
        }
    }

    /// The last of each sender is kept: of as many as there are peers, of strangers four.
    #[test]
    fn each_sender_has_a_mark_of_its_own() {
        for (peers, senders, forgotten) in [(0, 4, 0), (0, 5, 1), (3, 6, 2), (6, 6, 0), (6, 7, 1)] {
            let mut known = Signatures::default();
            for _twice in 0..2 {
                for last in 1..=senders {
                    known.note(sender(last), Stamp::of(WALL), peers);
                }
            }
            let again = |last: &u8| {
                let hmac = hmac(6, AntiReplay::Time);
                verdict(&known, &hmac, sender(*last), Stamp::of(WALL)).is_err()
            };
            let refused: Vec<u8> = (1..=senders).filter(again).collect();
            let wanted: Vec<u8> = (forgotten + 1..=senders).collect();
            assert_eq!(refused, wanted, "{peers} {senders}");
        }
    }

    #[test]
    fn the_next_stamp_rows() {
        use AntiReplay::{Monotonic, Time};
        let wall = Stamp::of(WALL);
        let ahead = |seconds| wall.later_by(Duration::from_secs(seconds));
        for (replay, last, expected) in [
            (Time, None, wall),
            (Time, Some(Stamp::of(WALL - Duration::from_secs(1))), wall),
            (Time, Some(wall), wall.next()),
            (Time, Some(ahead(6)), ahead(6).next()),
            (Time, Some(ahead(7)), wall),
            (Monotonic, Some(ahead(7)), ahead(7).next()),
        ] {
            let hmac = hmac(6, replay);
            assert_eq!(
                next_stamp(&hmac, wall, last),
                expected,
                "{replay:?} {last:?}"
            );
        }
    }
}
