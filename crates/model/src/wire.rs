//! How the adverts of an instance travel.

use crate::hmac::{Hmac, HmacKey};
use crate::units::{AddressFamily, Centis};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// `vip_lease`: how long before the first backup may begin ours end.
pub const LEASE_MARGIN: Duration = Duration::from_millis(100);

/// Version, family, and who hears the adverts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// `version`.
    pub version: Version,
    /// Of the adverts: that of the first address.
    pub family: AddressFamily,
    /// `mcast_src_ip`, `unicast_src_ip`: sent from here instead of the interface's own address.
    pub source: Option<IpAddr>,
    /// Who is told.
    pub cast: Cast,
    /// How the checksum of version 3 over IPv4 is sent; either form is accepted.
    pub checksum: Checksum,
    /// `down_timer_adverts`: adverts that may be missing before a backup takes over; 3.
    pub down_adverts: u8,
    /// Unless `lower_prio_no_advert`: a master answers a weaker advert at once.
    pub answers_lower: bool,
    /// `higher_prio_send_advert`: to whom a master speaks once more as it gives way.
    pub last_word: LastWord,
    /// `owner_ignore_adverts`: priority 255 obeys nobody.
    pub owner_deaf: bool,
    /// `auth_hmac`.
    pub hmac: Option<Hmac>,
    /// `max_learned_interval`: what a master says beyond it is not learned.
    pub learned_max: Option<Centis>,
    /// `track_src_ip`: without `source` on its interface it is in FAULT.
    pub tracks_source: bool,
    /// `strict_mode`: an advert whose addresses are not exactly ours is dropped, unless an owner
    /// sends it (RFC 3768 s7.1).
    pub strict: bool,
    /// What few ask for.
    pub habits: Habits,
}

impl Wire {
    /// How adverts are signed, and with which key; `None` when they are not.
    pub fn signer(&self) -> Option<(&Hmac, &HmacKey)> {
        let hmac = self.hmac.as_ref()?;
        Some((hmac, hmac.signer()?))
    }
}

impl Default for Wire {
    /// keepalived's: version 2, IPv4, to the group.
    fn default() -> Self {
        Self {
            version: Version::V2,
            family: AddressFamily::V4,
            source: None,
            cast: Cast::Group(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18))),
            checksum: Checksum::PseudoOrOld,
            down_adverts: 3,
            answers_lower: true,
            last_word: LastWord::ToReturned,
            owner_deaf: false,
            hmac: None,
            learned_max: None,
            tracks_source: false,
            strict: false,
            habits: Habits::default(),
        }
    }
}

/// A master that gives way to a better one may say once more that it was master, too: who hears a weaker
/// advert announces its addresses, and hosts that believed the weaker one learn better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LastWord {
    /// To nobody: `higher_prio_send_advert off`, and strict mode.
    Never,
    /// To one that had fallen silent without resigning: it may have been master all the time, unheard and
    /// not hearing.
    ToReturned,
    /// To anybody: `higher_prio_send_advert`.
    Always,
}

/// What few instances ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Habits {
    /// `skip_check_adv_addr`: of the adverts of one master, only the first one's addresses are
    /// looked at.
    pub trusts_list: bool,
    /// `vip_lease`: how long after an advert its addresses can be used.
    pub lease: Option<Duration>,
    /// `on_vip_loss`.
    pub on_loss: OnLoss,
    /// `kernel_rx_buf_size`, `vrrp_rx_bufs_policy`: its part of the socket's receive buffer.
    pub room: Room,
}

/// What a master does when somebody takes one of its addresses away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnLoss {
    /// Puts it back.
    #[default]
    Restore,
    /// Resigns, and is master again after Skew_Time if nobody else is.
    Backup,
}

/// What an instance adds to the receive buffer of its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Room {
    /// Nothing: as large as the system makes it.
    #[default]
    System,
    /// So many bytes.
    Bytes(u32),
    /// So many packets of the largest size of its interface.
    Packets(u32),
    /// So many of its adverts.
    Adverts(u32),
}

/// Version of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// RFC 3768.
    V2,
    /// RFC 9568.
    V3,
}

impl Version {
    /// The number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// Who is told of a master.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cast {
    /// All who joined this group: `mcast_dst_ip`, `vrrp_mcast_group4`, `vrrp_mcast_group6`.
    Group(IpAddr),
    /// `unicast_peer`.
    Peers(Peers),
}

impl Cast {
    /// The group of the family (RFC 9568 s5.1.1.2, s5.1.2.2).
    pub const fn group(family: AddressFamily) -> Self {
        Self::Group(match family {
            AddressFamily::V4 => IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18)),
            AddressFamily::V6 => IpAddr::V6(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12)),
        })
    }

    /// The peers, when there are any.
    pub const fn peers(&self) -> Option<&Peers> {
        match self {
            Self::Group(_) => None,
            Self::Peers(peers) => Some(peers),
        }
    }
}

/// `unicast_peer` and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Peers {
    /// In the order of the file.
    pub list: Vec<Peer>,
    /// `unicast_ttl`; 255.
    pub ttl: Option<u8>,
    /// `check_unicast_src`, or any peer with a range of hops: adverts of strangers are dropped.
    pub only_known: bool,
}

/// One line of `unicast_peer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peer {
    /// Where it is.
    pub address: IpAddr,
    /// `min_ttl`: hops that its adverts must have left; 0.
    pub min_ttl: u8,
    /// `max_ttl`; 255.
    pub max_ttl: u8,
}

/// Which bytes the checksum of version 3 over IPv4 covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Checksum {
    /// `v3_checksum_as_v2`, and RFC 9568 s5.2.8: the message.
    Message,
    /// keepalived's default, and RFC 5798 s5.2.8: with a pseudo-header.
    Pseudo,
    /// The same, but unicast falls back to the group in the pseudo-header for a peer that does it
    /// (keepalived before 2.0), unless `old_unicast_checksum never`.
    PseudoOrOld,
    /// `old_unicast_checksum`: always with the group in the pseudo-header.
    Old,
}
