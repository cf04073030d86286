//! Faults: how each begins and how it ends.

use super::node::Node;
use super::{Event, World, lan};
use crate::invariant::kernel::Agreement;
use crate::place::vip;
use crate::scenario::{Kind, SLOTS};
use crate::spec::Standing;
use core::time::Duration;
use holdfast_model::State;

/// A message of the kernel about an address that somebody took.
const NOTICE: Duration = Duration::from_millis(2);

/// A host that is away or stands still: the others are a LAN in order all the same.
const fn leaves(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Pause { .. } | Kind::Crash { .. } | Kind::Reboot { .. } | Kind::Stop { .. }
    )
}

/// What a host that can speak and hear is for a virtual router.
fn state_of(node: &Node, slot: usize) -> Option<State> {
    let mut views = node.views.iter();
    let view = views.find(|view| usize::from(view.slot) == slot)?;
    node.alive().then_some(view.state)
}

/// In what time a backup takes over from `lost`: in a sync group, when the last of them would.
fn takeover(node: &Node, lost: &Node, linked: u8, silent: bool) -> Option<Duration> {
    let views = node.views.iter();
    let members = views.filter(|view| linked >> view.slot & 1 != 0);
    let times = members.filter_map(|view| {
        let spec = node.spec(view.slot)?;
        let learned = node.tracks.get(usize::from(view.slot))?.learned;
        let theirs = lost.spec(view.slot).map_or(0, |lost| lost.interval);
        // Its last advert may be on the way.
        let interval = learned.unwrap_or(spec.interval).max(theirs);
        Some(if silent {
            spec.down(view.priority, interval)
        } else {
            spec.skew(view.priority, interval)
        })
    });
    times.max()
}

impl World {
    /// A fault begins.
    pub(super) fn begin(&mut self, index: usize) {
        let Some(fault) = self.scenario.faults.get(index).cloned() else {
            return;
        };
        let at = fault.node;
        if at >= self.nodes.len() {
            return;
        }
        self.disturb_all();
        let bereft = self.bereft(at, &fault.kind);
        for (group, owed) in self.groups.iter_mut().zip(bereft) {
            if let Some((id, within)) = owed {
                group.owe(id, self.now, within);
            }
        }
        if let Some(ms) = self.strike(at, &fault.kind) {
            self.active += u32::from(!leaves(&fault.kind));
            self.after(Duration::from_millis(ms), Event::End(index));
        }
        (0..SLOTS).for_each(|slot| self.judge_group(slot));
    }

    /// Does it; how long it lasts, if it does.
    fn strike(&mut self, at: usize, kind: &Kind) -> Option<u64> {
        match kind {
            Kind::Pause { ms } => self.pause(at, *ms),
            Kind::Crash { ms, resume } => self.crash(at, *ms, *resume),
            Kind::Reboot { ms } => {
                self.crash(at, *ms, false);
                for kernel in &mut self.nodes[at].kernel {
                    kernel.held.clear();
                }
                Some(*ms)
            }
            Kind::Stop { ms } => {
                self.nodes[at].dead += 1;
                self.give(at, Event::Stop { node: at });
                Some(*ms)
            }
            Kind::LinkDown { ms } => {
                self.nodes[at].link.down += 1;
                self.link_changed(at);
                Some(*ms)
            }
            Kind::LinkGone { ms } => {
                self.link_goes(at);
                Some(*ms)
            }
            Kind::NoSource { ms } => {
                self.nodes[at].link.bare += 1;
                self.nodes[at].link.source = false;
                self.link_changed(at);
                Some(*ms)
            }
            Kind::Cut { to, ms } => {
                self.cut(at, *to, true);
                Some(*ms)
            }
            Kind::Isolate { ms } => {
                self.isolate(at, true);
                Some(*ms)
            }
            Kind::Refuse { ms } => {
                self.nodes[at].refuses += 1;
                Some(*ms)
            }
            Kind::Slow { ms, by } => {
                self.nodes[at].slow += by;
                let quicker = Event::Quicker { node: at, by: *by };
                self.after(Duration::from_millis(*ms), quicker);
                // what was asked last is answered so much later
                Some(ms + by)
            }
            Kind::Level { item, level, ms } => {
                if let Some(standing) = self.nodes[at].standing.get_mut(usize::from(*item)) {
                    *standing = (*level, standing.1 + 1);
                }
                self.look_at_levels(at);
                Some(*ms)
            }
            Kind::TakeVip { slot, vip } => {
                self.take(at, *slot, *vip);
                None
            }
            Kind::Reload { specs } => {
                self.give(
                    at,
                    Event::Reload {
                        node: at,
                        specs: specs.clone(),
                    },
                );
                None
            }
            Kind::Forge {
                slot,
                flaw,
                count,
                every,
            } => {
                self.forge(at, *slot, *flaw, *count, *every);
                None
            }
        }
    }

