//! Packet filters of a host: nftables, or iptables in the lab's kernel, which has no nftables for
//! IPv4.

use super::Host;
use crate::error::Result;
use crate::shell::{feed, run};
use std::net::Ipv4Addr;

impl Host {
    /// Drops what comes in for a TCP port, until [`Host::undrop`].
    ///
    /// # Errors
    /// If neither filter works.
    pub fn drop_tcp(&self, port: u16) -> Result<()> {
        self.drop_in(
            &format!("tcp dport {port}"),
            &format!("-p tcp --dport {port}"),
        )
    }

    /// Drops adverts that come in, until [`Host::undrop`].
    ///
    /// # Errors
    /// If neither filter works.
    pub fn drop_adverts(&self) -> Result<()> {
        self.drop_in("meta l4proto 112", "-p 112")
    }

    fn drop_in(&self, nft: &str, iptables: &str) -> Result<()> {
        let nft = format!(
            "table inet lab_drop {{
                chain lab {{
                    type filter hook input priority 0
                    {nft} drop
                }}
            }}"
        );
        self.filter(&nft, &format!("-A INPUT {iptables} -j DROP"))
    }

    /// Ends every drop.
    ///
    /// # Errors
    /// If neither filter works.
    pub fn undrop(&self) -> Result<()> {
        self.filter("delete table inet lab_drop", "-F INPUT")
    }

    /// Marks what comes in for these TCP ports of an address.
    ///
    /// # Errors
    /// If neither filter works.
    pub fn mark_tcp(&self, address: Ipv4Addr, ports: &[u16], mark: u32) -> Result<()> {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let nft = format!(
            "table ip lab_mark {{
                chain lab {{
                    type filter hook prerouting priority mangle
                    ip daddr {address} tcp dport {{ {} }} meta mark set {mark}
                }}
            }}",
            ports.join(", ")
        );
        let iptables = format!(
            "-t mangle -A PREROUTING -d {address} -p tcp -m multiport --dports {} \
             -j MARK --set-mark {mark}",
            ports.join(",")
        );
        self.filter(&nft, &iptables)
    }

    fn filter(&self, nft: &str, iptables: &str) -> Result<()> {
        let by_nft = feed(self.command("nft").args(["-f", "-"]), Some(nft));
        if by_nft.is_ok() {
            return Ok(());
        }
        let mut command = self.command("iptables-legacy");
        run(command.arg("-w").args(iptables.split_whitespace())).map(drop)
    }
}
