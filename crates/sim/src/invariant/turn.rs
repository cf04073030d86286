//! What must hold in every single turn: what was done, and what it was done for. One function an
//! invariant; the table at the end of the file runs them.

use super::track::{Hold, STORM, Track};
use super::{Act, Bounds, Cause, Turn, View};
use crate::place::own_address;
use crate::spec::Spec;
use holdfast_model::State;

/// A check: what is wrong, if anything.
pub type Check = fn(&Turn<'_>, &View, &Track, &Bounds) -> Option<String>;

/// A check of an instance as it was before the turn: it may be gone now.
pub type Earlier = fn(&Turn<'_>, &View) -> Option<String>;

/// Actions of one turn for each instance: adverts, wants, reports and two for each VIP.
const ACTS: usize = 64;

/// S3: MASTER only by the Master_Down_Timer, an owner's start, or adoption while master.
fn s3(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    if is.state != State::Master || master(turn.was(is.slot)) {
        return None;
    }
    let owner = turn.spec(is.slot).is_some_and(Spec::owner);
    let allowed = match turn.cause {
        Cause::Tick => true,
        Cause::Start { resumed } => owner || resumed,
        // An owner that is new in the configuration starts with the reload. The last of a sync group
        // that held the others back may leave it.
        Cause::Reload => owner || turn.group(is.slot).is_some(),
        Cause::Packet(_)
        | Cause::Link
        | Cause::Level
        | Cause::Answer
        | Cause::Lost
        | Cause::Stop => false,
    };
    (!allowed).then(|| format!("MASTER by {:?}", turn.cause))
}

/// S4: who accepted an advert that is as good or better is not MASTER before the down interval
/// (after priority 0: the skew time) is over.
fn s4(turn: &Turn<'_>, is: &View, track: &Track, _: &Bounds) -> Option<String> {
    early(turn, is, track.held, "after a better advert")
}

/// S5: without preemption, no takeover while a master is heard.
fn s5(turn: &Turn<'_>, is: &View, track: &Track, _: &Bounds) -> Option<String> {
    early(turn, is, track.patient, "from a weaker master, nopreempt")
}

fn early(turn: &Turn<'_>, is: &View, hold: Option<Hold>, why: &str) -> Option<String> {
    let hold = hold?;
    let until = hold.until(turn.spec(is.slot)?, is.priority);
    let until = Some(until).filter(|until| turn.now < *until)?;
    // One whose time was over waited for the others of its sync group only; the reload took them away.
    let old = turn.old.iter().find(|old| old.slot == is.slot);
    let old = old.filter(|old| turn.cause == Cause::Reload && old.group.is_some());
    let over = |(old, was): (&Spec, &View)| hold.until(old, was.priority) <= turn.now;
    if old.zip(turn.was(is.slot)).is_some_and(over) {
        return None;
    }
    // Another router joins a sync group that is master: what an earlier one of its name had heard is
    // nothing to it.
    let new = turn.was(is.slot).is_none() || replaced(turn, is.slot);
    // And a new process of an owner does not wait, whatever the last one heard.
    let begins = turn.cause == Cause::Start { resumed: false };
    let other = begins || turn.cause == Cause::Reload && new;
    let enters = master(Some(is)) && !master(turn.was(is.slot)) && !other;
    enters.then(|| format!("MASTER {:?} too early, {why}", until.since(turn.now)))
}

/// S6: FAULT sends nothing but the one priority 0 at its entry; no MASTER with a fault.
fn s6(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    if is.state == State::Master && is.faulty {
        return Some("MASTER with a fault".to_owned());
    }
    let failed = turn.spec(is.slot)?.judged(turn.told).1 || !turn.serviceable;
    if failed && turn.running && is.state != State::Fault {
        let what = "though its link is down, or what it watches failed";
        return Some(format!("{} {what}", is.state));
    }
    if is.state != State::Fault {
        return None;
    }
    // A reload tells the others of its changes, and finds then that it cannot serve; so does one of
    // a sync group whose advert and whose fellow's failure come at the same moment.
    let before = turn.cause == Cause::Reload || turn.group(is.slot).is_some();
    let mut sent = turn.sent(is.slot).peekable();
    if before && master(turn.was(is.slot)) {
        sent.next_if(|priority| *priority != 0);
    }
    let adverts = sent.any(|priority| priority != 0);
    adverts.then(|| "an advert in FAULT".to_owned())
}

/// S7: a rejected packet changes nothing, and is answered by nothing but words.
fn s7(turn: &Turn<'_>, _: &View, _: &Track, _: &Bounds) -> Option<String> {
    if turn.cause != Cause::Packet(None) {
        return None;
    }
    let deed = turn.acts.iter().find(|act| !matches!(act, Act::Said(_)));
    if let Some(deed) = deed {
        return Some(format!("a packet to be rejected caused {deed:?}"));
    }
    (!turn.untouched).then(|| "a packet to be rejected changed the machine".to_owned())
}

/// S8: at most one advert an accepted packet, no two regular ones closer than half an interval, no
/// storm, and no longer silence than an interval.
fn s8(turn: &Turn<'_>, is: &View, track: &Track, bounds: &Bounds) -> Option<String> {
    let sent = turn.sent(is.slot).filter(|priority| *priority != 0).count();
    if sent == 0 {
        return None;
    }
    if sent > 1 {
        return Some(format!("{sent} adverts in one turn"));
    }
    let interval = turn.spec(is.slot)?.advert();
    let stays = master(Some(is)) && master(turn.was(is.slot));
    if let (Cause::Tick, Some(last), true) = (turn.cause, track.regular, stays)
        && turn.now.since(last) < interval / 2
    {
        let gap = turn.now.since(last);
        return Some(format!("two adverts within {gap:?}"));
    }
    let before = turn.old.iter().find(|spec| spec.slot == is.slot);
    let longest = before.map_or(interval, |before| before.advert().max(interval));
    if let Some(last) = track.sent.filter(|_| stays)
        && turn.now.since(last) > longest + bounds.late
    {
        return Some(format!("silent for {:?}", turn.now.since(last)));
    }
    let oldest = track.recent.first().filter(|_| track.recent.len() >= STORM);
    // What was said before a reload was said at the old pace.
    let pace = before.map_or(interval, |before| before.advert().min(interval));
    oldest
        .filter(|oldest| turn.now.since(**oldest) < pace)
        .map(|_| format!("{STORM} adverts in less than an interval"))
}

/// S9: priority 0 exactly once, on the way from MASTER to INIT or FAULT, before the addresses go.
fn s9(turn: &Turn<'_>, was: &View) -> Option<String> {
    let zeros = turn
        .sent(was.slot)
        .filter(|priority| *priority == 0)
        .count();
    let is = turn.is(was.slot);
    let replaced = turn.cause == Cause::Reload;
    let leaves = is.is_none_or(|is| matches!(is.state, State::Init | State::Fault)) || replaced;
    if zeros > 0 && !(was.state == State::Master && leaves) {
        let now = is.map_or(State::Init, |is| is.state);
        return Some(format!("priority 0 on the way from {} to {now}", was.state));
    }
    if zeros > 1 {
        return Some(format!("priority 0, {zeros} times"));
    }
    let zero = |act: &Act| matches!(act, Act::Sent { slot, priority: 0 } if *slot == was.slot);
    let gone = |act: &Act| matches!(act, Act::Want { slot, empty: true, .. } if *slot == was.slot);
    // Whose list of addresses was edited to empty wants none as a master, too.
    let nothing = turn.spec(was.slot).is_some_and(|spec| spec.vips == 0);
    let (zero, gone) = (
        turn.acts.iter().position(zero),
        if nothing {
            turn.acts.iter().rposition(gone)
        } else {
            turn.acts.iter().position(gone)
        },
    );
    let late = zero.zip(gone).is_some_and(|(zero, gone)| gone < zero);
    if late {
        return Some("priority 0 after the addresses were given up".to_owned());
    }
    let stops = was.state == State::Master && turn.cause == Cause::Stop;
    (stops && zero.is_none()).then(|| "stopped as MASTER without priority 0".to_owned())
}

/// S10: announced is what is in the kernel, by a master.
fn s10(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    turn.acts.iter().find_map(|act| match act {
        Act::Announce { slot, placed } if *slot == is.slot => {
            if is.state != State::Master {
                Some(format!("gratuitous ARP as {}", is.state))
            } else {
                (!placed).then(|| "gratuitous ARP for an address that is not there".to_owned())
            }
        }
        _ => None,
    })
}

/// S11: all of a sync group are master, or none; none while one is in FAULT.
fn s11(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    let group = turn.spec(is.slot)?.group?;
    if !turn.running {
        return None;
    }
    let members = turn.new.iter().filter(|spec| spec.group == Some(group));
    let mut states = members
        .filter_map(|spec| turn.is(spec.slot))
        .map(|view| view.state);
    let split = states.find(|state| (*state == State::Master) != (is.state == State::Master))?;
    Some(format!("{} and {split} in one sync group", is.state))
}

/// S12: 255 is the owner's alone, and the priority is what the configuration and all that is watched
/// make it.
fn s12(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    let (has, should) = (is.priority, turn.spec(is.slot)?.judged(turn.told).0);
    let wrong = has != should && turn.running;
    (wrong || has == 0).then(|| format!("priority {has} instead of {should}"))
}

/// S14: a reload leaves alone what it does not change, and ends nothing that it edits.
fn s14(turn: &Turn<'_>, was: &View) -> Option<String> {
    if turn.cause != Cause::Reload {
        return None;
    }
    let find = |specs: &[Spec]| specs.iter().find(|spec| spec.slot == was.slot).copied();
    let (old, new) = (find(turn.old)?, find(turn.new)?);
    let Some(is) = turn.is(was.slot) else {
        return Some("a reload lost an instance".to_owned());
    };
    // What is watched now may have failed; in a sync group the others count, too.
    let alone = turn.group(was.slot).is_none() || turn.old == turn.new;
    if !old.is_same_router(&new) || !alone {
        return None;
    }
    if is.state != was.state && old.watches == new.watches && turn.late == 0 {
        return Some(format!("a reload went from {} to {}", was.state, is.state));
    }
    let deed = turn.acts.iter().find(|act| act.about(was.slot));
    let deed = deed.filter(|_| old == new && turn.late == 0)?;
    Some(format!("a reload without a change caused {deed:?}"))
}

/// S16: nothing is asked of the kernel but what the configuration names.
fn s16(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    let foreign =
        |act: &Act| matches!(act, Act::Want { slot, ours: false, .. } if *slot == is.slot);
    let found = turn.acts.iter().any(foreign);
    found.then(|| "wants an address that is not configured".to_owned())
}

/// S19: who was silent for so long that another may serve gives up before it speaks. Not one that a
/// reload put in its place: an owner begins as master.
fn s19(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    let judged = !matches!(turn.cause, Cause::Packet(None) | Cause::Stop);
    let own = !matches!(turn.cause, Cause::Packet(Some(heard)) if heard.slot != is.slot);
    let another = turn.cause == Cause::Reload && replaced(turn, is.slot);
    let stays = is.state == State::Master && turn.running && !another;
    (turn.is_late(is.slot) && judged && own && stays).then(|| "MASTER after a silence".to_owned())
}

/// S18: one input makes a bounded number of actions.
fn s18(turn: &Turn<'_>, _: &View, _: &Track, _: &Bounds) -> Option<String> {
    let (acts, instances) = (turn.acts.len(), turn.old.len() + turn.new.len() + 1);
    (acts > ACTS * instances).then(|| format!("{acts} actions in one turn"))
}

/// L4, its winner: a master gives way to a better one only.
fn l4(turn: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    if is.state != State::Backup || !master(turn.was(is.slot)) {
        return None;
    }
    let group = turn.group(is.slot);
    if turn.is_late(is.slot) || group.is_some() && turn.late != 0 {
        return None;
    }
    let heard = match turn.cause {
        Cause::Packet(Some(heard)) => heard,
        Cause::Reload if group.is_some() => return None,
        Cause::Reload if replaced(turn, is.slot) => return None,
        _ => return Some(format!("gave way because of {:?}", turn.cause)),
    };
    if heard.slot != is.slot && group.is_some() && turn.group(heard.slot) == group {
        return None;
    }
    let own = own_address(turn.node, turn.spec(is.slot)?.form);
    let better = heard.slot == is.slot && (heard.priority, heard.source) > (is.priority, own);
    (!better).then(|| format!("gave way to {heard:?}"))
}

/// A reload ended it and began another.
fn replaced(turn: &Turn<'_>, slot: u8) -> bool {
    let old = turn.old.iter().find(|spec| spec.slot == slot);
    let both = old.zip(turn.spec(slot));
    both.is_some_and(|(old, new)| !old.is_same_router(new))
}

/// L7: FAULT ends with its last cause.
fn l7(_: &Turn<'_>, is: &View, _: &Track, _: &Bounds) -> Option<String> {
    (is.state == State::Fault && !is.faulty).then(|| "FAULT without a cause".to_owned())
}

/// Judged for each instance there is after the turn.
pub const AFTER: &[(&str, Check)] = &[
    ("S3", s3),
    ("S4", s4),
    ("S5", s5),
    ("S6", s6),
    ("S7", s7),
    ("S8", s8),
    ("S10", s10),
    ("S11", s11),
    ("S12", s12),
    ("S16", s16),
    ("S18", s18),
    ("S19", s19),
    ("L4", l4),
    ("L7", l7),
];

/// Judged for each instance there was before it.
pub const BEFORE: &[(&str, Earlier)] = &[("S9", s9), ("S14", s14)];

/// Runs the table: the id and what is wrong.
pub fn judge(
    turn: &Turn<'_>,
    track: &[Track],
    bounds: &Bounds,
) -> Option<(&'static str, u8, String)> {
    let quiet = Track::default();
    for (at, is) in turn.after.iter().enumerate() {
        // What did not change and did nothing was judged before; the first speaks for the whole turn.
        let same = turn.before.get(at) == Some(is);
        let idle = same && !turn.acts.iter().any(|act| act.about(is.slot));
        if idle && at > 0 && turn.cause != Cause::Reload {
            continue;
        }
        let track = track.get(usize::from(is.slot)).unwrap_or(&quiet);
        for (id, check) in AFTER {
            if let Some(what) = check(turn, is, track, bounds) {
                return Some((id, is.slot, what));
            }
        }
    }
    let silent = turn.acts.is_empty() && !matches!(turn.cause, Cause::Reload | Cause::Stop);
    for was in turn.before.iter().filter(|_| !silent) {
        for (id, check) in BEFORE {
            if let Some(what) = check(turn, was) {
                return Some((id, was.slot, what));
            }
        }
    }
    None
}

impl Act {
    /// It was done for this virtual router.
    pub fn about(&self, wanted: u8) -> bool {
        match self {
            Self::Sent { slot, .. } | Self::Want { slot, .. } | Self::Announce { slot, .. } => {
                *slot == wanted
            }
            Self::Said(slot) => *slot == Some(wanted),
            Self::Other => false,
        }
    }
}

pub(super) fn master(view: Option<&View>) -> bool {
    view.is_some_and(|view| view.state == State::Master)
}
