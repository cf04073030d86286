//! Connections and counters: what moves is compared in a moment in which it did not.

use super::Tool;
use crate::error::{Doing as _, Error, Result};
use crate::net::{Host, Switch};
use crate::scenario::Ctx;
use crate::scenarios::world::{REAL, VIP, host, lend, six};
use crate::traffic::{Server, request};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

const CLIENT: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 100);
const SIX: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x99);

/// TCP by direct routing and on this host, UDP of IPv6 by NAT, SIP calls that persist.
const TABLE: &str = "-C\n-A -t 172.168.2.20:80 -s rr -p 300\n-a -t 172.168.2.20:80 -r 172.168.2.15 -g\n\
    -A -t 172.168.2.20:81 -s rr\n-a -t 172.168.2.20:81 -r 172.168.2.18:81 -m\n\
    -A -u [fd00::99]:53 -s rr\n-a -u [fd00::99]:53 -r [fd00::15]:53 -m\n\
    -A -u 172.168.2.20:5060 -s rr -p 300 --pe sip\n-a -u 172.168.2.20:5060 -r 172.168.2.15:5060 -g\n";

/// What is compared, each group in one call: a call can meet another second than the other's.
const LISTS: [&str; 4] = [
    "-Lnc\n-Lnc --persistent-conn\n",
    "-Lc\n-L\n",
    "-Ln\n-Ln --stats\n-LnX --stats\n-Ln --persistent-conn\n",
    "-Ln --rate\n-LnX --rate\n",
];

pub(super) fn run(
    ctx: &mut Ctx,
    switch: &Switch,
    director: &Host,
    theirs: &Tool,
    ours: &Tool,
) -> Result<()> {
    let (client, _) = host(ctx, switch, "c", CLIENT)?;
    let (real, _) = host(ctx, switch, "rs", REAL[0])?;
    lend(&real, &[VIP])?;
    six(&client, "fd00::100")?;
    six(&real, "fd00::15")?;
    director.address(&format!("{VIP}/32"), "eth0")?;
    director.address(&format!("{SIX}/128"), "eth0 nodad")?;
    director.sysctl("net.ipv4.ip_forward", "1")?;
    director.sysctl("net.ipv6.conf.all.forwarding", "1")?;
    let _servers = [Server::named(&real, 80)?, Server::named(director, 81)?];
    let said = ours.call(director, &["-R"], TABLE)?;
    ctx.check(said.status == Some(0), format!("the table: {:?}", said.err));
    serve(&client)?;
    for lists in LISTS {
        compare(ctx, director, (theirs, ours), lists)?;
    }
    let zeroed = ours.call(director, &["-Z"], "")?;
    ctx.check(zeroed.status == Some(0), "-Z");
    compare(ctx, director, (theirs, ours), "-Ln --stats\n")
}

/// Requests that come back, and datagrams that need not.
fn serve(client: &Host) -> Result<()> {
    for port in [80, 80, 81] {
        let target = SocketAddrV4::new(VIP, port);
        client
            .within(|| request(CLIENT, target, Duration::from_secs(2)))?
            .doing(format!("ask {target}"))?;
    }
    client.within(|| {
        let four = UdpSocket::bind((CLIENT, 5060)).doing("bind")?;
        let call = "INVITE sip:b@example.org SIP/2.0\r\nVia: SIP/2.0/UDP 172.168.2.100\r\n\
            From: <sip:a@example.org>;tag=1\r\nTo: <sip:b@example.org>\r\n\
            Call-ID: 3848276298220188511@example.org\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
        four.send_to(call.as_bytes(), SocketAddr::from((VIP, 5060)))
            .doing("send")?;
        let six = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).doing("bind")?;
        six.send_to(b"anybody?", SocketAddr::from((SIX, 53)))
            .doing("send")?;
        Ok::<(), Error>(())
    })?
}

/// Ours before and after theirs: where both are one, theirs must be the same.
fn compare(ctx: &mut Ctx, host: &Host, tools: (&Tool, &Tool), lists: &str) -> Result<()> {
    let (theirs, ours) = tools;
    for _ in 0..20 {
        let before = ours.call(host, &["-R"], lists)?;
        let expected = theirs.call(host, &["-R"], lists)?;
        let after = ours.call(host, &["-R"], lists)?;
        if before != after {
            continue;
        }
        let rows = expected.out.lines().count();
        ctx.check(
            after.out == expected.out && rows > 2,
            format!("{lists:?}: {rows} lines alike"),
        );
        if after.out != expected.out {
            ctx.step(format!("ours:\n{}theirs:\n{}", after.out, expected.out));
        }
        return Ok(());
    }
    ctx.fail(format!("{lists:?}: never twice the same"));
    Ok(())
}
