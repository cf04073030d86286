//! Raw sockets: adverts in and out, ARP out, who claims an address in, and both together; news of processes in. UDP: BFD.

pub mod arp;
pub mod asker;
pub mod batch;
pub mod bfd;
pub mod claims;
mod filter;
mod link_address;
pub mod processes;
mod steer;
pub mod vrrp;
