//! What outlives a process: for the state file, an upgrade, a tape and the tests.

use crate::announce::{Round, Schedule};
use crate::group::Group;
use crate::hmac::Signatures;
use crate::input::Ear;
use crate::instance::{APPLY_LIMIT, Instance, Pending};
use crate::router::{Phase, Router};
use crate::state::State;
use crate::state::backup::Backup;
use crate::state::loss::Losses;
use crate::state::master::Master;
use crate::state::offer::{self, Taker};
use crate::tracking;
use core::net::IpAddr;
use holdfast_model::event::FaultCause;
use holdfast_model::{
    AddressFamily, Cast, Centis, GroupKey, IfName, Instance as Config, InstanceKey, Level, Mono,
    Priority, State as Name, TrackKey, VirtualAddress, VrrpModel,
};
use serde::{Deserialize, Serialize};

/// The form of this snapshot; one of another form is worth nothing.
pub(crate) const VERSION: u16 = 4;

/// The router at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterState {
    /// The form of the snapshot.
    pub version: u16,
    /// Of the last `Want`.
    pub epoch: u64,
    /// In the order of the file.
    pub instances: Vec<InstanceState>,
    /// How everything is that was told of as watched.
    pub levels: Vec<(TrackKey, Level)>,
    /// Sync groups, and where they were brought to.
    pub groups: Vec<(GroupKey, Name)>,
}

/// One instance at one moment. Counters and what was said are not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceState {
    /// Which.
    pub key: InstanceKey,
    /// Its VRID, and where it is: a resumed instance must be the same virtual router.
    pub vrid: u8,
    /// Its interface and that of its adverts, its family, its group; no group: unicast.
    pub place: (IfName, IfName, AddressFamily, Option<IpAddr>),
    /// Its state.
    pub state: Name,
    /// Since when.
    pub since: Mono,
    /// Of its last `Want`, and since when that waits for an answer.
    pub want: (u64, Option<Mono>),
    /// Of the last packet.
    pub packet_id: u16,
    /// Why it is in FAULT, and when passing causes end.
    pub faults: (Vec<FaultCause>, Option<Mono>),
    /// Backup: the end of the Master_Down_Timer.
    pub down: Option<Mono>,
    /// Backup: the master's interval.
    pub learned: Option<Centis>,
    /// Backup: the end of `preempt_delay`.
    pub preempt_from: Option<Mono>,
    /// Backup: whom it follows. Master: who fell silent before it took over.
    pub master: Option<(IpAddr, u8)>,
    /// Master: when the last advert was sent, and when the next is due.
    pub adverts: Option<(Mono, Mono)>,
    /// Master: answers in this interval.
    pub answers: Option<(Mono, u8)>,
    /// Master: when the second round of gratuitous ARP is due, its frames, its addresses.
    pub second_arp: Option<(Mono, u16, Vec<VirtualAddress>)>,
    /// Master: when gratuitous ARP is refreshed.
    pub refresh_arp: Option<Mono>,
    /// Master: the addresses were in the kernel.
    pub placed: bool,
    /// Master: addresses to announce with the next `Applied`.
    pub owed: Vec<VirtualAddress>,
    /// The effective priority, which its times were made with.
    pub priority: u8,
    /// Backup in a sync group: it would be master, and waits for the others.
    pub wants: bool,
    /// `auth_hmac`: the stamp of the last advert, and of the last one of each sender.
    pub signatures: (Option<u64>, Vec<(IpAddr, u64)>),
}

impl Router {
    /// All that a successor needs.
    pub fn snapshot(&self) -> RouterState {
        RouterState {
            version: VERSION,
            epoch: self.epoch,
            instances: self.instances.iter().map(of_instance).collect(),
            levels: self.levels.iter().map(|(k, l)| (k.clone(), *l)).collect(),
            groups: self
                .groups
                .iter()
                .map(|group| (group.config.key.clone(), group.state))
                .collect(),
        }
    }

