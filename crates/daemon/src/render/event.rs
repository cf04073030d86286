//! Events as log lines. The words are keepalived's wherever it has a line, since alerts grep them.

use super::check;
use super::words::{announcements, fault, intervals, reject, track};
use holdfast_model::event::{RealServerEvent, ScriptEvent, ServiceEvent, VrrpEvent};
use holdfast_model::{Event, IfName, InstanceKey, Name, RealServerKey, State, VirtualServerKey};
use holdfast_packet::MacAddress;
use holdfast_supervise::Level;

/// One log line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How loud.
    pub level: Level,
    /// Only with `-D`.
    pub detail: bool,
    /// The words.
    pub text: String,
}

pub(super) fn info(text: String) -> Option<Line> {
    Some(Line {
        level: Level::Info,
        detail: false,
        text,
    })
}

pub(super) fn detail(text: String) -> Option<Line> {
    Some(Line {
        level: Level::Info,
        detail: true,
        text,
    })
}

fn warning(text: String) -> Option<Line> {
    Some(Line {
        level: Level::Warning,
        detail: false,
        text,
    })
}

/// True for events that come by the thousand and have a line only with `-D`: not worth words that
/// are thrown away.
pub(super) fn only_in_detail(event: &Event) -> bool {
    matches!(
        event,
        Event::RealServer {
            event: RealServerEvent::CheckActivated { .. },
            ..
        }
    )
}

/// The line of an event; `None` for what nobody reads.
pub fn line(event: &Event) -> Option<Line> {
    match event {
        Event::Vrrp { instance, event } => vrrp(instance, event),
        Event::Group { group, state } => info(format!(
            "VRRP_Group({group}) Syncing instances to {state} state"
        )),
        Event::Script { name, event } => script(name, *event),
        Event::Service {
            virtual_server,
            event,
        } => service(virtual_server, event),
        Event::RealServer { real_server, event } => real_server_line(real_server, event),
        Event::UnknownVrid {
            interface,
            source,
            vrid,
        } => {
            let interface = interface.as_ref().map_or("unicast", IfName::as_str);
            info(format!(
                "Unknown VRID({vrid}) received on interface({interface}) from {source}. ignoring..."
            ))
        }
        Event::PacketDropped {
            interface,
            source,
            reason,
        } => {
            let reason = reject(*reason);
            let interface = interface.as_ref().map_or("unicast", IfName::as_str);
            detail(format!(
                "bogus VRRP packet received on {interface} from {source}: {reason}"
            ))
        }
        Event::IpvsFailed { service, errno } => {
            let error = std::io::Error::from_raw_os_error(*errno);
            warning(format!("IPVS: cannot set up {service}: {error}"))
        }
        Event::Bfd(event) => super::bfd::line(event),
        Event::Held { left } => {
            let seconds = left.as_secs_f64();
            info(format!("Delaying startup for {seconds} seconds"))
        }
        Event::Ipvs { present: true } => detail("Initializing ipvs".to_owned()),
        Event::Ipvs { present: false } => Some(Line {
            level: Level::Error,
            detail: false,
            text: "IPVS: Can't initialize ipvs: this kernel has no IPVS and the module ip_vs \
                   cannot be loaded; no virtual server works"
                .to_owned(),
        }),
    }
}

