//! The seed documents' network: two directors, two real servers, a client, and a witness, all on
//! one switch.

use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::{Host, Port, Switch};
use crate::scenario::Ctx;
use crate::traffic::{Load, Server};
use crate::watch::{AddressWatch, settle};
use crate::wire::{Asker, Witness};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

/// The VIP of the pair.
pub const VIP: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 20);
/// The second VIP of master-master.
pub const VIP2: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 21);
/// The real servers.
pub const REAL: [Ipv4Addr; 2] = [
    Ipv4Addr::new(172, 168, 2, 15),
    Ipv4Addr::new(172, 168, 2, 17),
];
/// The first director.
pub const ONE: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 18);
/// The second director.
pub const TWO: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 19);
/// The witness, who can also do harm.
pub const STRANGER: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 200);
/// What slowness of the machine is forgiven where the issue says "+ 0.1 s".
pub const GRACE: Duration = Duration::from_millis(100);

/// Skew time of VRRP version 2 (RFC 3768 s6.1): (256 - priority) / 256 s.
#[must_use]
pub fn skew(priority: u8) -> Duration {
    Duration::from_secs(1) * (256 - u32::from(priority)) / 256
}

/// Master down interval at an advertisement interval of 1 s.
#[must_use]
pub fn down(priority: u8) -> Duration {
    Duration::from_secs(3) + skew(priority)
}

/// The network.
#[derive(Debug)]
pub struct World {
    /// Everybody's switch.
    pub switch: Switch,
    /// The first director, master of the pair.
    pub one: Host,
    /// Its cable.
    pub one_port: Port,
    /// The second director.
    pub two: Host,
    /// Who asks.
    pub client: Host,
    /// Its addresses: persistence binds an address to a server.
    pub sources: Vec<Ipv4Addr>,
    /// Twenty more, for clients that nobody has seen yet.
    pub fresh: Vec<Ipv4Addr>,
    /// Where [`STRANGER`] lives.
    pub stranger: Host,
    /// Listens there.
    pub witness: Witness,
    /// Addresses of the first director.
    pub one_has: AddressWatch,
    /// Addresses of the second director.
    pub two_has: AddressWatch,
}

impl World {
    /// Directors, client and witness.
    ///
    /// # Errors
    /// If the lab cannot build it.
    pub fn new(ctx: &Ctx) -> Result<Self> {
        let switch = ctx.lab.switch("sw")?;
        let (one, one_port) = host(ctx, &switch, "d1", ONE)?;
        let (two, _) = host(ctx, &switch, "d2", TWO)?;
        let (stranger, _) = host(ctx, &switch, "w", STRANGER)?;
        let (client, _) = host(ctx, &switch, "c", Ipv4Addr::new(172, 168, 2, 100))?;
        let sources: Vec<_> = (100..110)
            .map(|last| Ipv4Addr::new(172, 168, 2, last))
            .collect();
        let fresh: Vec<_> = (110..130)
            .map(|last| Ipv4Addr::new(172, 168, 2, last))
            .collect();
        for source in sources.iter().skip(1).chain(&fresh) {
            client.address(&format!("{source}/16"), "eth0")?;
        }
        let witness = Witness::start(&stranger)?;
        let (one_has, two_has) = (AddressWatch::start(&one)?, AddressWatch::start(&two)?);
        Ok(Self {
            switch,
            one,
            one_port,
            two,
            client,
            sources,
            fresh,
            stranger,
            witness,
            one_has,
            two_has,
        })
    }

    /// The daemons of both directors with a file of `tests/lab` each; not started.
    ///
    /// # Errors
    /// If a file is missing.
    pub fn directors(
        &self,
        ctx: &mut Ctx,
        files: [&str; 2],
        extra: &[&str],
    ) -> Result<(Director, Director)> {
        let (a, b) = (ctx.a.clone(), ctx.b.clone());
        let one = director(ctx, &self.one, &a, files[0], extra)?;
        let two = director(ctx, &self.two, &b, files[1], extra)?;
        Ok((one, two))
    }

