//! What the options said so far.

use super::LONGEST;
use super::number::{aton, decimal, decimal_u32, leading};
use super::place::{EXPECTED, Place, place};
use crate::command::Format;
use crate::error::UsageError;
use crate::names::{Names, SCTP, TCP, UDP, cut};
use crate::options::Opt;
use Opt as O;
use core::net::IpAddr;
use holdfast_ipvs::{Family, ForwardMethod, Netmask, SyncDaemon, SyncRole, flag, tunnel};

/// Persistence without a time.
const DEFAULT_PERSISTENCE: u32 = 360;
/// Longest name of a scheduler or an interface.
pub(super) const NAME: usize = 15;
const SCHEDULER_FLAGS: u32 = flag::SCHEDULER_1 | flag::SCHEDULER_2 | flag::SCHEDULER_3;

/// Everything that options can say, with what ipvsadm starts from.
#[derive(Debug)]
pub(super) struct Draft {
    /// The kinds that were given.
    pub(super) given: Vec<Opt>,
    pub(super) protocol: u16,
    pub(super) family: Option<Family>,
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
    pub(super) mark: u32,
    pub(super) scheduler: String,
    pub(super) flags: u32,
    scheduler_flags: String,
    pub(super) timeout: u32,
    pub(super) netmask: Netmask,
    pub(super) engine: Option<String>,
    pub(super) server: Option<(IpAddr, u16)>,
    pub(super) forward: ForwardMethod,
    pub(super) weight: u32,
    pub(super) upper: u32,
    pub(super) lower: u32,
    pub(super) tunnel_type: u8,
    pub(super) tunnel_port: u16,
    pub(super) tunnel_flags: u16,
    pub(super) daemon: SyncDaemon,
    pub(super) format: Format,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            given: Vec::new(),
            protocol: 0,
            family: None,
            address: None,
            port: 0,
            mark: 0,
            scheduler: String::new(),
            flags: 0,
            scheduler_flags: String::new(),
            timeout: 0,
            netmask: Netmask::host(Family::Inet),
            engine: None,
            server: None,
            forward: ForwardMethod::Route,
            weight: 1,
            upper: 0,
            lower: 0,
            tunnel_type: tunnel::IPIP,
            tunnel_port: 0,
            tunnel_flags: tunnel::FLAG_NO_CHECKSUM,
            daemon: SyncDaemon::new(SyncRole::Master, "", 0),
            format: Format::default(),
        }
    }
}

/// A time of at least `least` seconds.
pub(super) fn seconds(option: Opt, text: &str, least: u32) -> Result<u32, UsageError> {
    let expected = "seconds, at most 2678400 (31 days)";
    decimal_u32(text, least..=LONGEST).ok_or_else(|| UsageError::value(option, text, expected))
}

impl Draft {
    /// Takes one option.
    pub(super) fn set(
        &mut self,
        option: Opt,
        value: Option<&str>,
        names: &dyn Names,
    ) -> Result<(), UsageError> {
        if let Some(kind) = option.kind() {
            if self.given.contains(&kind) {
                return Err(UsageError::Twice(kind.label()));
            }
            self.given.push(kind);
        }
        let text = value.unwrap_or_default();
        match option {
            O::TcpService | O::UdpService | O::SctpService => self.service(option, text, names),
            O::FwmarkService => self.fwmark(text),
            O::Ipv6 => self.ipv6(),
            O::Netmask => self.netmask(text, names),
            O::RealServer => self.real_server(text, names),
            O::TunType => self.tunnel_type(text),
            O::Persistent => self.persistent(value),
            O::Weight => number(option, text).map(|weight| self.weight = weight),
            O::Uthreshold => number(option, text).map(|upper| self.upper = upper),
            O::Lthreshold => number(option, text).map(|lower| self.lower = lower),
            O::TunPort => port(option, text).map(|port| self.tunnel_port = port),
            O::SyncId
            | O::SyncMaxlen
            | O::McastInterface
            | O::McastGroup
            | O::McastPort
            | O::McastTtl => super::sync::set(&mut self.daemon, option, text),
            plain => {
                self.plain(plain, text);
                Ok(())
            }
        }
    }

    /// Options that cannot be wrong.
    fn plain(&mut self, option: Opt, text: &str) {
        match option {
            O::Scheduler => {
                self.scheduler = text.to_owned();
                cut(&mut self.scheduler, NAME);
            }
            O::SchedFlags => self.scheduler_flags = text.to_owned(),
            O::Engine => self.engine = Some(text.to_owned()).filter(|name| !name.is_empty()),
            O::Ops => self.flags |= flag::ONE_PACKET,
            O::Ipip => self.forward = ForwardMethod::Tunnel,
            O::Gatewaying => self.forward = ForwardMethod::Route,
            O::Masquerading => self.forward = ForwardMethod::Masquerade,
            O::TunCsum => self.tunnel_flags |= tunnel::FLAG_CHECKSUM,
            O::TunRemcsum => self.tunnel_flags |= tunnel::FLAG_REMOTE_CHECKSUM,
            O::Numeric => self.format.numeric = true,
            O::Stats => self.format.stats = true,
            O::Rate => self.format.rate = true,
            O::Thresholds => self.format.thresholds = true,
            O::PersistentConn => self.format.persistent = true,
            O::TunInfo => self.format.tunnel = true,
            O::Exact => self.format.exact = true,
            O::NoSort => self.format.unsorted = true,
            // said by having been given, or by saying nothing
            _said => {}
        }
    }

