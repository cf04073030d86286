//! What blocks say of listening, and of who follows static objects, before the rules are applied.

use crate::draft::Spanned;
use holdfast_model::{Beat, IfName, Listening, Name, OnLoss};
use holdfast_syntax::Span;
use std::collections::BTreeMap;

/// What few instances ask for: their own word, or the file's.
#[derive(Debug, Default)]
pub(crate) struct HabitsDraft {
    /// `skip_check_adv_addr`.
    pub(crate) trusts_list: Option<bool>,
    /// `timer_expired_backup`: where it stands.
    pub(crate) late: Option<Span>,
    /// `unicast_fault_no_peer`.
    pub(crate) needs_peers: bool,
    /// `kernel_rx_buf_size`.
    pub(crate) bytes: Option<u32>,
    /// `vrrp_rx_bufs_policy`.
    pub(crate) policy: Option<Policy>,
    /// `vrrp_rx_bufs_multiplier`.
    pub(crate) multiplier: Option<u32>,
    /// `linkbeat_use_polling`.
    pub(crate) polled: bool,
    /// `on_vip_loss`.
    pub(crate) on_loss: Option<OnLoss>,
    /// `vip_lease`.
    pub(crate) lease: Option<Spanned<LeaseWish>>,
}

/// `vip_lease`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaseWish {
    Off,
    /// The `down_timer_adverts` of peers, where that is less than ours.
    On(Option<u8>),
}

/// How large the receive buffer of adverts is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    Mtu,
    Advert,
    Bytes(u32),
}

/// `track_group`: its instances, and where it is defined.
#[derive(Debug)]
pub(crate) struct TrackGroup {
    pub(crate) members: Vec<(Name, Span)>,
    pub(crate) head: Span,
}

/// What listens, who follows what.
#[derive(Debug, Default)]
pub(crate) struct ListeningDraft {
    pub(crate) model: Listening,
    /// `linkbeat_interfaces`.
    pub(crate) polled: Vec<(IfName, Beat)>,
    pub(crate) groups: BTreeMap<Name, TrackGroup>,
}

/// A static object that names a `track_group`, by the interface that it is on.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) group: Name,
    /// `None`: the default one.
    pub(crate) interface: Option<IfName>,
    pub(crate) span: Span,
}
