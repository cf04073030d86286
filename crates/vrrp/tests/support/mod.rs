//! A router on a bench: virtual time, every action in a list.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part")]

pub mod forms;

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use holdfast_model::event::{Event, VrrpEvent};
use holdfast_model::{
    AddressFamily, Authentication, Centis, Garp, IfName, Instance, InstanceKey, Mono, Name, Notify,
    Priority, Scope, State, Tracks, VirtualAddress, VirtualLinks, Vrid, VrrpModel, Wire,
};
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{self, Ends, Form};
use holdfast_packet::{MacAddress, ipv4};
use holdfast_vrrp::{Action, Datagram, Ear, Input, InstanceState, Link, Router, Status};

pub const OWN: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
pub const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
pub const HIGH_PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 200);
pub const VIP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
pub const OTHER_VIP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 101);
pub const PASSWORD: [u8; 8] = *b"11112222";
pub const A: Duration = Duration::from_secs(1);

pub fn eth0() -> IfName {
    IfName::new("eth0").unwrap()
}

pub fn vip(address: Ipv4Addr) -> VirtualAddress {
    VirtualAddress {
        address: IpAddr::V4(address),
        prefix: 32,
        interface: eth0(),
        label: None,
        scope: Scope::Global,
        broadcast: None,
        options: holdfast_model::AddressOptions::default(),
    }
}

pub fn config(priority: u8) -> Instance {
    Instance {
        key: InstanceKey(Name::from("VI")),
        interface: eth0(),
        vrid: Vrid::new(51).unwrap(),
        priority: Priority::new(priority).unwrap(),
        wants_master: false,
        advert_interval: Centis::from_secs(1).unwrap(),
        authentication: Authentication::Password(PASSWORD),
        nopreempt: false,
        preempt_delay: Duration::ZERO,
        addresses: vec![vip(VIP), vip(OTHER_VIP)],
        garp: Garp::default(),
        serves_ipvs: false,
        notify: Notify::default(),
        links: VirtualLinks::default(),
        objects: holdfast_model::Objects::default(),
        wire: Wire::default(),
        tracks: Tracks::default(),
    }
}

pub fn model(instances: Vec<Instance>) -> VrrpModel {
    VrrpModel {
        instances,
        ..VrrpModel::default()
    }
}

pub fn link(source: Option<Ipv4Addr>, up: bool) -> Link {
    Link {
        name: eth0(),
        index: 7,
        up,
        mac: MacAddress([2, 0, 0, 0, 0, 5]),
        mtu: 1500,
        source,
        link_local: None,
        addresses: source.into_iter().map(IpAddr::V4).collect(),
        in_vrf: false,
    }
}

/// An advert as the peers of [`config`] send it.
#[derive(Debug, Clone)]
pub struct Advert {
    pub source: Ipv4Addr,
    pub version: u8,
    pub vrid: u8,
    pub priority: u8,
    /// Centiseconds.
    pub interval: u16,
    pub ttl: u8,
    pub form: Form,
    pub auth: AuthField,
    pub addresses: Vec<Ipv4Addr>,
}

pub fn advert(source: Ipv4Addr, priority: u8) -> Advert {
    Advert {
        source,
        version: 2,
        vrid: 51,
        priority,
        interval: 100,
        ttl: ipv4::TTL,
        form: Form::Message,
        auth: AuthField::password(PASSWORD),
        addresses: vec![VIP, OTHER_VIP],
    }
}

pub fn v3(priority: u8) -> Instance {
    let mut config = config(priority);
    config.wire.version = holdfast_model::Version::V3;
    config.authentication = Authentication::None;
    config
}

pub fn v3_advert(source: Ipv4Addr, priority: u8) -> Advert {
    Advert {
        version: 3,
        auth: AuthField::NONE,
        form: Form::Pseudo,
        ..advert(source, priority)
    }
}

impl Advert {
    pub fn bytes(&self) -> Vec<u8> {
        self.to(vrrp::GROUP)
    }

    pub fn to(&self, destination: Ipv4Addr) -> Vec<u8> {
        let addresses: Vec<IpAddr> = self.addresses.iter().copied().map(IpAddr::V4).collect();
        let emit = vrrp::Emit {
            version: self.version,
            vrid: self.vrid,
            priority: self.priority,
            interval: self.interval,
            auth: self.auth,
            addresses: &addresses,
        };
        let ends = Ends {
            source: IpAddr::V4(self.source),
            destination: IpAddr::V4(destination),
        };
        let message = vrrp::build(&emit, &ends, self.form).unwrap();
        ipv4::build(self.source, destination, 1, self.ttl, &message).unwrap()
    }
}

/// As the multicast socket of eth0 delivers it.
pub fn datagram(bytes: &[u8]) -> Datagram<'_> {
    Datagram {
        ear: Ear::Link(7, AddressFamily::V4),
        bytes,
        header: None,
    }
}

pub struct Rig {
    pub router: Router,
    pub now: Mono,
    /// Answers every `Want` in the same moment.
    pub applies: bool,
}

impl Rig {
    pub fn new(instances: Vec<Instance>) -> Self {
        let mut rig = Self {
            router: Router::new(&model(instances)),
            now: Mono::from_secs(1_000),
            applies: true,
        };
        rig.input(Input::Link(link(Some(OWN), true)));
        rig
    }