    /// A router that goes on where another ended; `Start` as ever, after the links. What came in
    /// meanwhile is heard before `Start`: whoever serves by now is not disturbed. A master
    /// goes on only when its silence was shorter than what makes a backup take over, less one
    /// interval; all others begin anew.
    pub fn resume(model: &VrrpModel, from: &RouterState, now: Mono) -> Self {
        let mut router = Self::new(model);
        if from.version != VERSION {
            return router;
        }
        router.epoch = from.epoch;
        router.levels = from.levels.iter().cloned().collect();
        for group in &mut router.groups {
            let mut known = from.groups.iter();
            if let Some((_, state)) = known.find(|(key, _)| *key == group.config.key) {
                group.state = *state;
            }
        }
        for instance in &mut router.instances {
            let known = from.instances.iter().find(|known| {
                let config = &instance.config;
                known.key == config.key
                    && known.vrid == config.vrid.get()
                    && known.place == place(config)
            });
            if let Some(known) = known {
                resume(instance, known, now);
            }
        }
        router.part_groups();
        // What a reload brought just before the end has not been looked at yet: that is no fault.
        let masters = router.instances.iter().filter(|i| i.is_master());
        let watched = tracking::watched(masters.map(|instance| &instance.config));
        tracking::presume(&mut router.levels, &watched);
        router.phase = Phase::Resumed;
        router
    }

    /// A sync group goes on as master as a whole or not at all: an advert of one that gives up in
    /// the same moment would keep the others waiting for a master that is none.
    fn part_groups(&mut self) {
        for members in self.groups.iter().map(Group::members) {
            let goes_on = |at: &usize| self.instances.get(*at).is_some_and(Instance::is_master);
            if members.iter().all(goes_on) {
                continue;
            }
            for at in members {
                if let Some(instance) = self.instances.get_mut(*at)
                    && instance.is_master()
                {
                    instance.state = State::Init;
                }
            }
        }
    }

    /// Who listens there could not hear a master since its last process ended: silence means nothing, and
    /// it waits as long as one that begins.
    pub(crate) fn unheard(&mut self, now: Mono, ear: Ear) {
        if self.phase != Phase::Resumed {
            return;
        }
        self.due.forget();
        for instance in &mut self.instances {
            let link = self.links.get(instance.config.place());
            let here = link.is_some_and(|link| instance.ear(link.index) == ear);
            let begins = now + instance.timing.down;
            if let State::Backup(backup) = &mut instance.state
                && here
            {
                backup.down = backup.down.max(begins);
            }
        }
    }

    /// Instances that go on as master as far as is known: what they hold is theirs still.
    pub fn masters(&self) -> impl Iterator<Item = &InstanceKey> {
        let masters = self.instances.iter().filter(|i| i.is_master());
        masters.map(|instance| &instance.config.key)
    }

    /// Masters whose place is still to be had ([`Input::Offer`](crate::Input::Offer)).
    pub fn offers(&self) -> bool {
        let mut instances = self.instances.iter();
        instances.any(|instance| offer::is_open(&instance.state))
    }

    /// Adverts are heard: it runs, or is about to.
    pub(crate) const fn listens(&self) -> bool {
        matches!(self.phase, Phase::Resumed | Phase::Running)
    }

    /// True once `Start` was given and until the stop.
    pub fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }
}