    fn service(&mut self, option: Opt, text: &str, names: &dyn Names) -> Result<(), UsageError> {
        self.protocol = match option {
            O::UdpService => UDP,
            O::SctpService => SCTP,
            _tcp => TCP,
        };
        let Place { address, port } = place(text, self.protocol, names)
            .ok_or_else(|| UsageError::value(option, text, EXPECTED))?;
        self.address = Some(address);
        self.port = port.unwrap_or(self.port);
        self.family = Some(Family::of(address));
        if address.is_ipv6() {
            self.netmask = Netmask::host(Family::Inet6);
        }
        Ok(())
    }

    fn fwmark(&mut self, text: &str) -> Result<(), UsageError> {
        self.family = Some(Family::Inet);
        self.protocol = TCP;
        self.mark = decimal_u32(text, 1..=u32::MAX).ok_or_else(|| {
            UsageError::value(O::FwmarkService, text, "a mark from 1 to 4294967295")
        })?;
        Ok(())
    }

    fn ipv6(&mut self) -> Result<(), UsageError> {
        if self.mark == 0 {
            return Err(UsageError::Rule(
                "-6 follows -f MARK: it says that the mark is of IPv6 packets",
            ));
        }
        self.family = Some(Family::Inet6);
        self.netmask = Netmask::host(Family::Inet6);
        Ok(())
    }

    fn netmask(&mut self, text: &str, names: &dyn Names) -> Result<(), UsageError> {
        if self.family == Some(Family::Inet6) {
            let prefix = leading(text).filter(|prefix| (1..=128).contains(prefix));
            let prefix = prefix.ok_or_else(|| {
                UsageError::value(O::Netmask, text, "a prefix length from 1 to 128 for IPv6")
            })?;
            self.netmask = Netmask::from_prefix(Family::Inet6, prefix);
            return Ok(());
        }
        let mask = aton(text).or_else(|| names.address(text));
        let mask = mask.ok_or_else(|| {
            let expected = "a mask such as 255.255.255.0 for IPv4";
            UsageError::value(O::Netmask, text, expected)
        })?;
        self.netmask = Netmask(mask.octets());
        Ok(())
    }

    fn real_server(&mut self, text: &str, names: &dyn Names) -> Result<(), UsageError> {
        let Place { address, port } = place(text, self.protocol, names)
            .ok_or_else(|| UsageError::value(O::RealServer, text, EXPECTED))?;
        self.server = Some((address, port.unwrap_or(self.port)));
        Ok(())
    }

    fn tunnel_type(&mut self, text: &str) -> Result<(), UsageError> {
        self.tunnel_type = match text {
            "ipip" => tunnel::IPIP,
            "gue" => tunnel::GUE,
            "gre" => tunnel::GRE,
            _ => return Err(UsageError::value(O::TunType, text, "ipip, gue or gre")),
        };
        Ok(())
    }

    fn persistent(&mut self, value: Option<&str>) -> Result<(), UsageError> {
        self.flags |= flag::PERSISTENT;
        self.timeout = match value {
            Some(text) => seconds(O::Persistent, text, 1)?,
            None => DEFAULT_PERSISTENCE,
        };
        Ok(())
    }

    /// `-b`, once the scheduler is known.
    pub(super) fn decide_scheduler_flags(&mut self) -> Result<(), UsageError> {
        let words = core::mem::take(&mut self.scheduler_flags);
        if words.is_empty() {
            return Ok(());
        }
        self.flags &= !SCHEDULER_FLAGS;
        for word in words.split(',').filter(|word| !word.is_empty()) {
            let (bit, scheduler) = match word {
                "flag-1" => (flag::SCHEDULER_1, None),
                "flag-2" => (flag::SCHEDULER_2, None),
                "flag-3" => (flag::SCHEDULER_3, None),
                "sh-fallback" => (flag::SCHEDULER_1, Some("sh")),
                "sh-port" => (flag::SCHEDULER_2, Some("sh")),
                "mh-fallback" => (flag::SCHEDULER_1, Some("mh")),
                "mh-port" => (flag::SCHEDULER_2, Some("mh")),
                _ => {
                    let expected = "flag-1, flag-2, flag-3, sh-fallback, sh-port, mh-fallback, \
                        mh-port, joined by commas";
                    return Err(UsageError::value(O::SchedFlags, word, expected));
                }
            };
            if scheduler.is_some_and(|scheduler| scheduler != self.scheduler) {
                let expected = "this flag is of the scheduler that it begins with (-s)";
                return Err(UsageError::value(O::SchedFlags, word, expected));
            }
            self.flags |= bit;
        }
        Ok(())
    }
}

fn number(option: Opt, text: &str) -> Result<u32, UsageError> {
    let largest = u32::MAX >> 1;
    let expected = "a number from 0 to 2147483647";
    decimal_u32(text, 0..=largest).ok_or_else(|| UsageError::value(option, text, expected))
}

/// A port that is not 0.
pub(super) fn port(option: Opt, text: &str) -> Result<u16, UsageError> {
    decimal(text, 1..=65535)
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(|| UsageError::value(option, text, "a port from 1 to 65535"))
}