    /// Started, with one instance in that state.
    pub fn at(state: State, instance: Instance) -> Self {
        let mut rig = Self::new(vec![instance]);
        match state {
            State::Init => {}
            State::Backup => {
                rig.input(Input::Start);
            }
            State::Master => {
                rig.input(Input::Start);
                rig.advance(Duration::from_secs(4));
            }
            State::Fault => {
                rig.input(Input::Start);
                rig.input(Input::Link(link(Some(OWN), false)));
            }
        }
        assert_eq!(rig.state(), state);
        rig
    }

    pub fn input(&mut self, input: Input<'_>) -> Vec<Action> {
        self.router.handle(self.now, input);
        self.drain()
    }

    pub fn hear(&mut self, bytes: &[u8]) -> Vec<Action> {
        self.input(Input::Datagram(datagram(bytes)))
    }

    pub fn hears(&mut self, source: Ipv4Addr, priority: u8) -> Vec<Action> {
        self.hear(&advert(source, priority).bytes())
    }

    /// Ticks at every deadline until `time` has passed.
    pub fn advance(&mut self, time: Duration) -> Vec<Action> {
        let (end, mut actions) = (self.now + time, Vec::new());
        while let Some(deadline) = self.router.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(deadline);
            actions.extend(self.input(Input::Tick));
        }
        self.now = end;
        actions
    }

    /// Nothing runs for `time`; then one tick.
    pub fn sleep(&mut self, time: Duration) -> Vec<Action> {
        self.now = self.now + time;
        self.input(Input::Tick)
    }

    fn drain(&mut self) -> Vec<Action> {
        let mut actions = Vec::new();
        while let Some(action) = self.router.poll_action() {
            if let Action::Want {
                instance, epoch, ..
            } = &action
                && self.applies
            {
                let (instance, epoch) = (instance, *epoch);
                self.router
                    .handle(self.now, Input::Applied { instance, epoch });
            }
            actions.push(action);
        }
        actions
    }

    pub fn status(&self) -> Status {
        self.router.status().next().unwrap()
    }

    pub fn state(&self) -> State {
        self.status().state
    }

    pub fn snapshot(&self) -> InstanceState {
        self.router.snapshot().instances.remove(0)
    }

    /// How long until a backup takes over.
    pub fn down(&self) -> Duration {
        self.snapshot().down.unwrap().since(self.now)
    }

    /// How long until a master advertises.
    pub fn next_advert(&self) -> Duration {
        self.snapshot().adverts.unwrap().1.since(self.now)
    }
}

/// Actions in short words, to be compared with a list.
pub fn words(actions: &[Action]) -> Vec<String> {
    actions.iter().map(word).collect()
}

fn word(action: &Action) -> String {
    match action {
        Action::Send { outgoing, .. } => {
            // behind an IPv4 header, or alone
            let at = if outgoing.source.is_ipv4() { 22 } else { 2 };
            format!("send {}", outgoing.packet[at])
        }
        Action::Want { addresses, .. } => format!("want {}", addresses.len()),
        Action::Announce {
            addresses, count, ..
        } => format!("announce {}x{count}", addresses.len()),
        Action::Watch { ear, .. } => format!("watch {}", ear_word(ear)),
        Action::Unwatch { ear } => format!("unwatch {}", ear_word(ear)),
        Action::Report(Event::Vrrp { event, .. }) => vrrp_word(event),
        Action::Report(event) => format!("{event:?}"),
        Action::Stopped => "stopped".to_owned(),
    }
}

fn ear_word(ear: &Ear) -> String {
    match ear {
        Ear::Link(link, AddressFamily::V4) => link.to_string(),
        Ear::Link(link, AddressFamily::V6) => format!("{link} (IPv6)"),
        Ear::Peers(family) => format!("peers {family:?}"),
    }
}

/// keepalived's words where it has them, so the lists below read like its log.
fn vrrp_word(event: &VrrpEvent) -> String {
    match event {
        VrrpEvent::Started => "Entering BACKUP STATE (init)".to_owned(),
        VrrpEvent::Entered(state) => format!("Entering {state} STATE"),
        VrrpEvent::AdvertTimeout => "Receive advertisement timeout".to_owned(),
        VrrpEvent::SettingAddresses => "setting VIPs.".to_owned(),
        VrrpEvent::Setting(kind) => format!("setting {kind}"),
        VrrpEvent::Removing(kind) => format!("removing {kind}"),
        VrrpEvent::RemovingAddresses => "removing VIPs.".to_owned(),
        VrrpEvent::SentPriorityZero => "sent 0 priority".to_owned(),
        VrrpEvent::Announcing { address, .. } => format!("gratuitous ARPs for {address}"),
        VrrpEvent::FaultRaised(cause) => format!("raised {cause:?}"),
        VrrpEvent::FaultCleared(cause) => format!("cleared {cause:?}"),
        other => format!("{other:?}")
            .split([' ', '{'])
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// Only what goes out to the wire or the kernel.
pub fn deeds(actions: &[Action]) -> Vec<String> {
    let deed = |action: &&Action| !matches!(action, Action::Report(_));
    actions.iter().filter(deed).map(word).collect()
}

pub fn count(list: &[String], wanted: &str) -> usize {
    list.iter().filter(|word| *word == wanted).count()
}