fn vrrp(instance: &InstanceKey, event: &VrrpEvent) -> Option<Line> {
    let say = |text: String| info(format!("({instance}) {text}"));
    match event {
        VrrpEvent::Started => say("Entering BACKUP STATE (init)".to_owned()),
        VrrpEvent::Entered(State::Init)
        | VrrpEvent::AddressesSet
        | VrrpEvent::AddressesRemoved
        | VrrpEvent::Stopped => None,
        VrrpEvent::Entered(state) => say(format!("Entering {state} STATE")),
        VrrpEvent::AdvertTimeout => say("Receive advertisement timeout".to_owned()),
        VrrpEvent::SettingAddresses => detail(format!("({instance}) setting VIPs.")),
        VrrpEvent::Setting(kind) => detail(format!("({instance}) setting {kind}")),
        VrrpEvent::Removing(kind) => detail(format!("({instance}) removing {kind}")),
        VrrpEvent::RemovingAddresses => detail(format!("({instance}) removing VIPs.")),
        VrrpEvent::Announcing { interface, address } => {
            let what = announcements(*address);
            detail(format!(
                "({instance}) Sending/queueing {what} on {interface} for {address}"
            ))
        }
        VrrpEvent::HigherPriority {
            source,
            theirs,
            ours,
        } => say(format!(
            "Master received advert from {source} with higher priority {theirs}, ours {ours}"
        )),
        VrrpEvent::HigherAddress { source, priority } => say(format!(
            "Master received advert from {source} with same priority {priority} but higher IP \
             address than ours"
        )),
        VrrpEvent::LowerPriority {
            source,
            theirs,
            ours,
        } => say(format!(
            "Received advert from {source} with lower priority {theirs}, ours {ours}, forcing new \
             election"
        )),
        VrrpEvent::PriorityZero { .. } => {
            say("Backup received priority 0 advertisement".to_owned())
        }
        VrrpEvent::SentPriorityZero => say("sent 0 priority".to_owned()),
        VrrpEvent::IntervalDiffers { theirs, ours } => say(intervals(*theirs, *ours)),
        VrrpEvent::Rejected {
            interface,
            source,
            reason,
        } => warning(format!(
            "({instance}) bogus VRRP packet received on {interface} from {source}: {}",
            reject(*reason)
        )),
        VrrpEvent::ClockApart { source, seconds } => warning(format!(
            "({instance}) the clock of {source} is {seconds} seconds from ours: at the time_window of auth_hmac its adverts are dropped"
        )),
        VrrpEvent::AddressMismatch { source } => warning(format!(
            "({instance}) advert from {source} has other VIPs than this configuration: accepted"
        )),
        VrrpEvent::AddressLost { .. }
        | VrrpEvent::AddressClaimed { .. }
        | VrrpEvent::TwoMasters { .. }
        | VrrpEvent::VipContested { .. }
        | VrrpEvent::RanLate { .. } => beside(instance, event).map(warning)?,
        // what they come from has a line of its own
        VrrpEvent::FaultRaised(cause) | VrrpEvent::FaultCleared(cause)
            if fault(*cause, true).is_empty() =>
        {
            None
        }
        VrrpEvent::TrackFailed(key) => warning(format!("({instance}) {}", track(key, true))),
        VrrpEvent::TrackRecovered(key) => say(track(key, false)),
        VrrpEvent::FaultRaised(cause) => warning(format!("({instance}) {}", fault(*cause, true))),
        VrrpEvent::FaultCleared(cause) => say(fault(*cause, false).to_owned()),
        VrrpEvent::Discarding { source, theirs } => detail(format!(
            "({instance}) received lower priority ({theirs}) advert from {source} - discarding"
        )),
        VrrpEvent::PreemptDelay => say("start preempt delay".to_owned()),
        VrrpEvent::PriorityChanged { from, to } => {
            say(format!("Changing effective priority from {from} to {to}"))
        }
    }
}

/// What others do to a master, or did while it stood still.
fn beside(instance: &InstanceKey, event: &VrrpEvent) -> Option<String> {
    Some(match event {
        VrrpEvent::AddressLost { address, interface } => {
            format!("({instance}) ip address {address} dev {interface}, no longer exist")
        }
        VrrpEvent::AddressClaimed {
            address,
            interface,
            hardware,
        } => format!(
            "({instance}) {address} is claimed by {} on {interface} as well: another master that our adverts \
             do not reach, a host with the same address, or a real server that answers ARP for it (arp_ignore)",
            MacAddress(*hardware)
        ),
        VrrpEvent::VipContested { within, pause } => format!(
            "({instance}) somebody removed its addresses more than 5 times within {} seconds: they are put \
             back in {} s",
            within.as_secs(),
            pause.as_secs()
        ),
        VrrpEvent::TwoMasters {
            source,
            theirs,
            ours,
            lasts,
        } => format!(
            "({instance}) two masters: {source} goes on as master for {:.1} seconds with priority {theirs}, ours \
             {ours}: our adverts do not reach it or are not accepted there; compare firewalls (protocol 112), \
             multicast on the switch, authentication, version and advert_int",
            lasts.as_secs_f64()
        ),
        VrrpEvent::RanLate { silent } => format!(
            "({instance}) ran late: no advert for {:.3} seconds: another may serve by now",
            silent.as_secs_f64()
        ),
        _ => return None,
    })
}

