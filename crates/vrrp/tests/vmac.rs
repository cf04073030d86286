//! `use_vmac`: adverts are exchanged on a link of our own, and come from the address of the
//! interface below it.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{
    AddressFamily, IfName, Instance, LinkForm, Reach, State, VirtualLink, VirtualLinks, virtual_mac,
};
use holdfast_packet::MacAddress;
use holdfast_vrrp::{Action, Ear, Input, Link};
use support::*;

const OWN_INDEX: u32 = 9;

fn vmac(from_base: bool) -> Instance {
    let mut config = config(100);
    let name = IfName::new("vrrp.51").unwrap();
    for vip in &mut config.addresses {
        vip.interface = name.clone();
    }
    config.links = VirtualLinks {
        own: Some(name.clone()),
        from_base,
        list: vec![VirtualLink {
            name,
            base: eth0(),
            form: LinkForm::Macvlan(virtual_mac(AddressFamily::V4, config.vrid)),
            family: AddressFamily::V4,
            speaks: !from_base,
            group: 0,
        }],
        ..VirtualLinks::default()
    };
    config
}

fn own(index: u32, mac: [u8; 6], up: bool) -> Link {
    Link {
        name: IfName::new("vrrp.51").unwrap(),
        index,
        up,
        mac: MacAddress(mac),
        mtu: 1500,
        source: None,
        link_local: None,
        addresses: std::collections::BTreeSet::new(),
        in_vrf: false,
    }
}

const MAC: [u8; 6] = [0, 0, 0x5e, 0, 1, 51];

/// Knows both links, and is started.
fn started(config: Instance, own: Link) -> (Rig, Vec<Action>) {
    let mut rig = Rig::new(vec![config]);
    let mut actions = rig.input(Input::Link(link(Some(OWN), true)));
    actions.extend(rig.input(Input::Link(own)));
    actions.extend(rig.input(Input::Start));
    (rig, actions)
}

fn watches(actions: &[Action]) -> Vec<(Ear, Option<String>)> {
    let watch = |action: &Action| match action {
        Action::Watch { ear, interface, .. } => {
            Some((*ear, interface.as_ref().map(ToString::to_string)))
        }
        _ => None,
    };
    actions.iter().filter_map(watch).collect()
}

fn sent(actions: &[Action]) -> Vec<(Ear, u32, IpAddr)> {
    let send = |action: &Action| match action {
        Action::Send {
            ear,
            link,
            outgoing,
            ..
        } => Some((*ear, *link, outgoing.source)),
        _ => None,
    };
    actions.iter().filter_map(send).collect()
}

// conforms: C04+ C05+
#[test]
fn adverts_leave_by_its_own_link_and_come_from_the_one_below() {
    for (from_base, index, name) in [(false, OWN_INDEX, "vrrp.51"), (true, 7, "eth0")] {
        let (mut rig, actions) = started(vmac(from_base), own(OWN_INDEX, MAC, true));
        let ear = Ear::Link(index, AddressFamily::V4);
        assert_eq!(watches(&actions), [(ear, Some(name.to_owned()))]);
        let actions = rig.advance(Duration::from_secs(5));
        assert_eq!(rig.state(), State::Master);
        let first = sent(&actions).first().copied();
        assert_eq!(first, Some((ear, index, IpAddr::V4(OWN))));
    }
}

// conforms: C05-
#[test]
fn without_the_link_or_with_another_of_its_name_it_does_not_serve() {
    let mut rig = Rig::new(vec![vmac(false)]);
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Start);
    assert_eq!(rig.state(), State::Fault);
    rig.input(Input::Link(own(OWN_INDEX, [2, 0, 0, 0, 0, 9], true)));
    assert_eq!(rig.state(), State::Fault, "not our hardware address");
    rig.input(Input::Link(own(OWN_INDEX, MAC, false)));
    assert_eq!(rig.state(), State::Fault, "down");
    rig.input(Input::Link(own(OWN_INDEX, MAC, true)));
    assert_eq!(rig.state(), State::Backup);
    rig.advance(Duration::from_secs(5));
    assert_eq!(rig.state(), State::Master);
    rig.input(Input::LinkGone(OWN_INDEX));
    assert_eq!(rig.state(), State::Fault);
}

