//! Raw sockets: adverts in and out, ARP out; news of processes in. UDP: BFD.

pub mod arp;
pub mod bfd;
mod filter;
mod link_address;
pub mod processes;
mod steer;
pub mod vrrp;
