//! Raw sockets: adverts in and out, ARP out; news of processes in.

pub mod arp;
mod filter;
mod link_address;
pub mod processes;
pub mod vrrp;