#[test]
fn a_link_that_is_made_again_before_the_old_one_counts_as_gone_changes_the_socket_only() {
    let (mut rig, _) = started(vmac(false), own(OWN_INDEX, MAC, true));
    rig.advance(Duration::from_secs(5));
    assert_eq!(rig.state(), State::Master);
    let mut actions = rig.input(Input::Link(own(12, MAC, true)));
    actions.extend(rig.input(Input::LinkGone(OWN_INDEX)));
    assert_eq!(rig.state(), State::Master);
    let ear = Ear::Link(12, AddressFamily::V4);
    assert_eq!(watches(&actions), [(ear, Some("vrrp.51".to_owned()))]);
    let actions = rig.advance(Duration::from_secs(2));
    assert!(
        sent(&actions)
            .iter()
            .all(|(by, index, _)| (*by, *index) == (ear, 12))
    );
}

fn announced(actions: &[Action]) -> Vec<String> {
    let what = |action: &Action| match action {
        Action::Announce {
            addresses, count, ..
        } => Some((addresses.clone(), *count)),
        _ => None,
    };
    let rounds = actions.iter().filter_map(what);
    rounds
        .flat_map(|(addresses, count)| {
            let text = move |vip: &holdfast_model::VirtualAddress| {
                format!("{count} x {} on {}", vip.address, vip.interface)
            };
            addresses.iter().map(text).collect::<Vec<_>>()
        })
        .collect()
}

/// Master since this very moment, with addresses on two further links.
fn with_further(change: impl Fn(&mut Instance)) -> (Rig, Instance) {
    let name = |text: &str| IfName::new(text).unwrap();
    let link_of = |text: &str, index: u32| Link {
        name: name(text),
        ..own(index, MAC, true)
    };
    let secondary = |last: u8, link: &str| holdfast_model::VirtualAddress {
        interface: name(link),
        ..vip([10, 1, 0, last].into())
    };
    let mut config = vmac(false);
    config.garp.delay = Duration::ZERO;
    let further = VirtualLink {
        name: name("vrrp1.51"),
        base: name("eth1"),
        ..config.links.list[0].clone()
    };
    config.links.list.push(further);
    config.links.announced = Duration::from_secs(2);
    for (last, link) in [(1, "vrrp1.51"), (2, "vrrp1.51"), (3, "eth1")] {
        config.addresses.push(secondary(last, link));
    }
    change(&mut config);
    let mut rig = Rig::new(vec![config.clone()]);
    rig.input(Input::Link(link(Some(OWN), true)));
    for (text, index) in [("vrrp.51", OWN_INDEX), ("vrrp1.51", 10), ("eth1", 11)] {
        rig.input(Input::Link(link_of(text, index)));
    }
    rig.input(Input::Start);
    rig.advance(rig.down());
    assert_eq!(rig.state(), State::Master);
    (rig, config)
}

const FURTHER: [&str; 1] = ["1 x 10.1.0.1 on vrrp1.51"];

fn nothing() -> Vec<String> {
    Vec::new()
}

#[test]
fn further_links_are_announced_one_address_each() {
    for (all, wanted) in [
        (false, FURTHER.to_vec()),
        (
            true,
            vec!["1 x 10.1.0.1 on vrrp1.51", "1 x 10.1.0.3 on eth1"],
        ),
    ] {
        let (mut rig, _) = with_further(|config| config.links.announced_all = all);
        let actions = rig.advance(Duration::from_millis(1_999));
        assert_eq!(announced(&actions), nothing());
        let actions = rig.advance(Duration::from_millis(1));
        assert_eq!(announced(&actions), wanted);
        let actions = rig.advance(Duration::from_secs(4));
        assert_eq!(announced(&actions).len(), 2 * wanted.len());
    }
}

#[test]
fn further_links_have_rounds_of_their_own() {
    let (mut rig, _) = with_further(|config| {
        config.garp.delay = Duration::from_secs(5);
        config.links.announced = Duration::from_secs(60);
    });
    let second = announced(&rig.advance(Duration::from_secs(5)));
    assert_eq!(second.len(), 5, "all addresses: {second:?}");
    assert!(second.iter().all(|line| line.starts_with("5 x")));
    assert_eq!(announced(&rig.advance(Duration::from_secs(55))), FURTHER);
}

