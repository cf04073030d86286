//! Options of `--start-daemon`.

use super::draft::{NAME, port};
use super::number::decimal;
use crate::error::UsageError;
use crate::names::cut;
use crate::options::Opt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use holdfast_ipvs::SyncDaemon;

/// Largest payload: 65535 less the headers of IPv4 and UDP.
const LARGEST: i64 = 65535 - 20 - 8;

/// Takes one of them.
pub(super) fn set(daemon: &mut SyncDaemon, option: Opt, text: &str) -> Result<(), UsageError> {
    let wrong = |expected| UsageError::value(option, text, expected);
    match option {
        Opt::SyncId => {
            let id = decimal(text, 0..=255).ok_or_else(|| wrong("a number from 0 to 255"))?;
            daemon.sync_id = u32::try_from(id).unwrap_or_default();
        }
        Opt::SyncMaxlen => {
            let bytes = decimal(text, 1..=LARGEST).and_then(|bytes| u16::try_from(bytes).ok());
            daemon.max_length = Some(bytes.ok_or_else(|| wrong("bytes, from 1 to 65507"))?);
        }
        Opt::McastPort => daemon.port = Some(port(option, text)?),
        Opt::McastTtl => {
            let ttl = decimal(text, 1..=255).and_then(|ttl| u8::try_from(ttl).ok());
            daemon.ttl = Some(ttl.ok_or_else(|| wrong("a number from 1 to 255"))?);
        }
        Opt::McastGroup => {
            let expected = "a multicast address (224.0.0.0/4, ff00::/8)";
            daemon.group = Some(group(text).ok_or_else(|| wrong(expected))?);
        }
        _interface => {
            daemon.interface = text.to_owned();
            cut(&mut daemon.interface, NAME);
        }
    }
    Ok(())
}

fn group(text: &str) -> Option<IpAddr> {
    let address: IpAddr = if text.contains(':') {
        text.parse::<Ipv6Addr>().ok()?.into()
    } else {
        text.parse::<Ipv4Addr>().ok()?.into()
    };
    Some(address).filter(IpAddr::is_multicast)
}
