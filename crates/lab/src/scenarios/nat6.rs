//! FULLNAT over IPv6: the real server knows no way to the client, and says whom it sees.

use super::nat::{conntrack, given_back, tables};
use super::world::{ONE, TWO, director, host, six};
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use crate::table::saved;
use std::io::{Read as _, Write as _};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

const VIP: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x20);
const SERVER: &str = "fd09::2";
/// What the real server sees instead of the client.
const LENT: &str = "fd09::8";
const ROW: &str = "-a -t [fd00::20]:8088 -r [fd09::2]:80 -m -w 1";
const BOUND: Duration = Duration::from_secs(6);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let (switch, inside) = (ctx.lab.switch("sw")?, ctx.lab.switch("in")?);
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (client, _) = host(ctx, &switch, "c", TWO)?;
    six(&one, "fd00::18")?;
    six(&client, "fd00::3")?;
    one.address(&format!("{VIP}/128"), "eth0 nodad")?;
    inside.plug(&one, "eth1")?;
    one.sysctl("net.ipv6.conf.eth1.accept_dad", "0")?;
    one.sysctl("net.ipv6.conf.eth1.disable_ipv6", "0")?;
    one.address("fd09::1/64", "eth1 nodad")?;
    one.address(&format!("{LENT}/64"), "eth1 nodad")?;
    one.sysctl("net.ipv6.conf.all.forwarding", "1")?;
    let server = ctx.lab.host("rs")?;
    inside.plug(&server, "eth0")?;
    six(&server, SERVER)?;
    serve(&server)?;
    let program = ctx.a.clone();
    let mut daemon = director(ctx, &one, &program, "cases/full-nat6.conf", &["-C"])?;
    daemon.start()?;
    let there = || saved(&one).ok()?.iter().any(|row| row == ROW).then_some(());
    wait_some("the real server's row", BOUND, there)?;
    let tracked = || (conntrack(&one).ok()? == "1").then_some(());
    wait_some("net.ipv4.vs.conntrack = 1", BOUND, tracked)?;
    let rules = tables(&one)?;
    let there = rules.contains(&format!("snat to {LENT}"));
    ctx.check(there, format!("our table: {rules}"));
    let seen = ask(&client)?;
    ctx.check(
        seen.as_deref() == Some(LENT),
        format!("the real server has seen {seen:?}"),
    );
    daemon.stop(Duration::from_secs(10))?;
    given_back(ctx, &one, "stopped")?;
    elsewhere(ctx, &one, &client)
}

/// The daemon is on another host than the table (`net_namespace_ipvs`), and is killed.
fn elsewhere(ctx: &mut Ctx, there: &Host, here: &Host) -> Result<()> {
    let program = ctx.a.clone();
    let mut daemon = ctx.director(here, &program, &["-C"])?;
    let text = ctx.file("cases/full-nat6.conf")?;
    daemon.configure(format!("net_namespace_ipvs {}\n{text}", there.namespace()))?;
    daemon.start()?;
    let tracked = || (conntrack(there).ok()? == "1").then_some(());
    wait_some("net.ipv4.vs.conntrack = 1 elsewhere", BOUND, tracked)?;
    daemon.kill_all()?;
    let killed = conntrack(there)?;
    ctx.check(killed == "1", "killed: it is tracked still");
    daemon.exec_stop_post()?;
    given_back(ctx, there, "holdfast release from elsewhere")
}

/// Answers everybody with his address.
fn serve(host: &Host) -> Result<()> {
    let listener = host.within(|| TcpListener::bind("[::]:80"))?;
    let listener = listener.doing("listen on port 80")?;
    let _until_the_end = host.spawn(move || {
        for mut client in listener.incoming().flatten() {
            if let Ok(peer) = client.peer_addr() {
                // one that is gone has asked for nothing
                let _gone = client.write_all(peer.ip().to_string().as_bytes());
            }
        }
    });
    Ok(())
}

/// Whom the real server sees; none: nobody answers.
fn ask(client: &Host) -> Result<Option<String>> {
    let patience = Duration::from_secs(2);
    let asked = client.within(|| -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from((VIP, 8088)), patience)?;
        stream.set_read_timeout(Some(patience))?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    })?;
    Ok(asked.ok())
}
