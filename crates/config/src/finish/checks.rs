//! Checks with everything filled in: what they ask, where, and when.

use crate::code;
use crate::context::Context;
use crate::draft::{
    CheckerDraft, CheckerKind, FileDraft, MiscDraft, OriginDraft, RealServerDraft, ScriptDraft,
    TimingDraft, VirtualServerDraft,
};
use core::net::{IpAddr, SocketAddr};
use holdfast_model::{
    AddressFamily, BfdKey, Checker, Connect, DnsCheck, FileCheck, LvsModel, Manner, Micros,
    MiscCheck, Name, Origin, Probe, RealServerKey, Reply, Script, SmtpCheck, TalkCheck, Timing,
    UdpCheck,
};
use holdfast_syntax::Finding;
use std::collections::BTreeMap;

/// How SMTP_CHECK greets.
const HELO: &str = "smtpchecker.keepalived.org";
/// `max_reply_length`.
const LONGEST_REPLY: u16 = 255;

/// What MISC_CHECKs run: of which server, its how manieth check.
type ProgramDrafts = Vec<(RealServerKey, usize, ScriptDraft)>;

/// The checks of a real server, which the kernel knows under `key`.
pub(super) fn of(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    (server, key): (&RealServerDraft, &RealServerKey),
    programs: &mut ProgramDrafts,
) -> Vec<Checker> {
    let inherited = server.timing.or(draft.timing);
    let virtualhost = server.virtualhost.as_ref().or(draft.virtualhost.as_ref());
    let alpha = server.alpha.unwrap_or(draft.alpha);
    // A check asks the port that the file gives the server, whatever the kernel's row has.
    let port = if server.port == 0 {
        key.port
    } else {
        server.port
    };
    let mut list = Vec::with_capacity(server.checkers.len());
    for checker in &server.checkers {
        let mut timing = timing(checker.timing.or(inherited), &checker.kind);
        let further = checker.rise.unwrap_or(1) - 1;
        let probe = if let CheckerKind::Misc(misc) = &checker.kind {
            let otherwise = draft.timing.delay_loop;
            let otherwise = otherwise.unwrap_or(Timing::default().delay_loop);
            timing.connect_timeout = misc.timeout.unwrap_or(otherwise);
            programs.extend(program(misc).map(|script| (key.clone(), list.len(), script)));
            Probe::Misc(Box::new(MiscCheck {
                script: Script::default(),
                dynamic: misc.dynamic,
            }))
        } else if let CheckerKind::File(file) = &checker.kind {
            list.push(watching(file, further, timing));
            continue;
        } else if let CheckerKind::Bfd(session) = &checker.kind {
            Probe::Bfd(BfdKey(session.clone()))
        } else {
            let Some(connect) = connect(context, checker, (server.address, port)) else {
                continue;
            };
            probe(checker, connect, virtualhost)
        };
        list.push(Checker {
            probe,
            timing,
            manner: Manner {
                alpha: checker.alpha.unwrap_or(alpha),
                log_all: checker.log_all,
                further,
            },
        });
    }
    list
}

/// FILE_CHECK. It is never pending: what the file says is known from the start.
fn watching(check: &FileDraft, further: u32, timing: Timing) -> Checker {
    let weighing = check.weight;
    // nobody is asked: only what `rise` waits for has a time
    let every = timing.delay_loop;
    let mut timing = Timing::default();
    if further > 0 {
        timing.delay_loop = every;
    }
    Checker {
        probe: Probe::File(Box::new(FileCheck {
            file: check.file.clone(),
            weight: weighing.map_or(1, |weighing| weighing.weight),
            reverse: weighing.is_some_and(|weighing| weighing.reverse),
        })),
        timing,
        manner: Manner {
            further,
            ..Manner::default()
        },
    }
}

fn program(misc: &MiscDraft) -> Option<ScriptDraft> {
    let mut script = misc.script.clone()?;
    script.user = misc.user.as_ref().map(|(user, _)| user.clone());
    script.group = misc.user.as_ref().and_then(|(_, group)| group.clone());
    Some(script)
}

/// What MISC_CHECKs run, by server and place among its checks; none: it may not.
pub(crate) type Programs = BTreeMap<(RealServerKey, usize), Option<Script>>;

