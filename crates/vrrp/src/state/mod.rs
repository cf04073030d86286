//! The state machine (RFC 9568 s6.4; version 2: RFC 3768 s6.4), master and backup for the RFC's
//! Active and Backup.
//!
//! ```text
//!                       +---------------+
//!            +--------->|               |<-------------+
//!            |          |  Initialize   |              |
//!            |   +------|               |----------+   |
//!            |   |      +---------------+          |   |
//!            |   |                                 |   |
//!            |   V                                 V   |
//!    +---------------+                       +---------------+
//!    |               |---------------------->|               |
//!    |    Master     |                       |    Backup     |
//!    |               |<----------------------|               |
//!    +---------------+                       +---------------+
//!            |                                   ^   |
//!            |          +---------------+        |   |
//!            +--------->|     Fault     |--------+   |
//!                       |  (not RFC)    |<-----------+
//!                       +---------------+
//! ```
//!
//! FAULT is keepalived's: there is a reason why this router could not serve.

pub(crate) mod backup;
pub(crate) mod fault;
pub(crate) mod init;
pub(crate) mod insist;
pub(crate) mod loss;
pub(crate) mod master;
pub(crate) mod offer;

use crate::instance::{Context, Instance};
use crate::receive::Heard;
use crate::timer;
use core::net::IpAddr;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Mono, State as Name, VirtualAddress};
use serde::{Deserialize, Serialize};

/// Where an instance is, with what exists only there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Init,
    Backup(backup::Backup),
    Master(master::Master),
    Fault,
}

/// What can happen to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happening {
    /// Startup; what is wrong already stands in the instance's faults.
    Start,
    /// Shutdown.
    Stop { release: bool },
    /// An advert that passed every check.
    Advert(Heard),
    /// Master_Down_Timer fired.
    DownTimer,
    /// Adver_Timer fired.
    AdvertTimer,
    /// A round of gratuitous ARP is due.
    AnnounceTimer,
    /// What somebody took away is to be put back.
    RepairTimer,
    /// The first fault came up.
    Faulted,
    /// The last fault went.
    Cleared,
    /// All of its sync group would be master.
    GroupMaster,
    /// Another of its sync group is master no more.
    GroupBackup,
    /// The last `Want` is true.
    Applied,
    /// The last `Want` cannot be made true, or not in time.
    NotApplied,
    /// A master was silent for so long that another may serve by now.
    RanLate,
    /// An operator gives the place of a master away.
    Offer,
    /// Somebody else claims one of our addresses.
    Claimed,
    /// Somebody took one of our addresses out of the kernel.
    Lost(VirtualAddress),
}

