//! `auth_hmac`: adverts that are signed with a key which all routers of the VRID share.

use core::fmt;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// How an instance signs, and whom it believes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hmac {
    /// Any of them verifies; identifiers are unique.
    pub keys: Vec<HmacKey>,
    /// `active_key`: signs.
    pub active: u8,
    /// `time_window`: how far the clocks of two routers may be apart.
    pub window: Duration,
    /// `anti_replay`.
    pub replay: AntiReplay,
    /// `mode`.
    pub mode: HmacMode,
}

impl Hmac {
    /// The key of that identifier.
    pub fn key(&self, id: u8) -> Option<&HmacKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// The key that signs; `None` when nothing is to be signed.
    pub fn signer(&self) -> Option<&HmacKey> {
        self.key(self.active)
            .filter(|_| self.mode != HmacMode::ReceiveOnly)
    }
}

/// `key ID VALUE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HmacKey {
    /// 1 to 255, as on the wire.
    pub id: u8,
    /// 32 to 64 bytes.
    pub secret: Secret,
}

/// Bytes that no log and no debugger's print shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// `anti_replay`: when an advert has been heard before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AntiReplay {
    /// It is not later than the last one of its sender, or not of our time by more than the window.
    Time,
    /// It is not later than the last one of its sender; clocks may differ.
    Monotonic,
}

/// `mode`: the three steps from unsigned to signed adverts without a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HmacMode {
    /// Signs nothing, believes what is unsigned, verifies what is signed.
    ReceiveOnly,
    /// Signs, believes what is unsigned.
    Permissive,
    /// Signs, believes only what is signed.
    Enforce,
}
