//! Checks of programs that everybody runs, one failing after the other: after each step
//! `ipvsadm -Sn` is row for row what keepalived makes of the same.

use super::beside::{beside, reached};
use super::world::{ONE, host};
use crate::director::Program;
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::time::Duration;

const SERVER: Ipv4Addr = Ipv4Addr::new(172, 168, 3, 3);
/// What MISC_CHECK runs, and what it exits with.
const SCRIPT: (&str, &str) = ("/run/misc-check", "/run/misc-code");

/// What FILE_CHECKs read.
const FILES: (&str, &str) = ("/run/file-check-drain", "/run/file-check-gate");

/// A step, and the rows `PORT:WEIGHT` that it leads to.
type Step = (&'static str, fn(&mut Servers) -> Result<()>, &'static str);

const STORY: [Step; 5] = [
    (
        "all serve, and nobody asks where the address is elsewhere",
        |_| Ok(()),
        "25:2 53:3 80:5 81:6 82:7 83:7 84:16 85:10 86:0 9:4",
    ),
    (
        "the mail server ends, the name server knows the name no more",
        |servers| {
            servers.mail = None;
            numbers("1", "1")?;
            servers.names(false)
        },
        "80:5 81:6 82:7 83:11 84:8 86:32778 9:4",
    ),
    (
        "both are back; datagrams are refused, ping is not answered, the program says 9",
        |servers| {
            servers.mail()?;
            servers.names(true)?;
            servers.datagrams = None;
            servers.host.ip("addr del 172.168.3.4/16 dev eth0")?;
            numbers("-1", "0")?;
            exit_with(11)
        },
        "25:2 53:3 80:0 81:9 82:7 83:9 84:12 85:10 86:0",
    ),
    (
        "the address comes, the name server ends, the program says no",
        |servers| {
            servers.director.address("172.168.2.21/32", "eth0")?;
            servers.names = None;
            numbers("-2000000", "-7")?;
            exit_with(1)
        },
        "25:2 80:0 83:0 84:4000010",
    ),
    (
        "all serve again",
        |servers| {
            servers.names(true)?;
            servers.datagrams()?;
            servers.host.address("172.168.3.4/16", "eth0")?;
            fs::remove_file(FILES.0).doing(format!("remove {}", FILES.0))?;
            fs::remove_file(FILES.1).doing(format!("remove {}", FILES.1))?;
            exit_with(0)
        },
        "25:2 53:3 80:5 81:6 83:10 84:10 85:10 86:10 9:4",
    ),
];

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    beside(ctx, STORY.map(|step| step.0), story)
}

/// The table after each step.
fn story(ctx: &mut Ctx, program: &Program) -> Result<Vec<Vec<String>>> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (server, _) = host(ctx, &switch, "rs", SERVER)?;
    server.address("172.168.3.4/16", "eth0")?;
    let mut servers = Servers::new(server, one.clone())?;
    let mut director = ctx.director(&one, program, &[])?;
    director.configure(ctx.file("cases/checkers.conf")?)?;
    director.start()?;
    let mut tables = Vec::new();
    for (what, act, wanted) in STORY {
        act(&mut servers)?;
        tables.push(reached(ctx, program, &one, (what, wanted)));
    }
    director.stop(Duration::from_secs(10))?;
    drop((director, servers));
    ctx.lab.clear();
    Ok(tables)
}

/// What is checked.
struct Servers {
    host: Host,
    director: Host,
    mail: Option<Running>,
    names: Option<Running>,
    datagrams: Option<UdpSocket>,
}

impl Servers {
    fn new(host: Host, director: Host) -> Result<Self> {
        let (script, code) = SCRIPT;
        let text = format!("#!/bin/sh\nexit $(cat {code})\n");
        fs::write(script, text).doing(format!("write {script}"))?;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(script, mode).doing(format!("make {script} a program"))?;
        exit_with(0)?;
        numbers("-3", "0")?;
        let mut servers = Self {
            host,
            director,
            mail: None,
            names: None,
            datagrams: None,
        };
        servers.mail()?;
        servers.names(true)?;
        servers.datagrams()?;
        Ok(servers)
    }

    fn mail(&mut self) -> Result<()> {
        let line = ["--interface=0.0.0.0", "--port=25", "--command=/bin/true"];
        self.mail = Some(Running::start(&self.host, "/usr/bin/msmtpd", &line)?);
        Ok(())
    }

    /// A name server that knows `good.lab`, or says that there is no such name.
    fn names(&mut self, known: bool) -> Result<()> {
        // the port is free when the one before is gone
        self.names = None;
        let mut line = vec!["-k", "-C", "/dev/null", "-R", "-h", "-u", "root", "-x", ""];
        line.push("--local=/lab/");
        if known {
            line.push("--address=/good.lab/10.0.0.1");
        }
        self.names = Some(Running::start(&self.host, "/usr/sbin/dnsmasq", &line)?);
        Ok(())
    }

    fn datagrams(&mut self) -> Result<()> {
        let bound = self.host.within(|| UdpSocket::bind("0.0.0.0:9"))?;
        self.datagrams = Some(bound.doing("bind port 9")?);
        Ok(())
    }
}

/// What the files of FILE_CHECK hold.
fn numbers(drain: &str, gate: &str) -> Result<()> {
    fs::write(FILES.0, drain).doing(format!("write {}", FILES.0))?;
    fs::write(FILES.1, gate).doing(format!("write {}", FILES.1))
}

fn exit_with(code: u8) -> Result<()> {
    fs::write(SCRIPT.1, code.to_string()).doing(format!("write {}", SCRIPT.1))
}

/// A program that ends with its owner.
struct Running(Child);

impl Running {
    fn start(host: &Host, program: &str, line: &[&str]) -> Result<Self> {
        let mut command = host.command(program);
        command.args(line);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(Stdio::null()).spawn();
        child.map(Self).doing(format!("start {program}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // it may have ended by itself
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}
