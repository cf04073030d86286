//! One instance as the observer knows it: its numbers, and the protocol's times and priorities in
//! the words of the standards, not in those of the machine's code.

use crate::scenario::ITEMS;
use core::time::Duration;
use holdfast_model::{Level, TrackKind};
use serde::{Deserialize, Serialize};

/// One instance of one router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spec {
    /// Which virtual router: its VRID less one. Below [`crate::scenario::SLOTS`].
    pub slot: u8,
    /// 1 to 255.
    pub priority: u8,
    /// Centiseconds; in version 2 whole seconds of them.
    pub interval: u16,
    /// Version and family.
    #[serde(default)]
    pub form: Form,
    /// Adverts go to each of the others, not to the group.
    #[serde(default)]
    pub unicast: bool,
    /// Adverts that may be missing: K.
    #[serde(default = "three")]
    pub down_adverts: u8,
    /// Stays backup while a weaker master lives.
    #[serde(default)]
    pub nopreempt: bool,
    /// Seconds before a weaker master is preempted.
    #[serde(default)]
    pub preempt_delay: u16,
    /// The number of the first VIP.
    #[serde(default)]
    pub first_vip: u8,
    /// How many.
    pub vips: u8,
    /// Gratuitous ARP is refreshed after so many seconds; 0: never.
    #[serde(default)]
    pub refresh: u16,
    /// Its sync group.
    #[serde(default)]
    pub group: Option<u8>,
    /// What it watches.
    #[serde(default)]
    pub watches: [Option<Watch>; 2],
}

/// What is on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Form {
    /// Version 2 over IPv4.
    #[default]
    V2,
    /// Version 3 over IPv4.
    V3,
    /// Version 3 over IPv6.
    V3Ip6,
}

/// A line of a `track_*` block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Watch {
    /// Which thing: see [`kind`].
    pub item: u8,
    /// 0: a fault.
    pub weight: i16,
    /// The other way round.
    #[serde(default)]
    pub reverse: bool,
}

/// How a watched thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Standing {
    /// As it should be.
    Up,
    /// Not so.
    Down,
    /// A number in a file.
    Value(i32),
}

/// What a process was told of everything it could watch.
pub type Told = [Option<Level>; ITEMS];

/// What kind of thing it is.
pub const fn kind(item: u8) -> TrackKind {
    match item {
        0 => TrackKind::Script,
        1 => TrackKind::File,
        2 => TrackKind::Bfd,
        _ => TrackKind::Process,
    }
}

const fn three() -> u8 {
    3
}

impl Spec {
    /// An instance of version 2 with one VIP, an interval of a second and nothing special.
    pub const fn plain(slot: u8, priority: u8) -> Self {
        Self {
            slot,
            priority,
            interval: 100,
            form: Form::V2,
            unicast: false,
            down_adverts: 3,
            nopreempt: false,
            preempt_delay: 0,
            first_vip: 0,
            vips: 1,
            refresh: 0,
            group: None,
            watches: [None; 2],
        }
    }

    /// Adver_Timer.
    pub const fn advert(&self) -> Duration {
        centis(self.interval)
    }

    /// Skew_Time with that effective priority and the interval of that master (RFC 3768 s6.1, RFC
    /// 9568 s6.1).
    pub fn skew(&self, priority: u8, interval: u16) -> Duration {
        let steps = u32::from(256 - u16::from(priority));
        match self.form {
            Form::V2 => Duration::from_secs(1) * steps / 256,
            Form::V3 | Form::V3Ip6 => centis(interval) * steps / 256,
        }
    }

    /// Master_Down_Interval, the same way.
    pub fn down(&self, priority: u8, interval: u16) -> Duration {
        let interval = if self.is_v2() {
            self.interval
        } else {
            interval
        };
        centis(interval) * u32::from(self.down_adverts) + self.skew(priority, interval)
    }

    /// S19: a master that was silent for longer is none any more.
    pub fn silence(&self) -> Duration {
        let long = self.advert() * u32::from(self.down_adverts.max(2));
        long.max(Duration::from_millis(100))
    }

    /// 255.
    pub const fn owner(&self) -> bool {
        self.priority == u8::MAX
    }

    /// RFC 3768 s6.1: an owner always does.
    pub const fn preempts(&self) -> bool {
        !self.nopreempt || self.owner()
    }

    /// Intervals must be equal, and the addresses of another cluster are dropped.
    pub const fn is_v2(&self) -> bool {
        matches!(self.form, Form::V2)
    }

    /// With another family, or unicast instead of the group, a reload makes another router of it.
    pub fn is_same_router(&self, other: &Self) -> bool {
        let ip6 = |spec: &Self| spec.form == Form::V3Ip6;
        ip6(self) == ip6(other) && self.unicast == other.unicast
    }

    /// The numbers of its VIPs.
    pub fn numbers(&self) -> core::ops::Range<u16> {
        let first = u16::from(self.first_vip);
        first..first + u16::from(self.vips)
    }

    /// It watches this thing.
    pub fn watches(&self, item: u8) -> bool {
        self.watches.iter().flatten().any(|each| each.item == item)
    }

    /// The effective priority, and whether what it watches is a reason for FAULT: the priority rule
    /// of the specification, `clamp(base + sum, 1, 254)`.
    pub fn judged(&self, told: &Told) -> (u8, bool) {
        let (mut sum, mut fault) = (0, false);
        for watch in self.watches.iter().flatten() {
            let kind = kind(watch.item);
            let level = told.get(usize::from(watch.item)).copied().flatten();
            let level = level.unwrap_or(match kind {
                TrackKind::Script => Level::Unknown,
                TrackKind::File => Level::Value(0),
                TrackKind::Process | TrackKind::Bfd | TrackKind::Interface => Level::Down,
            });
            let (weight, sign) = (i64::from(watch.weight), if watch.reverse { -1 } else { 1 });
            match level {
                Level::Unknown => fault |= weight == 0,
                Level::Up | Level::Down if weight == 0 => {
                    fault |= (level == Level::Up) == watch.reverse;
                }
                Level::Up => sum += if weight > 0 { weight * sign } else { 0 },
                Level::Down => sum += if weight < 0 { weight * sign } else { 0 },
                Level::Value(value) if weight == 0 => fault |= (value != 0) != watch.reverse,
                Level::Value(value) => {
                    let product = i64::from(value) * weight * sign;
                    fault |= product <= -254;
                    sum += if product <= -254 { 0 } else { product.min(253) };
                }
            }
        }
        if self.owner() {
            return (self.priority, fault);
        }
        let total = (i64::from(self.priority) + sum).clamp(1, 254);
        (u8::try_from(total).unwrap_or(1), fault)
    }
}

impl From<Standing> for Level {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Up => Self::Up,
            Standing::Down => Self::Down,
            Standing::Value(value) => Self::Value(value),
        }
    }
}

const fn centis(interval: u16) -> Duration {
    Duration::from_millis(interval as u64 * 10)
}