/// The whole table: each state with each thing that can happen to it.
pub(crate) fn step(instance: &mut Instance, ctx: &mut Context<'_>, happening: Happening) {
    use Happening as H;
    use State as S;
    match (&instance.state, happening) {
        (S::Init, H::Start) => init::start(instance, ctx),
        // Resumed: its timers run on.
        (S::Backup(_), H::Start) => backup::resume(instance, ctx),
        (S::Fault, H::Start) => {}
        (S::Master(_), H::Start) => master::resume(instance, ctx),

        (S::Init, H::Stop { .. }) => init::released(instance, ctx),
        (S::Backup(_), H::Stop { .. }) => backup::stop(instance, ctx),
        (S::Master(_), H::Stop { release }) => master::stop(instance, ctx, release),
        (S::Fault, H::Stop { .. }) => fault::stop(instance, ctx),

        (S::Backup(_), H::Advert(heard)) => backup::advert(instance, ctx, heard),
        (S::Master(_), H::Advert(heard)) => master::advert(instance, ctx, heard),
        (S::Init | S::Fault, H::Advert(_)) => {}

        (S::Backup(_), H::DownTimer) => backup::timeout(instance, ctx),
        (S::Init | S::Master(_) | S::Fault, H::DownTimer) => {}

        (S::Master(_), H::AdvertTimer) => master::advertise(instance, ctx),
        (S::Init | S::Backup(_) | S::Fault, H::AdvertTimer) => {}

        (S::Master(_), H::AnnounceTimer) => master::announce_due(instance, ctx),
        (S::Init | S::Backup(_) | S::Fault, H::AnnounceTimer) => {}

        (S::Master(_), H::RepairTimer) => loss::repair(instance, ctx),
        (S::Init | S::Backup(_) | S::Fault, H::RepairTimer) => {}

        (S::Backup(_), H::Faulted) => backup::fault(instance, ctx),
        (S::Master(_), H::Faulted) => master::fault(instance, ctx),
        (S::Init | S::Fault, H::Faulted) => {}

        (S::Fault, H::Cleared) => fault::recover(instance, ctx),
        (S::Init | S::Backup(_) | S::Master(_), H::Cleared) => {}

        (S::Backup(_), H::GroupMaster) => master::become_master(instance, ctx),
        (S::Init | S::Master(_) | S::Fault, H::GroupMaster) => {}

        (S::Master(_), H::GroupBackup) => master::follow_group(instance, ctx),
        (S::Init | S::Backup(_) | S::Fault, H::GroupBackup) => {}

        (S::Init, H::Applied | H::NotApplied) => init::released(instance, ctx),
        (S::Master(_), H::Applied) => master::applied(instance, ctx),
        (S::Master(_), H::NotApplied) => master::not_applied(instance, ctx),
        (S::Backup(_) | S::Fault, H::Applied) => {
            instance.report(ctx, VrrpEvent::AddressesRemoved);
        }
        (S::Backup(_) | S::Fault, H::NotApplied) => {}

        (S::Master(_), H::RanLate) => master::ran_late(instance, ctx),
        (S::Init | S::Backup(_) | S::Fault, H::RanLate) => {}

        (S::Master(_), H::Offer) => offer::begin(instance, ctx),
        (S::Init | S::Backup(_) | S::Fault, H::Offer) => {}

        (S::Master(_), H::Claimed) => offer::claimed(instance, ctx),
        (S::Init | S::Backup(_) | S::Fault, H::Claimed) => {}

        (S::Master(_), H::Lost(address)) => loss::lost(instance, ctx, &address),
        (S::Init | S::Backup(_) | S::Fault, H::Lost(_)) => {}
    }
}

impl State {
    /// The name the outside knows it by.
    pub(crate) const fn name(&self) -> Name {
        match self {
            Self::Init => Name::Init,
            Self::Backup(_) => Name::Backup,
            Self::Master(_) => Name::Master,
            Self::Fault => Name::Fault,
        }
    }

    /// Whom a backup follows.
    pub(crate) fn master(&self) -> Option<IpAddr> {
        match self {
            Self::Backup(backup) => Some(backup.master?.0),
            Self::Init | Self::Master(_) | Self::Fault => None,
        }
    }

    /// When something is due in this state.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        match self {
            Self::Init | Self::Fault => None,
            Self::Backup(backup) => Some(backup.down),
            Self::Master(master) => {
                let kernel = timer::earliest(master.schedule.deadline(), master.losses.repair);
                timer::earliest(Some(master.advert), kernel)
            }
        }
    }

    /// What is due, in the order it is to be served.
    pub(crate) fn due(&self, now: Mono) -> impl Iterator<Item = Happening> + use<> {
        let all = match self {
            Self::Init | Self::Fault => [None, None, None],
            Self::Backup(backup) => {
                let down = (backup.down <= now).then_some(Happening::DownTimer);
                [down, None, None]
            }
            Self::Master(master) => [
                (master.advert <= now).then_some(Happening::AdvertTimer),
                timer::is_due(master.losses.repair, now).then_some(Happening::RepairTimer),
                timer::is_due(master.schedule.deadline(), now).then_some(Happening::AnnounceTimer),
            ],
        };
        all.into_iter().flatten()
    }
}
