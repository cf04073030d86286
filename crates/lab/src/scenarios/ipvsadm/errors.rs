//! What neither does: the same exit status, and words of ours.

use super::Tool;
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::Ctx;

/// What stands while the wrong lines are tried.
const TABLE: &str =
    "-C\n-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2 -m\n-A -f 7 -s wlc\n";

/// One mistake each.
const LINES: &[&str] = &[
    // the kernel refuses
    "-A -t 10.0.0.1:80",
    "-A -t 10.0.0.1:81 -s no-such",
    "-A -t 10.0.0.1:81 --pe no-such -p 3",
    "-A -t 224.0.0.1:80 -M 255.0.255.0 -s no-such -p",
    "-D -t 10.0.0.1:81",
    "-D -f 7 -6",
    "-Z -t 10.0.0.1:81",
    "-a -t 10.0.0.1:80 -r 10.0.0.2 -m",
    "-a -t 10.0.0.1:81 -r 10.0.0.2",
    "-a -t 10.0.0.1:80 -r 224.0.0.1",
    "-a -t 10.0.0.1:80 -r 10.0.0.3 -x 5 -y 6",
    "-e -t 10.0.0.1:80 -r 10.0.0.3",
    "-d -t 10.0.0.1:80 -r 10.0.0.3",
    "-L -t 10.0.0.1:81",
    "--stop-daemon master",
    "--start-daemon master --mcast-interface no-such",
    // options
    "-A",
    "-A -t 10.0.0.1",
    "-A -t 10.0.0.1:82 -o",
    "-A -t 80",
    "-A -t [::1]",
    "-A -t 10.0.0.1:82 -p 0",
    "-A -t 10.0.0.1:82 -b sh-port",
    "-A -t [fd00::1]:82 -p -M 200",
    "-A -6 -f 3",
    "-a -t 10.0.0.1:80",
    "-a -t 10.0.0.1:80 -r 10.0.0.4 -m -g",
    "-a -t 10.0.0.1:80 -r [fd00::2]:80",
    "-a -t 10.0.0.1:80 -r 10.0.0.4 -m --tun-type gre",
    "-a -t 10.0.0.1:80 -r 10.0.0.4 -i --tun-type gre --tun-remcsum",
    "-C -n",
    "-L -c --stats",
    "-L foo",
    "-L -A",
    "-L --numeric=3",
    "--set 1 2 3 4",
    // words
    "-t 10.0.0.1:82",
    "--no-such",
    "-L --no-such",
    "-A -t",
];

/// A maintenance of a real server, as operators type it.
const HABITS: &[&str] = &[
    "-d -t 10.0.0.1:80 -r 10.0.0.2",
    "-a -t 10.0.0.1:80 -r 10.0.0.2 -m -w 10",
    "-d -t 10.0.0.1:80 -r 10.0.0.2",
    "-a -t 10.0.0.1:80 -r 10.0.0.2 -m",
    "-d -t 10.0.0.1:80 -r 10.0.0.2",
    "-a -t 10.0.0.1:80 -r 10.0.0.2 -m",
    "-e -t 10.0.0.1:80 -r 10.0.0.2 -m -w 0",
    "-E -t 10.0.0.1:80 -p 60",
    "-Z",
];

/// Every wrong line, then the maintenance.
pub(super) fn run(ctx: &mut Ctx, host: &Host, theirs: &Tool, ours: &Tool) -> Result<()> {
    theirs.call(host, &["-R"], TABLE)?;
    let before = theirs.call(host, &["-Sn"], "")?.out;
    let mut wrong = 0;
    for line in LINES {
        let words: Vec<&str> = line.split(' ').collect();
        let (expected, said) = (theirs.call(host, &words, "")?, ours.call(host, &words, "")?);
        let good =
            expected.status == said.status && expected.out == said.out && !said.err.is_empty();
        if !good || said.status == Some(0) {
            wrong += 1;
            ctx.step(format!("{line}: {said:?}\n  instead of {expected:?}"));
        }
    }
    let after = ours.call(host, &["-Sn"], "")?.out;
    let count = LINES.len();
    ctx.check(
        wrong == 0 && before == after,
        format!("{count} mistakes: {wrong} with another exit status; the table is as it was"),
    );
    let mut lives = Vec::new();
    for tool in [theirs, ours] {
        theirs.call(host, &["-R"], TABLE)?;
        let mut life = Vec::new();
        for line in HABITS {
            let words: Vec<&str> = line.split(' ').collect();
            let said = tool.call(host, &words, "")?;
            let table = host.within(|| std::fs::read_to_string("/proc/thread-self/net/ip_vs"))?;
            life.push((line, said, table.doing("read the table")?));
        }
        lives.push(life);
    }
    if lives.first() != lives.last() {
        wrong += 1;
        ctx.step(format!("{lives:#?}"));
    }
    ctx.check(wrong == 0, "a real server out and back, as operators do it");
    Ok(())
}

/// Sync daemons need an interface that multicasts.
pub(super) fn daemons(ctx: &mut Ctx, host: &Host, theirs: &Tool, ours: &Tool) -> Result<()> {
    let full = "--start-daemon backup --mcast-interface eth0 --syncid 9 --mcast-group ff02::81 \
        --mcast-port 9000 --mcast-ttl 3 --sync-maxlen 1000";
    let mut lists = Vec::new();
    for (starts, sees) in [(theirs, ours), (ours, theirs)] {
        for line in [
            "--start-daemon master --syncid 7",
            full,
            "--set 600 100 200",
        ] {
            let words: Vec<&str> = line.split_whitespace().collect();
            let said = starts.call(host, &words, "")?;
            ctx.check(said.status == Some(0), format!("{line}: {said:?}"));
        }
        let twice = starts.call(host, &["--start-daemon", "master"], "")?;
        ctx.check(
            twice.status == Some(255),
            "a second one of a role is refused",
        );
        lists.push(sees.call(host, &["-R"], "-L --daemon\n-L --timeout\n")?.out);
        for role in ["master", "backup"] {
            let said = sees.call(host, &["--stop-daemon", role], "")?;
            ctx.check(said.status == Some(0), format!("stop {role}: {said:?}"));
        }
        theirs.call(host, &["--set", "900", "120", "300"], "")?;
    }
    let same = lists.first() == lists.last();
    let list = lists.pop().unwrap_or_default();
    ctx.check(
        same && list.lines().count() == 3,
        format!("both list {list:?}"),
    );
    Ok(())
}
