//! Raw sockets: adverts in and out, ARP out.

pub mod arp;
mod filter;
mod link_address;
pub mod vrrp;
