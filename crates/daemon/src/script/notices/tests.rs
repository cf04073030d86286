//! What is told of an instance, by its events.

use super::*;
use holdfast_config::compile;
use holdfast_model::{HostFacts, Name};
use holdfast_syntax::{Environment, Nothing, SourceMap, parse};

/// An instance V1 of priority 100 with all scripts, and what the file says besides.
fn model(global: &str, instance: &str) -> VrrpModel {
    let text = format!(
        "global_defs {{\n{global}\n}}\nvrrp_instance V1 {{\ninterface eth0\nvirtual_router_id 1\n\
         priority 100\nvirtual_ipaddress {{\n10.0.0.1\n}}\nnotify_master /m\nnotify_backup /b\n\
         notify_fault /f\nnotify_stop /s\nnotify /any\nnotify_master_rx_lower_pri /l\n{instance}\n}}\n"
    );
    let mut sources = SourceMap::single("f", text);
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    compile(&tree, read, &HostFacts::default()).model.vrrp
}

fn key() -> InstanceKey {
    InstanceKey(Name::from("V1"))
}

/// The line without its end, then each script with its arguments.
fn told(notice: &Notice) -> String {
    let mut text = notice.line.trim_end().to_owned();
    for (script, arguments) in &notice.scripts {
        text += &format!(" | {} {}", script.program(), arguments.join(" "));
    }
    text
}

fn hear(notifier: &mut Notifier, event: VrrpEvent) -> Option<String> {
    let instance = key();
    let notice = notifier.hear(&Event::Vrrp { instance, event });
    notice.first().map(told)
}

fn started(global: &str, instance: &str) -> Notifier {
    let mut notifier = Notifier::default();
    assert_eq!(notifier.configure(&model(global, instance)), []);
    let first = hear(&mut notifier, VrrpEvent::Started).expect("told");
    assert_eq!(
        first,
        "INSTANCE \"V1\" BACKUP 100 | /b  | /any INSTANCE V1 BACKUP 100"
    );
    notifier
}

fn master(notifier: &mut Notifier) {
    let entered = VrrpEvent::Entered(State::Master);
    assert_eq!(hear(notifier, entered), None, "not before the addresses");
    let notice = hear(notifier, VrrpEvent::AddressesSet).expect("told");
    assert!(notice.ends_with(" MASTER 100 | /m  | /any INSTANCE V1 MASTER 100"));
}

#[test]
fn scripts_follow_the_addresses() {
    let mut notifier = started("", "");
    master(&mut notifier);
    for (state, word) in [(State::Backup, "BACKUP"), (State::Fault, "FAULT")] {
        let mut notifier = started("", "");
        master(&mut notifier);
        assert_eq!(hear(&mut notifier, VrrpEvent::Entered(state)), None);
        let notice = hear(&mut notifier, VrrpEvent::AddressesRemoved).expect("told");
        assert!(notice.starts_with(&format!("INSTANCE \"V1\" {word} 100 | /")));
        // a late answer to an older question tells nothing twice
        assert_eq!(hear(&mut notifier, VrrpEvent::AddressesRemoved), None);
    }
}

#[test]
fn a_master_that_never_had_its_addresses_was_none() {
    let mut notifier = started("", "");
    hear(&mut notifier, VrrpEvent::Entered(State::Master));
    hear(&mut notifier, VrrpEvent::Entered(State::Backup));
    assert_eq!(hear(&mut notifier, VrrpEvent::AddressesRemoved), None);
    hear(&mut notifier, VrrpEvent::Entered(State::Master));
    hear(&mut notifier, VrrpEvent::Entered(State::Fault));
    let notice = hear(&mut notifier, VrrpEvent::AddressesRemoved).expect("told");
    assert!(notice.contains(" FAULT 100 | /f"), "{notice}");
}

#[test]
fn a_backup_is_in_fault_at_once() {
    let mut notifier = started("", "");
    let notice = hear(&mut notifier, VrrpEvent::Entered(State::Fault)).expect("told");
    assert!(notice.contains(" FAULT 100 | /f"), "{notice}");
}

#[test]
fn an_end_is_a_stop_a_deletion_or_a_fault() {
    let stopped = |global, instance, stop: bool| {
        let mut notifier = started(global, instance);
        if stop {
            notifier.stop();
        }
        hear(&mut notifier, VrrpEvent::Stopped).expect("told")
    };
    let (any, line) = ("/any INSTANCE V1", "INSTANCE \"V1\"");
    assert_eq!(
        stopped("", "notify_deleted", true),
        format!("{line} STOP 100 | /s  | {any} STOP 100")
    );
    assert_eq!(
        stopped("", "", false),
        format!("{line} FAULT 100 | /f  | {any} FAULT 100")
    );
    assert_eq!(
        stopped("", "notify_deleted", false),
        format!("{line} DELETED 100 | {any} DELETED 100")
    );
    assert_eq!(
        stopped("", "notify_deleted /d", false),
        format!("{line} DELETED 100 | /d  | {any} DELETED 100")
    );
}