fn script(name: &Name, event: ScriptEvent) -> Option<Line> {
    let status = |status: Option<i32>| match status {
        Some(status) => format!("exited with status {status}"),
        None => "could not be run, or was killed".to_owned(),
    };
    match event {
        ScriptEvent::Succeeded => info(format!("VRRP_Script({name}) succeeded")),
        ScriptEvent::Failed(code) => info(format!("VRRP_Script({name}) failed ({})", status(code))),
        ScriptEvent::TimedOut => info(format!("VRRP_Script({name}) timed_out")),
        ScriptEvent::Returning(code) => info(format!("Script `{name}` now returning {code}")),
        ScriptEvent::Skipped => detail(format!(
            "Track script {name} is already running, expect idle - skipping run"
        )),
    }
}

fn service(key: &VirtualServerKey, event: &ServiceEvent) -> Option<Line> {
    match event {
        ServiceEvent::QuorumGained {
            quorum,
            hysteresis,
            weight,
        } => {
            let need = u64::from(*quorum) + u64::from(*hysteresis);
            info(format!(
                "Gained quorum {quorum}+{hysteresis}={need} <= {weight} for VS {key}"
            ))
        }
        ServiceEvent::QuorumLost {
            quorum,
            hysteresis,
            weight,
        } => {
            let need = i64::from(*quorum) - i64::from(*hysteresis);
            info(format!(
                "Lost quorum {quorum}-{hysteresis}={need} > {weight} for VS {key}"
            ))
        }
        ServiceEvent::SorryServerAdded { address, port } => {
            let sorry = sorry(key, *address, *port);
            info(format!("Adding sorry server {sorry} to VS {key}"))
        }
        ServiceEvent::SorryServerRemoved { address, port } => {
            let sorry = sorry(key, *address, *port);
            info(format!("Removing sorry server {sorry} from VS {key}"))
        }
        ServiceEvent::AliveRemoved => {
            info(format!("Removing alive servers from the pool for VS {key}"))
        }
        ServiceEvent::AliveReturned => {
            info(format!("Adding alive servers to the pool for VS {key}"))
        }
        ServiceEvent::Added => None,
        ServiceEvent::Removed => info(format!("Removing Virtual Server {key}")),
    }
}

fn sorry(key: &VirtualServerKey, address: core::net::IpAddr, port: u16) -> RealServerKey {
    RealServerKey {
        virtual_server: key.clone(),
        address,
        port,
    }
}

fn real_server_line(key: &RealServerKey, event: &RealServerEvent) -> Option<Line> {
    let vs = &key.virtual_server;
    match event {
        RealServerEvent::CheckActivated { .. } => detail(format!(
            "Activating healthchecker for service {key} for VS {vs}"
        )),
        RealServerEvent::CheckSuspended { .. } => detail(format!(
            "Deactivating healthchecker for service {key} for VS {vs}"
        )),
        RealServerEvent::CheckSucceeded { probe } => info(check::succeeded(key, probe)),
        RealServerEvent::CheckFailed {
            probe,
            reason,
            retries,
        } => info(check::failed(key, probe, reason, *retries)),
        RealServerEvent::CheckForgiven { probe, reason } => {
            info(check::forgiven(key, probe, reason))
        }
        RealServerEvent::CheckNotYetUp { probe, reason } => {
            info(check::failed(key, probe, reason, 0))
        }
        RealServerEvent::Added => info(format!("Adding service {key} to VS {vs}")),
        RealServerEvent::Removed => info(format!("Removing service {key} from VS {vs}")),
        RealServerEvent::Unconfigured => info(format!("service {key} no longer exist")),
        RealServerEvent::ShutDown => info(format!("Shutting down service {key} from VS {vs}")),
        RealServerEvent::InhibitedRemoved => {
            info(format!("Removing (inhibited) service {key} from VS {vs}"))
        }
        RealServerEvent::Enabled => info(format!("Enabling service {key} of VS {vs}")),
        RealServerEvent::Disabled => info(format!("Disabling service {key} of VS {vs}")),
        RealServerEvent::Ordered(order) => {
            let order = super::order_words(*order);
            info(format!(
                "An operator wants service {key} of VS {vs} {order}"
            ))
        }
        RealServerEvent::OrderOver => info(format!(
            "No operator's order for service {key} of VS {vs} any more"
        )),
        RealServerEvent::WeightChanged { from, to, alive } => {
            let state = if *alive { "active" } else { "inactive" };
            info(format!(
                "Changing weight from {from} to {to} for {state} service {key} of VS {vs}"
            ))
        }
    }
}