/// An interval that is as it was runs on, a new one begins with the reload.
#[test]
fn a_reload_moves_the_rounds_of_further_links_only_where_they_are_edited() {
    for (seconds, due) in [(2, 1), (3, 3)] {
        let (mut rig, mut config) = with_further(|_| ());
        rig.advance(Duration::from_secs(1));
        config.nopreempt = true;
        config.links.announced = Duration::from_secs(seconds);
        rig.input(Input::Reconfigure(&model(vec![config])));
        let early = rig.advance(Duration::from_millis(due * 1_000 - 1));
        assert_eq!(announced(&early), nothing(), "{seconds}");
        let round = rig.advance(Duration::from_millis(1));
        assert_eq!(announced(&round), FURTHER, "{seconds}");
    }
}

/// What is announced then might not be there.
#[test]
fn a_round_of_further_links_is_left_out_while_the_kernel_is_changed() {
    let (mut rig, config) = with_further(|_| ());
    rig.advance(Duration::from_millis(1_500));
    rig.applies = false;
    let (instance, address) = (&config.key, &config.addresses[0]);
    rig.input(Input::Lost { instance, address });
    let due = rig.advance(Duration::from_millis(900));
    assert_eq!(announced(&due), nothing());
    let epoch = rig.snapshot().want.0;
    rig.input(Input::Applied { instance, epoch });
    let next = rig.advance(Duration::from_secs(2));
    assert_eq!(announced(&next), FURTHER);
}

/// With an ipvlan interface, which has the hardware address of the interface below.
fn ipvlan(source: Option<IpAddr>) -> Instance {
    let mut config = vmac(false);
    for vip in &mut config.addresses {
        vip.interface = eth0();
    }
    config.links.list[0].form = LinkForm::Ipvlan {
        reach: Reach::Bridge,
        address: source.map(|address| (address, 24)),
    };
    config.wire.source = source;
    config
}

#[test]
fn adverts_of_an_ipvlan_interface_come_from_its_own_address() {
    let below = link(Some(OWN), true).mac.0;
    let source: IpAddr = [10, 0, 0, 51].into();
    let (mut rig, actions) = started(ipvlan(Some(source)), own(OWN_INDEX, below, true));
    let ear = Ear::Link(OWN_INDEX, AddressFamily::V4);
    assert_eq!(watches(&actions), [(ear, Some("vrrp.51".to_owned()))]);
    let actions = rig.advance(Duration::from_secs(5));
    assert_eq!(rig.state(), State::Master);
    assert_eq!(sent(&actions).first(), Some(&(ear, OWN_INDEX, source)));
    rig.input(Input::Link(own(OWN_INDEX, below, false)));
    assert_eq!(rig.state(), State::Fault, "down");
}

#[test]
fn without_an_address_in_the_file_an_ipvlan_interface_waits_for_one_of_its_own() {
    let below = link(Some(OWN), true).mac.0;
    let (mut rig, _) = started(ipvlan(None), own(OWN_INDEX, below, true));
    assert_eq!(rig.state(), State::Fault, "that of eth0 does not count");
    let given = Link {
        source: Some([10, 0, 0, 52].into()),
        ..own(OWN_INDEX, below, true)
    };
    rig.input(Input::Link(given));
    assert_eq!(rig.state(), State::Backup);
    let actions = rig.advance(Duration::from_secs(5));
    let source = sent(&actions).first().map(|(_, _, source)| *source);
    assert_eq!(source, Some([10, 0, 0, 52].into()));
}

#[test]
fn addresses_below_an_ipvlan_interface_are_not_further_ones() {
    let mut config = ipvlan(None);
    config.links.announced_all = true;
    assert!(config.further().is_empty());
}

/// Two that answer with one MAC address would confuse the switch.
#[test]
fn a_place_on_offer_is_given_up_as_soon_as_somebody_speaks() {
    let (mut rig, _) = started(vmac(true), own(OWN_INDEX, MAC, true));
    rig.advance(rig.down());
    assert_eq!(rig.state(), State::Master);
    rig.input(Input::Offer);
    rig.hears(PEER, 50);
    assert_eq!(rig.state(), State::Backup);
}