    /// L1, L2: which virtual routers are about to lose their master, and in what time the best of
    /// the others must have taken over.
    fn bereft(&self, at: usize, kind: &Kind) -> [Option<(&'static str, Duration)>; SLOTS] {
        let id = match kind {
            Kind::Pause { .. } | Kind::Crash { .. } | Kind::Reboot { .. } => "L1",
            Kind::Stop { .. } => "L2",
            _ => return [None; SLOTS],
        };
        core::array::from_fn(|slot| {
            let linked = self.groups.get(slot).map_or(0, |group| group.linked);
            let lost = self.nodes.get(at)?;
            if state_of(lost, slot) != Some(State::Master) {
                return None;
            }
            let others = self.nodes.iter().enumerate();
            let others = others.filter(|(other, _)| *other != at);
            let backups = others.filter(|(_, node)| state_of(node, slot) == Some(State::Backup));
            let times = backups.filter_map(|(_, node)| takeover(node, lost, linked, id == "L1"));
            let bounds = &self.bounds;
            Some((
                id,
                times.min()? + bounds.link + bounds.late * 2 + bounds.apply,
            ))
        })
    }

    /// A fault ends.
    pub(super) fn end(&mut self, index: usize) {
        let Some(fault) = self.scenario.faults.get(index).cloned() else {
            return;
        };
        let at = fault.node;
        self.active -= u32::from(!leaves(&fault.kind));
        self.disturb_all();
        match fault.kind {
            Kind::Pause { .. } => self.resume(at),
            Kind::Crash { .. } | Kind::Reboot { .. } | Kind::Stop { .. } => {
                self.nodes[at].dead -= 1;
                self.start(at);
            }
            Kind::LinkDown { .. } => {
                self.nodes[at].link.down -= 1;
                self.link_changed(at);
            }
            Kind::LinkGone { .. } => {
                self.nodes[at].link.gone -= 1;
                self.link_changed(at);
            }
            Kind::NoSource { .. } => {
                let link = &mut self.nodes[at].link;
                link.bare -= 1;
                link.source = link.bare == 0;
                self.link_changed(at);
            }
            Kind::Cut { to, .. } => self.cut(at, to, false),
            Kind::Isolate { .. } => self.isolate(at, false),
            Kind::Refuse { .. } => self.nodes[at].refuses -= 1,
            Kind::Level { item, .. } => {
                if let Some((level, causes)) = self.nodes[at].standing.get_mut(usize::from(item)) {
                    *causes -= 1;
                    if *causes == 0 {
                        *level = Standing::Up;
                    }
                }
                self.look_at_levels(at);
            }
            // the kernel is quick again since `Quicker`; the others are of a moment
            Kind::Slow { .. } | Kind::TakeVip { .. } | Kind::Reload { .. } | Kind::Forge { .. } => {
            }
        }
        self.disturb_all();
        (0..SLOTS).for_each(|slot| self.judge_group(slot));
    }

    fn pause(&mut self, at: usize, ms: u64) -> Option<u64> {
        let node = &mut self.nodes[at];
        node.paused += 1;
        (node.wake, node.deadline) = (None, None);
        Some(ms)
    }

    fn resume(&mut self, at: usize) {
        self.nodes[at].paused -= 1;
        if self.nodes[at].paused > 0 {
            return;
        }
        let now = self.now;
        for kernel in &mut self.nodes[at].kernel {
            kernel.agreement.restart(now);
            kernel.unwell = now;
        }
        for track in &mut self.nodes[at].tracks {
            // It could not speak; from here it can.
            track.sent = track.sent.map(|_| now);
        }
        let waiting = core::mem::take(&mut self.nodes[at].waiting);
        for (ear, packet) in waiting.packets {
            self.deliver(at, ear, &packet);
        }
        for event in waiting.others {
            self.take_event(event);
        }
        self.rearm(at);
        self.start(at);
    }

    /// The kernel says what the interface is like; a process that is not there reads it at its start.
    fn link_changed(&mut self, at: usize) {
        if self.nodes[at].link.gone == 0 {
            let link = self.nodes[at].link_news();
            self.give(at, Event::Link { node: at, link });
        }
    }

    fn link_goes(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        node.link.gone += 1;
        if node.link.gone > 1 {
            return;
        }
        let index = node.link.index;
        node.link.index += 1;
        for kernel in &mut node.kernel {
            kernel.held.clear();
            kernel.agreement = Agreement::default();
            kernel.untold += 1;
        }
        self.give(at, Event::LinkGone { node: at, index });
    }

    fn cut(&mut self, from: usize, to: usize, on: bool) {
        if let Some(cut) = self.cuts.get_mut(from).and_then(|row| row.get_mut(to)) {
            *cut = if on { *cut + 1 } else { *cut - 1 };
        }
    }

    fn isolate(&mut self, at: usize, on: bool) {
        for other in (0..self.nodes.len()).filter(|other| *other != at) {
            self.cut(at, other, on);
            self.cut(other, at, on);
        }
    }

    fn take(&mut self, at: usize, slot: u8, number: u8) {
        let Some(form) = self.nodes[at].spec(slot).map(|spec| spec.form) else {
            return;
        };
        let address = vip(form, slot, u16::from(number));
        let Some(kernel) = self.nodes[at].kernel.get_mut(usize::from(slot)) else {
            return;
        };
        let before = kernel.held.len();
        kernel.held.retain(|held| *held != address);
        if kernel.held.len() == before {
            return;
        }
        kernel.agreement.take(self.now);
        kernel.untold += 1;
        let life = self.nodes[at].life;
        self.after(
            NOTICE,
            Event::Lost {
                node: at,
                life,
                slot,
                vip: number,
            },
        );
    }

    fn forge(&mut self, at: usize, slot: u8, flaw: crate::scenario::Flaw, count: u16, every: u64) {
        let Some(spec) = self.nodes[at].spec(slot).copied() else {
            return;
        };
        let Some(packet) = lan::forged(spec, flaw, at).map(lan::Shared::new) else {
            return;
        };
        for number in 0..u64::from(count) {
            let after = Duration::from_millis(number * every);
            self.after(
                after,
                Event::Packet {
                    to: at,
                    packet: packet.clone(),
                    late: true,
                },
            );
        }
    }
}
