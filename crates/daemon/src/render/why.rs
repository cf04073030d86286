//! Why an instance is in its state, and what would bring it into another, in sentences.

use super::standing::fault_words;
use holdfast_model::event::FaultCause;
use holdfast_model::{Instance, Level, Mono, State, Track};
use holdfast_vrrp::{Account, Effect, Status};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

/// Both lists: why it is so, and what would change it.
pub(crate) fn why(
    config: &Instance,
    status: &Status,
    account: &Account,
    now: Mono,
) -> (Vec<String>, Vec<String>) {
    match status.state {
        State::Init => init(),
        State::Fault => fault(status, account, now),
        State::Backup => backup(config, status, account, now),
        State::Master => master(config, status, account),
    }
}

fn init() -> (Vec<String>, Vec<String>) {
    let because = "it has not begun: the daemon starts or stops, or waits for vrrp_startup_delay";
    let change = "as soon as it begins it listens as BACKUP, unless something is wrong";
    (vec![because.to_owned()], vec![change.to_owned()])
}

fn fault(status: &Status, account: &Account, now: Mono) -> (Vec<String>, Vec<String>) {
    let causes = status.faults.iter();
    let mut because: Vec<String> = causes.map(|cause| cause_words(*cause, account)).collect();
    if because.is_empty() {
        because.push("its sync group was in FAULT a moment ago".to_owned());
    }
    let mut change = vec![
        "when all of this is over it listens as BACKUP, and takes over if it hears nobody better"
            .to_owned(),
    ];
    if let Some(retry) = account.retry {
        change.push(format!("it tries again in {}", soon(retry, now)));
    }
    (because, change)
}

fn cause_words(cause: FaultCause, account: &Account) -> String {
    match cause {
        FaultCause::InterfaceMissing => match list(&account.missing) {
            names if names.is_empty() => fault_words(cause).to_owned(),
            names => format!("there is no interface {names}"),
        },
        FaultCause::InterfaceDown => match list(&account.down) {
            names if names.is_empty() => fault_words(cause).to_owned(),
            names => format!("interface {names} is down or has no carrier"),
        },
        FaultCause::Tracked => {
            let names = watched(account, |effect| effect == Effect::Fault);
            format!("{names}: that is a fault for it")
        }
        FaultCause::Unjudged => {
            let names = watched(account, |effect| effect == Effect::Unjudged);
            format!("{names}: that is a fault until somebody has looked")
        }
        FaultCause::Group | FaultCause::GroupUnjudged => {
            let faulty = account.others.iter().filter(|(_, _, faulty)| *faulty);
            let names: Vec<String> = faulty.map(|(key, _, _)| key.to_string()).collect();
            format!(
                "{}: {}",
                fault_words(cause),
                if names.is_empty() {
                    "whichever it was, it is over".to_owned()
                } else {
                    names.join(", ")
                }
            )
        }
        cause => fault_words(cause).to_owned(),
    }
}

fn backup(
    config: &Instance,
    status: &Status,
    account: &Account,
    now: Mono,
) -> (Vec<String>, Vec<String>) {
    let ours = status.priority;
    let mut change = Vec::new();
    let because = match status.master {
        None => "it has heard no master since it became BACKUP".to_owned(),
        Some((master, theirs)) if theirs > ours => {
            format!("the master {master} has the higher priority, {theirs} against {ours}")
        }
        Some((master, theirs)) if theirs == ours => format!(
            "the master {master} has the same priority, {theirs}: whoever is master stays master"
        ),
        Some((master, theirs)) if !account.preempts => format!(
            "nopreempt: it does not take over from {master}, whose priority is only {theirs}"
        ),
        Some((master, theirs)) => match account.preempts_from {
            Some(from) if from > now => format!(
                "preempt_delay: {master} has only priority {theirs}, and is followed for another {}",
                soon(from, now)
            ),
            _none_or_over => format!(
                "the master {master} has only priority {theirs}: it does not listen to it any more, and takes over soon"
            ),
        },
    };
    let mut because = vec![because];
    if account.waits_for_group {
        let back = account.others.iter();
        let back = back.filter(|(_, state, _)| *state != State::Master);
        let names: Vec<String> = back
            .map(|(key, state, _)| format!("{key} ({state})"))
            .collect();
        because.push(format!(
            "it would be MASTER, and waits for the others of its sync group: {}",
            names.join(", ")
        ));
    }
    let down = seconds(account.timing.down);
    match account.takes_over {
        Some(at) if status.master.is_none() => change.push(format!(
            "it becomes MASTER in {}, unless it hears one",
            soon(at, now)
        )),
        _ => change.push(format!(
            "it becomes MASTER when the master resigns, or is silent for {down} s"
        )),
    }
    if let Some((_, theirs)) = status.master
        && theirs >= ours
        && account.preempts
    {
        change.push(format!(
            "it takes over when its priority is above {theirs}{}",
            gains(account)
        ));
    }
    change.push(faults(config, account));
    (because, change)
}

