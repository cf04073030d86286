//! The kernel's edge: raw sockets, rtnetlink, IPVS netlink. It moves bytes and decides nothing.
//!
//! ```text
//!  rt/       links and addresses: requests, monitor         socket/  VRRP and ARP, raw; BFD
//!  netlink/  our own blocking client: batches and dumps     ipvs/    the table, through it
//!  time, timer   CLOCK_BOOTTIME        inherit, readable    descriptors of others
//!  process  programs of others: as whom they run, when they end
//!  privilege  what root may do, given up
//!  schedule how urgent this process is
//!  accounts users and groups
//!  heap     how memory grows          program  what of it is mapped
//!  module   what the kernel loads
//!  names    of hosts and services, by the system's own ways
//!  nft      the table of what may not be reached
//! ```

mod accounts;
pub mod heap;
pub mod inherit;
pub mod ipvs;
pub mod module;
pub mod names;
pub mod netlink;
pub mod nft;
pub mod privilege;
pub mod process;
pub mod program;
pub mod readable;
pub mod rt;
pub mod schedule;
pub mod socket;
pub mod time;
pub mod timer;