/// What is known when the whole file is. A check whose program has nobody to run as is left out.
pub(crate) fn whole_file(model: &mut LvsModel, log_all: bool, mut programs: Programs) {
    if programs.is_empty() && !log_all {
        return;
    }
    let servers = model.virtual_servers.iter_mut();
    for server in servers.flat_map(|server| &mut server.real_servers) {
        let mut at = 0..;
        let key = &server.key;
        server.checkers.retain_mut(|checker| {
            checker.manner.log_all |= log_all;
            let at = at.next().unwrap_or(usize::MAX);
            let Probe::Misc(check) = &mut checker.probe else {
                return true;
            };
            let script = programs.remove(&(key.clone(), at)).flatten();
            script.map(|script| check.script = script).is_some()
        });
    }
}

/// None when nobody could be asked this way.
fn connect(
    context: &mut Context<'_>,
    checker: &CheckerDraft,
    to: (IpAddr, u16),
) -> Option<Connect> {
    let target = SocketAddr::new(
        checker.address.unwrap_or(to.0),
        checker.port.unwrap_or(to.1),
    );
    let origin = &checker.origin;
    if let IpAddr::V6(address) = target.ip()
        && address.is_unicast_link_local()
        && origin.interface.is_none()
    {
        let message = format!(
            "{address} is an address of one link, and the check names none: it is left out"
        );
        let finding = Finding::error(code::FAMILY, checker.head, message);
        context.push(finding.help("add `bind_if` with the interface that the server is on"));
        return None;
    }
    Some(Connect::from(target, self::origin(context, origin, target)))
}

fn origin(context: &mut Context<'_>, draft: &OriginDraft, target: SocketAddr) -> Origin {
    let mut address = None;
    if let Some(given) = &draft.address {
        if AddressFamily::of(given.value) == AddressFamily::of(target.ip()) {
            address = Some(given.value);
        } else {
            let message =
                format!("`bindto` is of another address family than {target}: it is ignored");
            let finding = Finding::error(code::FAMILY, given.span, message);
            context.push(finding.help("name an address of the same family"));
        }
    }
    Origin {
        address,
        port: draft.port,
        interface: draft.interface.clone(),
        mark: draft.mark,
    }
}

fn probe(checker: &CheckerDraft, connect: Connect, inherited: Option<&Name>) -> Probe {
    match &checker.kind {
        CheckerKind::Tcp => Probe::Tcp(connect),
        CheckerKind::Talk(talk) => Probe::Talk(Box::new(TalkCheck {
            connect,
            send: talk.send.clone(),
            expect: talk.expect.clone(),
        })),
        CheckerKind::Http(http) => http.probe(connect, inherited),
        CheckerKind::Smtp { helo, .. } => Probe::Smtp(Box::new(SmtpCheck {
            connect,
            helo: helo.clone().unwrap_or_else(|| Name::from(HELO)),
        })),
        CheckerKind::Dns { name, record } => Probe::Dns(Box::new(DnsCheck {
            connect,
            name: name.clone().unwrap_or_else(|| Name::from("")),
            kind: *record,
        })),
        CheckerKind::Udp(udp) => Probe::Udp(Box::new(UdpCheck {
            connect,
            payload: udp.payload.clone(),
            reply: udp.reply.clone().map(|begins| Reply {
                begins,
                least: udp.least.unwrap_or(0),
                most: udp.most.unwrap_or(LONGEST_REPLY),
            }),
        })),
        CheckerKind::Ping => Probe::Ping(connect),
        // it connects nowhere
        CheckerKind::Misc(_) | CheckerKind::File(_) | CheckerKind::Bfd(_) => Probe::Tcp(connect),
    }
}

/// What nobody said: the checker type's own defaults.
fn timing(draft: TimingDraft, kind: &CheckerKind) -> Timing {
    let defaults = Timing::default();
    let delay_loop = draft.delay_loop.unwrap_or(defaults.delay_loop);
    let (before_retry, retry) = match kind {
        CheckerKind::Tcp
        | CheckerKind::Talk(_)
        | CheckerKind::Smtp { .. }
        | CheckerKind::Udp(_)
        | CheckerKind::Ping => (defaults.delay_before_retry, defaults.retry),
        CheckerKind::Http(_) => (Micros::from_secs(3), defaults.retry),
        CheckerKind::Dns { .. } => (delay_loop, 3),
        CheckerKind::Misc(_) | CheckerKind::File(_) | CheckerKind::Bfd(_) => {
            (defaults.delay_before_retry, 0)
        }
    };
    Timing {
        delay_loop,
        warmup: draft.warmup.unwrap_or(delay_loop),
        retry: draft.retry.unwrap_or(retry),
        delay_before_retry: draft.delay_before_retry.unwrap_or(before_retry),
        connect_timeout: draft.connect_timeout.unwrap_or(defaults.connect_timeout),
    }
}