fn of_instance(instance: &Instance) -> InstanceState {
    let mut state = InstanceState {
        key: instance.config.key.clone(),
        vrid: instance.config.vrid.get(),
        place: place(&instance.config),
        state: instance.state_name(),
        since: instance.since,
        want: (
            instance.epoch,
            instance.pending.map(|pending| pending.since),
        ),
        packet_id: instance.packet_id,
        faults: (instance.faults.iter().collect(), instance.retry),
        down: None,
        learned: instance.followed(instance.config.advert_interval),
        preempt_from: None,
        master: None,
        adverts: None,
        answers: None,
        second_arp: None,
        refresh_arp: None,
        placed: false,
        owed: Vec::new(),
        priority: instance.priority.get(),
        wants: false,
        signatures: instance.signatures.kept(),
    };
    match &instance.state {
        State::Init | State::Fault => {}
        State::Backup(backup) => {
            state.down = Some(backup.down);
            state.preempt_from = backup.preempt_from;
            state.master = backup.master;
            state.wants = backup.wants;
        }
        State::Master(master) => {
            state.adverts = Some((master.sent, master.advert));
            state.answers = Some(master.answers);
            let second = master.schedule.second.clone();
            state.second_arp = second.map(|round| (round.due, round.count, round.addresses));
            state.refresh_arp = master.schedule.refresh;
            state.placed = master.placed;
            state.owed.clone_from(&master.owed);
            state.master = master.replaces;
        }
    }
    state
}

/// Where a virtual router is; with the VRID, all that tells it from others.
pub(crate) fn place(config: &Config) -> (IfName, IfName, AddressFamily, Option<IpAddr>) {
    let group = match config.wire.cast {
        Cast::Group(group) => Some(group),
        Cast::Peers(_) => None,
    };
    let (base, own) = (config.interface.clone(), config.place().clone());
    (base, own, config.wire.family, group)
}

fn resume(instance: &mut Instance, known: &InstanceState, now: Mono) {
    let owner = instance.config.priority.is_owner();
    if let Some(priority) = Priority::new(known.priority).filter(|to| to.is_owner() == owner) {
        instance.priority = priority;
        instance.retime();
    }
    instance.signatures = Signatures::of(&known.signatures);
    let state = match known.state {
        Name::Init | Name::Fault => None,
        Name::Backup => known.down.map(|down| {
            State::Backup(Backup {
                down,
                preempt_from: known.preempt_from,
                master: known.master,
                wants: known.wants,
                // whose socket was kept heard the master while there was no process
                listens_again: true,
            })
        }),
        Name::Master => known.adverts.and_then(|(sent, advert)| {
            let missed = u32::from(instance.config.wire.down_adverts).saturating_sub(1);
            let silence = instance.timing.advert * missed;
            // what the configuration has lost meanwhile is nobody's to announce
            let ours = |vip: &VirtualAddress| instance.config.addresses.contains(vip);
            let keep =
                |list: &[VirtualAddress]| list.iter().filter(|vip| ours(vip)).cloned().collect();
            let second = known.second_arp.clone();
            (now.since(sent) < silence).then(|| {
                State::Master(Master {
                    advert,
                    sent,
                    answers: known.answers.unwrap_or((now, 0)),
                    schedule: Schedule {
                        second: second.map(|(due, count, addresses)| Round {
                            due,
                            count,
                            addresses: keep(&addresses),
                        }),
                        refresh: known.refresh_arp,
                        further: None,
                    },
                    placed: known.placed,
                    owed: keep(&known.owed),
                    weaker: None,
                    losses: Losses::default(),
                    offers: false,
                    taker: Taker::default(),
                    replaces: known.master,
                })
            })
        }),
    };
    if let Some(state) = state {
        instance.state = state;
        instance.since = known.since;
        instance.packet_id = known.packet_id;
        instance.epoch = known.want.0;
        if let (Name::Backup, Some(learned)) = (known.state, known.learned) {
            instance.learn(learned.get());
        }
    }
    // its addresses are still to be taken away, and that is to be told
    if let (State::Backup(_), Some(since)) = (&instance.state, known.want.1) {
        let epoch = known.want.0;
        let limit = APPLY_LIMIT;
        instance.pending = Some(Pending {
            epoch,
            since,
            limit,
        });
    }
    // with a shorter interval in the file of today it waits no longer than one that begins now
    let longest = now + instance.timing.down;
    if let State::Backup(backup) = &mut instance.state {
        backup.down = backup.down.min(longest);
    }
}