    /// Starts both and waits until the first alone has the VIP.
    ///
    /// # Errors
    /// If that does not come to be.
    pub fn start_pair(&self, ctx: &Ctx, one: &mut Director, two: &mut Director) -> Result<()> {
        ctx.step(format!(
            "start d1 ({}) and d2 ({})",
            one.program(),
            two.program()
        ));
        one.start()?;
        two.start()?;
        self.only("d1", VIP, Duration::from_secs(9))?;
        ctx.step("d1 has the VIP alone");
        Ok(())
    }

    /// Waits until `host` alone has `vip`, for a second.
    ///
    /// # Errors
    /// If that does not come to be within `bound`.
    pub fn only(&self, host: &str, vip: Ipv4Addr, bound: Duration) -> Result<()> {
        let watches = [&self.one_has, &self.two_has];
        settle(&watches, vip, host, bound, Duration::from_secs(1))
    }

    /// Adds the real servers of the seeds, with the VIPs on their loopback as direct routing
    /// wants it.
    ///
    /// # Errors
    /// If the lab cannot build them.
    pub fn real_servers(&self, ctx: &Ctx) -> Result<[Host; 2]> {
        let make = |name: &str, address| {
            let (host, _) = host(ctx, &self.switch, name, address)?;
            lend(&host, &[VIP, VIP2])?;
            Ok(host)
        };
        Ok([make("rs15", REAL[0])?, make("rs17", REAL[1])?])
    }

    /// A host that asks one director for these addresses, whoever has them.
    ///
    /// # Errors
    /// If the lab cannot build it.
    pub fn asks(
        &self,
        ctx: &Ctx,
        name: &str,
        number: u8,
        director: &Host,
        vips: &[Ipv4Addr],
        period: Duration,
    ) -> Result<Asker> {
        let address = Ipv4Addr::new(172, 168, 2, number);
        let (asker, _) = host(ctx, &self.switch, name, address)?;
        let mac = director.mac()?;
        for vip in vips {
            let entry = format!("{vip} lladdr {mac} dev eth0 nud permanent");
            asker.ip(&format!("neigh replace {entry}"))?;
        }
        Asker::start(&asker, vips, period)
    }

    /// A client that asks the VIP's port 80 again and again, from all its addresses.
    #[must_use]
    pub fn load(&self, period: Duration, patience: Duration) -> Load {
        let target = SocketAddrV4::new(VIP, 80);
        Load::start(&self.client, &self.sources, target, period, patience)
    }
}

/// A host with one address on one switch.
///
/// # Errors
/// If the lab cannot build it.
pub fn host(ctx: &Ctx, switch: &Switch, name: &str, address: Ipv4Addr) -> Result<(Host, Port)> {
    let host = ctx.lab.host(name)?;
    let port = switch.plug(&host, "eth0")?;
    host.address(&format!("{address}/16"), "eth0")?;
    Ok((host, port))
}

/// Gives a host an IPv6 address that it need not ask for first.
///
/// # Errors
/// If the kernel refuses.
pub fn six(host: &Host, address: &str) -> Result<()> {
    host.sysctl("net.ipv6.conf.eth0.accept_dad", "0")?;
    host.sysctl("net.ipv6.conf.eth0.disable_ipv6", "0")?;
    host.address(&format!("{address}/64"), "eth0 nodad")
}

/// Puts VIPs on a real server's loopback and keeps it from answering ARP for them.
///
/// # Errors
/// If the kernel refuses.
pub fn lend(host: &Host, vips: &[Ipv4Addr]) -> Result<()> {
    host.sysctl("net.ipv4.conf.all.arp_ignore", "1")?;
    host.sysctl("net.ipv4.conf.all.arp_announce", "2")?;
    for vip in vips {
        host.address(&format!("{vip}/32"), "lo")?;
    }
    Ok(())
}

/// A director with a file of `tests/lab`; not started.
///
/// # Errors
/// If the file is missing.
pub fn director(
    ctx: &mut Ctx,
    host: &Host,
    program: &Program,
    file: &str,
    extra: &[&str],
) -> Result<Director> {
    let director = ctx.director(host, program, extra)?;
    director.configure(ctx.file(file)?)?;
    Ok(director)
}

/// The sorry servers of the directors, which also tell who was asked.
///
/// # Errors
/// If port 80 is taken.
pub fn sorry_servers(world: &World) -> Result<[Server; 2]> {
    Ok([
        Server::named(&world.one, 80)?,
        Server::named(&world.two, 80)?,
    ])
}
