//! The live story: a pair of directors with Holdfast, seen by a client.

use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::guest::{Boot, Kernel, kernel_has_ipvs};
use crate::scenario::{Ctx, Tools};
use crate::scenarios::world::{REAL, VIP, World, sorry_servers};
use crate::shell::wait;
use crate::table::wait_serving;
use crate::traffic::{Load, Server};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};

const SERVICE: &str = "TCP 172.168.2.20:80";
const FILES: [&str; 2] = ["seeds/pair-1.conf", "seeds/pair-2.conf"];

/// Tells the story: on this kernel if it has IPVS, otherwise inside User Mode Linux.
///
/// # Errors
/// If the lab cannot work or the story does not go as it should.
pub fn run(tools: &Tools) -> Result<bool> {
    if !tools.holdfast.exists() {
        return Err(Error::Failed(format!(
            "{} is missing",
            tools.holdfast.display()
        )));
    }
    if kernel_has_ipvs() {
        return here(tools).map(|()| true);
    }
    println!("This kernel has no IPVS: booting User Mode Linux for the story.\n");
    let program = std::env::current_exe().doing("find this program")?;
    let path = |path: &Path| path.display().to_string();
    let command = vec![
        path(&program),
        "demo-inside".into(),
        "--holdfast".into(),
        path(&tools.holdfast),
        "--data".into(),
        path(&tools.data),
    ];
    let boot = Boot {
        kernel: Kernel::Uml,
        directory: tools.keep.join(format!("demo-{}", std::process::id())),
        memory: 1024,
        limit: Duration::from_secs(240),
        echo: true,
        processor: 0,
    };
    boot.run(&command).map(|status| status == 0)
}

/// Tells it on this kernel.
///
/// # Errors
/// If it does not go as it should.
pub fn here(tools: &Tools) -> Result<()> {
    nix::sys::prctl::set_child_subreaper(true).doing("become a subreaper")?;
    let program = Program::Holdfast(tools.holdfast.clone());
    let mut ctx = Ctx::for_demo(program, tools);
    let outcome = story(&mut ctx);
    if outcome.is_err() {
        ctx.show_logs();
    }
    outcome
}

#[derive(Debug)]
struct Stage {
    world: World,
    load: Load,
    since: Instant,
}

fn story(ctx: &mut Ctx) -> Result<()> {
    println!("client .100   directors d1 .18 (priority 100), d2 .19 (priority 90)");
    println!("real servers rs15, rs17   VIP 172.168.2.20:80, direct routing; times in seconds\n");
    let world = World::new(ctx)?;
    let real = world.real_servers(ctx)?;
    let mut first = Some(Server::named(&real[0], 80)?);
    let mut second = Some(Server::named(&real[1], 80)?);
    let _sorry = sorry_servers(&world)?;
    let (mut one, mut two) = world.directors(ctx, FILES, &[])?;
    ctx.step("start `holdfast -n -l -D -f keepalived.conf` on d1 and d2");
    let at = Instant::now();
    one.start()?;
    two.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    took(ctx, "d1 is master: it has the VIP", at);
    table(ctx, &world)?;
    let load = world.load(Duration::from_millis(40), Duration::from_millis(300));
    let mut stage = Stage {
        world,
        load,
        since: Instant::now(),
    };
    stage.requests(ctx, &["rs15", "rs17"], "requests from 10 clients")?;

    first = stop(ctx, first, "rs15 stops")?;
    stage.serving(ctx, &REAL[1..], "it is out of the table")?;
    stage.requests(ctx, &["rs17"], "requests")?;
    second = stop(ctx, second, "rs17 stops too")?;
    stage.serving(ctx, &[Ipv4Addr::LOCALHOST], "the sorry server steps in")?;
    stage.requests(ctx, &["d1"], "requests")?;
    ctx.step("both start again");
    stage.since = Instant::now();
    first.get_or_insert(Server::named(&real[0], 80)?);
    second.get_or_insert(Server::named(&real[1], 80)?);
    stage.serving(ctx, &REAL, "they are back, the sorry server is gone")?;
    stage.requests(ctx, &[], "requests")?;

    ctx.step("kill -9 of every process of d1; then `holdfast release`, as systemd would run it");
    stage.since = one.kill_all()?;
    one.exec_stop_post()?;
    stage
        .world
        .one_has
        .wait(VIP, false, Duration::from_secs(2))?;
    took(ctx, "d1 has given the VIP back", stage.since);
    stage
        .world
        .two_has
        .wait(VIP, true, Duration::from_secs(9))?;
    took(ctx, "d2 is master", stage.since);
    stage.requests(ctx, &[], "requests through d2")?;
    ctx.step("start d1 again");
    stage.since = Instant::now();
    one.start()?;
    stage.world.only("d1", VIP, Duration::from_secs(9))?;
    took(ctx, "d1 is master again, d2 is backup", stage.since);
    stage.requests(ctx, &[], "requests")?;
    ctx.step("stop d1 (SIGTERM): it hands over");
    stage.since = Instant::now();
    one.terminate()?;
    stage
        .world
        .two_has
        .wait(VIP, true, Duration::from_secs(9))?;
    took(ctx, "d2 is master", stage.since);
    stage.requests(ctx, &[], "requests")?;
    println!("\nThat was the pair: docs and configuration samples are in README.md and etc/.");
    Ok(())
}

fn stop(ctx: &Ctx, server: Option<Server>, what: &str) -> Result<Option<Server>> {
    ctx.step(format!("{what}: its port refuses connections"));
    drop(server);
    Ok(None)
}

fn took(ctx: &Ctx, what: &str, since: Instant) {
    ctx.step(format!(
        "    {what} ({:.2} s)",
        since.elapsed().as_secs_f64()
    ));
}

fn table(ctx: &Ctx, world: &World) -> Result<()> {
    ctx.step("    ipvsadm -Ln on d1:");
    for line in world.one.exec("ipvsadm -Ln")?.lines() {
        println!("                | {line}");
    }
    Ok(())
}

impl Stage {
    fn serving(&mut self, ctx: &Ctx, who: &[Ipv4Addr], what: &str) -> Result<()> {
        wait_serving(&self.world.one, SERVICE, who, Duration::from_secs(20))?;
        took(ctx, what, self.since);
        table(ctx, &self.world)
    }

    /// Waits until each of `names` has answered (persistence keeps clients where they are, so it
    /// may be any: then for 25 answers), and says how requests fared since the last step.
    fn requests(&mut self, ctx: &Ctx, names: &[&str], what: &str) -> Result<()> {
        let from = Instant::now();
        for name in names {
            self.load.wait_answer(name, from, Duration::from_secs(9))?;
        }
        wait("25 answers", Duration::from_secs(9), || {
            self.load.servers(from).values().sum::<usize>() >= 25
        })?;
        let (all, failed) = self.load.failures(self.since);
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for reason in &failed {
            *reasons.entry(reason).or_insert(0) += 1;
        }
        let served = self.load.servers(self.since);
        ctx.step(format!(
            "    {what}: {all}, served {served:?}, failed {reasons:?}"
        ));
        self.since = Instant::now();
        Ok(())
    }
}
