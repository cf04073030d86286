//! Raw sockets: adverts in and out, ARP out. UDP: BFD.

pub mod arp;
pub mod bfd;
mod link_address;
pub mod vrrp;
