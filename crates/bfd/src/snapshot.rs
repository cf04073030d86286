//! What outlives a process: for an upgrade, a tape and the tests; no file has it yet. With it a session whose process
//! was replaced within the neighbour's detection time stays Up at both ends.

use crate::session::{Poll, Remote, Session, Times};
use crate::speaker::Speaker;
use holdfast_model::{BfdKey, BfdSession, BfdState, Mono};
use holdfast_packet::bfd::{Diagnostic, State as Wire};
use serde::{Deserialize, Serialize};

/// The form of this snapshot; one of another form is worth nothing.
const VERSION: u16 = 1;

/// All sessions at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpeakerState {
    /// The form of the snapshot.
    pub version: u16,
    /// In the order of the file.
    pub sessions: Vec<SessionState>,
}

/// One session at one moment. Counters are not part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// As it was configured: a resumed session must be the same one.
    pub config: BfdSession,
    /// Its state.
    pub state: BfdState,
    /// Since when.
    pub since: Mono,
    /// Our discriminator and diagnostic code.
    pub local: (u32, u8),
    /// The neighbour's discriminator, diagnostic code and state.
    pub remote: (u32, u8, u8),
    /// The neighbour's Required Min RX and Desired Min TX, Detect Mult, and demand mode.
    pub remote_times: (u32, u32, u8, bool),
    /// A poll runs, and another one has to follow.
    pub poll: (bool, bool),
    /// Our Desired Min TX and Required Min RX that are in force.
    pub in_force: (u32, u32),
    /// When the last packet left, and when the last one came.
    pub last: (Option<Mono>, Option<Mono>),
}

impl Speaker {
    /// All that a successor needs.
    pub fn snapshot(&self) -> SpeakerState {
        SpeakerState {
            version: VERSION,
            sessions: self.sessions.iter().map(of_session).collect(),
        }
    }

    /// Sessions that go on where others ended; `Start` as ever. One that has not heard its neighbour
    /// for a detection time begins anew, and so does one that is configured otherwise now.
    pub fn resume(sessions: &[BfdSession], from: &SpeakerState, now: Mono) -> Self {
        let mut speaker = Self::new(sessions);
        if from.version != VERSION {
            return speaker;
        }
        for session in &mut speaker.sessions {
            let known = from.sessions.iter().find(|k| k.config == session.config);
            let resumed = known.and_then(|known| resumed(known, now));
            if let Some(resumed) = resumed {
                *session = resumed;
            }
        }
        speaker
    }

    /// The sessions that are Up.
    pub fn up(&self) -> impl Iterator<Item = &BfdKey> {
        let up = self.sessions.iter().filter(|session| session.is_up());
        up.map(|session| &session.config.key)
    }
}

fn of_session(session: &Session) -> SessionState {
    let remote = &session.remote;
    SessionState {
        config: session.config.clone(),
        state: session.state,
        since: session.since,
        local: (session.discriminator, session.diagnostic.number()),
        remote: (
            remote.discriminator,
            remote.diagnostic.number(),
            remote.state.number(),
        ),
        remote_times: (
            remote.min_rx,
            remote.min_tx,
            remote.multiplier,
            remote.demand,
        ),
        poll: (session.poll != Poll::Off, session.poll == Poll::OnAndAgain),
        in_force: (session.in_force.min_tx, session.in_force.min_rx),
        last: (session.sent, session.heard),
    }
}

fn resumed(known: &SessionState, now: Mono) -> Option<Session> {
    let (min_rx, min_tx, multiplier, demand) = known.remote_times;
    let mut session = Session::new(&known.config, known.since, known.local.0);
    session.state = known.state;
    session.diagnostic = Diagnostic::new(known.local.1)?;
    session.remote = Remote {
        discriminator: known.remote.0,
        diagnostic: Diagnostic::new(known.remote.1)?,
        state: Wire::from_number(known.remote.2)?,
        min_rx,
        min_tx,
        multiplier,
        demand,
    };
    session.poll = match known.poll {
        (false, _) => Poll::Off,
        (true, false) => Poll::On,
        (true, true) => Poll::OnAndAgain,
    };
    session.in_force = Times {
        min_tx: known.in_force.0,
        min_rx: known.in_force.1,
    };
    (session.sent, session.heard) = known.last;
    // never from the future, which would be another boot's clock
    let heard = session.heard.filter(|heard| *heard <= now)?;
    let alive = now.since(heard) < session.detection_time();
    (alive && session.discriminator != 0 && known.state != BfdState::AdminDown).then_some(session)
}
