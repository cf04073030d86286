//! How things stand, in words: what is said to somebody who asks.

use super::check;
use super::words::fault;
use holdfast_health::{CheckView, ServiceView};
use holdfast_model::event::{CheckFailure, FaultCause, VrrpEvent};
use holdfast_model::{Event, Given, InstanceKey, Mono, Name, Order, RealServer};

/// Why an instance does not serve.
pub(crate) fn fault_words(cause: FaultCause) -> &'static str {
    match cause {
        FaultCause::NoSource => "the interface has no address to send adverts from",
        FaultCause::Tracked => "something that it watches with weight 0 is not as it should be",
        FaultCause::Unjudged => {
            "something that it watches with weight 0 has not been looked at yet"
        }
        FaultCause::Group => "another instance of its sync group is in FAULT",
        FaultCause::GroupUnjudged => {
            "another instance of its sync group watches something that has not been looked at yet"
        }
        FaultCause::NoPeers => "unicast without any peer (unicast_fault_no_peer)",
        cause => fault(cause, true),
    }
}

/// What happened to an instance, as the log has it but for the instance's name.
pub(crate) fn event_words(event: &VrrpEvent) -> Option<String> {
    match event {
        // in the log what they come from has a line
        VrrpEvent::FaultRaised(cause) => Some(format!("fault: {}", fault_words(*cause))),
        VrrpEvent::FaultCleared(cause) => {
            Some(format!("no fault any more: {}", fault_words(*cause)))
        }
        VrrpEvent::PriorityZero { source } => {
            Some(format!("the master {source} resigned (priority 0)"))
        }
        event => {
            let instance = InstanceKey(Name::from(""));
            let event = event.clone();
            let text = super::line(&Event::Vrrp { instance, event })?.text;
            Some(text.trim_start_matches("() ").to_owned())
        }
    }
}

/// Why a check failed, without the brackets of its log line.
pub(crate) fn failure_words(failure: &CheckFailure) -> String {
    let words = check::why(failure);
    let inside = words
        .trim()
        .strip_prefix('(')
        .and_then(|w| w.strip_suffix(')'));
    inside.unwrap_or(&words).to_owned()
}

/// What an operator wants.
pub(crate) fn order_words(order: Order) -> String {
    match order {
        Order::Drain => "drained".to_owned(),
        Order::Disable => "disabled".to_owned(),
        Order::Weight(weight) => format!("with weight {}", weight.get()),
    }
}

/// Why a real server is as it is.
pub(crate) fn server_why(
    service: &ServiceView<'_>,
    server: &RealServer,
    checks: &[CheckView<'_>],
    suspended: bool,
    now: Mono,
) -> String {
    let order = service.order(server);
    let mut words: Vec<String> = order.iter().map(|given| given_words(given, now)).collect();
    words.extend(if suspended {
        vec!["not checked, since the address of its virtual server is elsewhere".to_owned()]
    } else {
        verdicts(checks)
    });
    let weight = service.weight(server);
    let eased = service.eased_until(server).filter(|_| order.is_none());
    let disabled = order.is_some_and(|given| given.order == Order::Disable);
    if service.lives(server) && !disabled {
        match weight {
            None => words.push(
                "out of the table: without its quorum the virtual server has its sorry server"
                    .to_owned(),
            ),
            Some(weight) if service.sorry() => words.push(format!(
                "weight {weight} while the sorry server serves (inhibit_on_failure)",
                weight = weight.get()
            )),
            Some(weight) if let Some(end) = eased => words.push(format!(
                "slow_start: weight {} for now, the whole of it in {} s",
                weight.get(),
                end.since(now).as_secs() + 1
            )),
            Some(weight) if weight != server.weight && order.is_none() => words.push(format!(
                "its checks make weight {} of {}",
                weight.get(),
                server.weight.get()
            )),
            Some(_) => {}
        }
    } else if weight.is_some() {
        words.push("stays with weight 0 (inhibit_on_failure)".to_owned());
    }
    words.join("; ")
}

fn given_words(given: &Given, now: Mono) -> String {
    let words = order_words(given.order);
    let left = given.until.map(|until| until.since(now).as_secs());
    let left = left.map(|seconds| match seconds {
        0..=119 => format!(" for another {seconds} s"),
        120..=7199 => format!(" for another {} min", seconds / 60),
        more => format!(" for another {} h", more / 3600),
    });
    format!("{words} by an operator{}", left.unwrap_or_default())
}

fn verdicts(checks: &[CheckView<'_>]) -> Vec<String> {
    let failing: Vec<String> = checks.iter().filter_map(failing).collect();
    if !failing.is_empty() {
        return failing;
    }
    let untried = checks.iter().filter(|check| !check.tried).count();
    vec![match (checks.len(), untried) {
        (0, _) => "it has no check".to_owned(),
        (_, 0) if checks.len() == 1 => "its check passes".to_owned(),
        (all, 0) => format!("its {all} checks pass"),
        (all, untried) if all == untried => "not checked yet".to_owned(),
        (all, untried) => format!(
            "{} of its {all} checks pass, the others had no turn yet",
            all - untried
        ),
    }]
}

/// What is wrong with a check.
fn failing(check: &CheckView<'_>) -> Option<String> {
    let probe = &check.key.probe;
    let reason = check.failure.map(check::why).unwrap_or_default();
    if check.up {
        return (check.failures > 0)
            .then(|| format!("{probe} failed and is being retried{reason}"));
    }
    Some(if check.successes > 0 {
        let successes = check.successes;
        format!("{probe} succeeded {successes} times in a row, which is not enough yet (rise)")
    } else if check.tried {
        format!("{probe} fails{reason}")
    } else {
        format!("{probe} has not succeeded yet (alpha)")
    })
}