fn master(config: &Instance, status: &Status, account: &Account) -> (Vec<String>, Vec<String>) {
    let ours = status.priority;
    let mut because = vec![format!("it hears nobody with a priority above its {ours}")];
    if config.priority.is_owner() {
        because = vec!["priority 255: it owns the addresses, and gives way to nobody".to_owned()];
    }
    if !status.serving {
        because.push("but its addresses are not in the kernel yet".to_owned());
    }
    let mut change = Vec::new();
    if !config.priority.is_owner() {
        change.push(format!(
            "it gives way to an advert with a priority above {ours}, or of {ours} from a higher address"
        ));
        let losses = losses(account);
        if !losses.is_empty() {
            change.push(losses);
        }
    }
    change.push(faults(config, account));
    (because, change)
}

/// What would take it into FAULT.
fn faults(config: &Instance, account: &Account) -> String {
    let mut causes = Vec::new();
    if !config.tracks.not_own_interface {
        causes.push(format!("interface {} goes down", config.interface.as_str()));
    }
    let zero = account
        .watched
        .iter()
        .filter(|(track, _, _)| track.weight == 0);
    for (track, _, _) in zero {
        let how = if track.reverse {
            "is as it should be (reverse)"
        } else {
            "fails"
        };
        causes.push(format!("{} {how}", track.key));
    }
    let others: Vec<String> = account
        .others
        .iter()
        .map(|(k, _, _)| k.to_string())
        .collect();
    if !others.is_empty() {
        causes.push(format!(
            "{} of its sync group is in FAULT",
            others.join(" or ")
        ));
    }
    if causes.is_empty() {
        causes.push("its interface is gone".to_owned());
    }
    format!("it goes into FAULT when {}", causes.join(", or "))
}

/// What it watches that could lower its priority.
fn losses(account: &Account) -> String {
    let mut words = Vec::new();
    for (track, _, effect) in &account.watched {
        match (effect, track.weight, track.key.kind) {
            (Effect::Weight(weight @ 1..), _, _) => {
                words.push(format!("{} takes its {weight} back", track.key));
            }
            (Effect::Nothing, weight @ ..=-1, _) => {
                words.push(format!("{} takes {} off", track.key, weight.unsigned_abs()));
            }
            _other => {}
        }
    }
    if words.is_empty() {
        return String::new();
    }
    format!("its priority falls when {}", words.join(", or "))
}

/// What it watches that could raise its priority.
fn gains(account: &Account) -> String {
    let mut words = Vec::new();
    for (track, _, effect) in &account.watched {
        match (effect, track.weight) {
            (Effect::Weight(weight @ ..=-1), _) => {
                words.push(format!(
                    "{} gives {} back",
                    track.key,
                    weight.unsigned_abs()
                ));
            }
            (Effect::Nothing, weight @ 1..) => words.push(format!("{} gives {weight}", track.key)),
            _other => {}
        }
    }
    if words.is_empty() {
        return String::new();
    }
    format!(": {}", words.join(", "))
}

/// What a watched thing does to the instance.
pub(crate) fn effect_words(effect: Effect) -> String {
    match effect {
        Effect::Nothing => "nothing to its priority".to_owned(),
        Effect::Fault => "a fault".to_owned(),
        Effect::Unjudged => "a fault until it is known".to_owned(),
        Effect::Weight(weight) => format!("{weight:+} to its priority"),
    }
}

/// How a watched thing is.
pub(crate) fn level_words(level: Level) -> String {
    match level {
        Level::Unknown => "not known yet".to_owned(),
        Level::Up => "up".to_owned(),
        Level::Down => "down".to_owned(),
        Level::Value(number) => number.to_string(),
    }
}

fn watched(account: &Account, wanted: impl Fn(Effect) -> bool) -> String {
    let all = account.watched.iter();
    let names = all.filter(|(_, _, effect)| wanted(*effect));
    let one = |(track, level, _): &(Track, Level, Effect)| {
        format!("{} is {}", track.key, level_words(*level))
    };
    names.map(one).collect::<Vec<_>>().join(", ")
}

fn list<T: Display>(names: &BTreeSet<T>) -> String {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn soon(at: Mono, now: Mono) -> String {
    format!("{} s", seconds(at.since(now)))
}

fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

#[cfg(test)]
mod tests;