#[test]
fn priorities_and_weaker_adverts() {
    let change = VrrpEvent::PriorityChanged { from: 100, to: 120 };
    let mut notifier = started("", "");
    assert_eq!(hear(&mut notifier, change.clone()), None, "not asked for");
    let mut notifier = started("vrrp_notify_priority_changes", "");
    let line = hear(&mut notifier, change.clone()).expect("told");
    assert_eq!(line, "INSTANCE \"V1\" BACKUP_PRIORITY 120");
    // what follows says the new one
    hear(&mut notifier, VrrpEvent::Entered(State::Master));
    let notice = hear(&mut notifier, VrrpEvent::AddressesSet).expect("told");
    assert!(notice.ends_with("/any INSTANCE V1 MASTER 120"));
    let line = hear(&mut notifier, change).expect("told");
    assert_eq!(line, "INSTANCE \"V1\" MASTER_PRIORITY 120");
    let weaker = VrrpEvent::LowerPriority {
        source: core::net::Ipv4Addr::LOCALHOST.into(),
        theirs: 1,
        ours: 120,
    };
    let notice = hear(&mut notifier, weaker).expect("told");
    assert_eq!(notice, "INSTANCE \"V1\" MASTER_RX_LOWER_PRI 120 | /l ");
    let mut own = started(
        "vrrp_notify_priority_changes",
        "notify_priority_changes off",
    );
    let change = VrrpEvent::PriorityChanged { from: 100, to: 1 };
    assert_eq!(hear(&mut own, change), None);
}

#[test]
fn a_reload_says_every_state_when_asked_to() {
    let global = "fifo_write_vrrp_states_on_reload";
    let mut notifier = started(global, "");
    let again = notifier.configure(&model(global, ""));
    let lines: Vec<String> = again.iter().map(told).collect();
    assert_eq!(lines, ["INSTANCE \"V1\" BACKUP 100"]);
    assert_eq!(notifier.configure(&model("", "")), []);
}

#[test]
fn a_letter_a_change_and_none_twice() {
    let mail = "smtp_alert_vrrp\nno_email_faults";
    let mut notifier = Notifier::default();
    notifier.configure(&model(mail, ""));
    let mut written = Vec::new();
    for event in [
        VrrpEvent::Started,
        VrrpEvent::Entered(State::Fault),
        VrrpEvent::Entered(State::Backup),
        VrrpEvent::Entered(State::Master),
        VrrpEvent::AddressesSet,
        VrrpEvent::Stopped,
    ] {
        let instance = key();
        let notices = notifier.hear(&Event::Vrrp { instance, event });
        let letters = notices.into_iter().filter_map(|notice| notice.letter);
        written.extend(letters.map(|letter| letter.subject));
    }
    let news = ["Entering BACKUP state", "Entering MASTER state"];
    let wanted = news.map(|news| format!("VRRP Instance V1 - {news}"));
    assert_eq!(written, wanted, "no fault, and BACKUP once");
}

/// A worker dies, and another goes on with what it was told of.
fn successor(notifier: &Notifier, instance: &str) -> Notifier {
    let told = notifier.told();
    let bytes = postcard::to_stdvec(&told).expect("written");
    let mut next = Notifier::default();
    assert_eq!(next.configure(&model("", instance)), []);
    next.resume(&postcard::from_bytes(&bytes).expect("read"));
    next
}

#[test]
fn a_successor_tells_what_was_not_told_and_nothing_twice() {
    let mut notifier = started("", "");
    master(&mut notifier);
    let mut next = successor(&notifier, "");
    // the addresses are asked for anew
    assert_eq!(hear(&mut next, VrrpEvent::AddressesSet), None);
    assert_eq!(hear(&mut next, VrrpEvent::Entered(State::Backup)), None);
    // this one dies before they are out
    let mut next = successor(&next, "");
    let notice = hear(&mut next, VrrpEvent::AddressesRemoved).expect("told");
    assert!(
        notice.starts_with("INSTANCE \"V1\" BACKUP 100 | /b"),
        "{notice}"
    );
    let mut next = successor(&next, "");
    assert_eq!(hear(&mut next, VrrpEvent::Started), None, "begun anew");
    let fault = VrrpEvent::Entered(State::Fault);
    assert!(hear(&mut next, fault.clone()).is_some());
    let mut next = successor(&next, "");
    assert_eq!(hear(&mut next, fault), None, "known");
    let notice = hear(&mut next, VrrpEvent::Entered(State::Backup)).expect("told");
    assert!(notice.contains("BACKUP"), "{notice}");
}

#[test]
fn a_successor_of_a_master_that_could_not_go_on_waits_for_nothing() {
    let mut notifier = started("", "");
    hear(&mut notifier, VrrpEvent::Entered(State::Master));
    let mut next = successor(&notifier, "");
    assert_eq!(hear(&mut next, VrrpEvent::Started), None);
    assert_eq!(
        hear(&mut next, VrrpEvent::AddressesSet),
        None,
        "a late answer"
    );
}
