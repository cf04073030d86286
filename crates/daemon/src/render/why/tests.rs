use super::*;
use holdfast_config::compile;
use holdfast_model::{HostFacts, IfName, InstanceKey, Name, TrackKey, TrackKind};
use holdfast_syntax::{Environment, Nothing, SourceMap, parse};
use holdfast_vrrp::Timing;

const NOW: Mono = Mono::from_secs(100);

fn config(more: &str) -> Instance {
    let text = format!(
        "vrrp_instance V1 {{\ninterface eth0\nvirtual_router_id 1\npriority 100\n{more}\n\
         virtual_ipaddress {{\n10.0.0.1\n}}\n}}\n"
    );
    let mut sources = SourceMap::single("f", text);
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    let mut model = compile(&tree, read, &HostFacts::default()).model.vrrp;
    model.instances.remove(0)
}

fn key(name: &str) -> InstanceKey {
    InstanceKey(Name::from(name))
}

fn status(state: State, master: Option<u8>) -> Status {
    Status {
        key: key("V1"),
        state,
        since: Mono::from_secs(90),
        priority: 100,
        master: master.map(|priority| ("10.0.0.9".parse().expect("address"), priority)),
        serving: state == State::Master,
        faults: Vec::new(),
    }
}

fn account() -> Account {
    Account {
        watched: Vec::new(),
        missing: BTreeSet::new(),
        down: BTreeSet::new(),
        others: Vec::new(),
        takes_over: None,
        preempts_from: None,
        waits_for_group: false,
        preempts: true,
        retry: None,
        timing: Timing::own(&config("")),
    }
}

fn track(name: &str, weight: i32, level: Level, effect: Effect) -> (Track, Level, Effect) {
    let key = TrackKey::new(TrackKind::Script, Name::from(name));
    let track = Track {
        key,
        weight,
        reverse: false,
    };
    (track, level, effect)
}

fn said(status: &Status, account: &Account) -> String {
    let (because, change) = why(&config(""), status, account, NOW);
    format!("{} | {}", because.join("; "), change.join("; "))
}

const FAULT: &str = "it goes into FAULT when interface eth0 goes down";

#[test]
fn a_backup_knows_why_it_waits() {
    let down = "it becomes MASTER when the master resigns, or is silent for 3.6 s";
    for (master, preempts, preempts_from, expected) in [
        (
            Some(150),
            true,
            None,
            format!(
                "the master 10.0.0.9 has the higher priority, 150 against 100 | {down}; \
                 it takes over when its priority is above 150; {FAULT}"
            ),
        ),
        (
            Some(100),
            true,
            None,
            format!(
                "the master 10.0.0.9 has the same priority, 100: whoever is master stays master \
                 | {down}; it takes over when its priority is above 100; {FAULT}"
            ),
        ),
        (
            Some(50),
            false,
            None,
            format!(
                "nopreempt: it does not take over from 10.0.0.9, whose priority is only 50 \
                 | {down}; {FAULT}"
            ),
        ),
        (
            Some(50),
            true,
            Some(Mono::from_secs(107)),
            format!(
                "preempt_delay: 10.0.0.9 has only priority 50, and is followed for another 7.0 s \
                 | {down}; {FAULT}"
            ),
        ),
        (
            Some(50),
            true,
            None,
            format!(
                "the master 10.0.0.9 has only priority 50: it does not listen to it any more, and \
                 takes over soon | {down}; {FAULT}"
            ),
        ),
        (
            None,
            true,
            None,
            format!(
                "it has heard no master since it became BACKUP | it becomes MASTER in 2.5 s, \
                 unless it hears one; {FAULT}"
            ),
        ),
    ] {
        let account = Account {
            preempts,
            preempts_from,
            takes_over: Some(Mono::from_millis(102_500)),
            ..account()
        };
        assert_eq!(said(&status(State::Backup, master), &account), expected);
    }
}

#[test]
fn what_it_watches_is_named() {
    let watching = Account {
        watched: vec![
            track("up", 20, Level::Up, Effect::Weight(20)),
            track("down", 30, Level::Down, Effect::Nothing),
            track("bad", -40, Level::Down, Effect::Weight(-40)),
            track("good", -50, Level::Up, Effect::Nothing),
            track("must", 0, Level::Up, Effect::Nothing),
        ],
        others: vec![(key("V2"), State::Backup, false)],
        waits_for_group: true,
        takes_over: Some(NOW),
        ..account()
    };
    let fault = "it goes into FAULT when interface eth0 goes down, or script must fails, or V2 of \
                 its sync group is in FAULT";
    assert_eq!(
        said(&status(State::Backup, Some(150)), &watching),
        format!(
            "the master 10.0.0.9 has the higher priority, 150 against 100; it would be MASTER, and \
             waits for the others of its sync group: V2 (BACKUP) | it becomes MASTER when the \
             master resigns, or is silent for 3.6 s; it takes over when its priority is above 150: \
             script down gives 30, script bad gives 40 back; {fault}"
        )
    );
    assert_eq!(
        said(&status(State::Master, None), &watching),
        format!(
            "it hears nobody with a priority above its 100 | it gives way to an advert with a \
             priority above 100, or of 100 from a higher address; its priority falls when script \
             up takes its 20 back, or script good takes 50 off; {fault}"
        )
    );
}

#[test]
fn every_fault_names_its_culprit() {
    let broken = Account {
        watched: vec![track("must", 0, Level::Down, Effect::Fault)],
        missing: BTreeSet::from([IfName::new("eth7").expect("name")]),
        down: BTreeSet::from([IfName::new("eth0").expect("name")]),
        others: vec![(key("V2"), State::Fault, true)],
        retry: Some(Mono::from_secs(103)),
        ..account()
    };
    for (cause, expected) in [
        (FaultCause::InterfaceMissing, "there is no interface eth7"),
        (
            FaultCause::InterfaceDown,
            "interface eth0 is down or has no carrier",
        ),
        (
            FaultCause::Tracked,
            "script must is down: that is a fault for it",
        ),
        (
            FaultCause::Group,
            "another instance of its sync group is in FAULT: V2",
        ),
        (
            FaultCause::GroupUnjudged,
            "another instance of its sync group watches something that has not been looked at yet: V2",
        ),
        (
            FaultCause::NoSource,
            "the interface has no address to send adverts from",
        ),
    ] {
        let status = Status {
            faults: vec![cause],
            ..status(State::Fault, None)
        };
        let (because, change) = why(&config(""), &status, &broken, NOW);
        assert_eq!(because, [expected]);
        assert_eq!(
            change.last().map(String::as_str),
            Some("it tries again in 3.0 s")
        );
    }
}
