//! What the kernel says, as text.

use holdfast_ipvsadm::{
    Command, Entry, Names, What, all, connections, daemons, one, refusal, save, timeouts,
};
use holdfast_kernel::ipvs::{IpvsClient, ServiceReading};
use holdfast_kernel::netlink::NetlinkError;

const CONNECTIONS: &str = "/proc/net/ip_vs_conn";
const ESRCH: i32 = 3;

/// The text of `-L` and `-S`, or why there is none.
pub(super) fn text(
    client: &mut IpvsClient,
    command: &Command,
    names: &dyn Names,
) -> Result<String, String> {
    let failed = |error: NetlinkError| match refusal(command, error.errno()) {
        Some(words) => words.to_owned(),
        None => error.to_string(),
    };
    let (what, format) = match command {
        Command::Save { numeric } => {
            let entries = entries(client).map_err(failed)?;
            return Ok(save(entries, *numeric, names));
        }
        Command::List(what, format) => (what, format),
        _ => return Ok(String::new()),
    };
    Ok(match what {
        What::All => {
            let info = client.info().map_err(failed)?;
            all(&info, entries(client).map_err(failed)?, format, names)
        }
        What::Service(id) => {
            let reading = client.read_one(id).map_err(failed)?;
            let reading = reading.ok_or_else(|| failed(NetlinkError::Refused(ESRCH)))?;
            one(entry(reading), format, names)
        }
        What::Connections => {
            let text = std::fs::read_to_string(CONNECTIONS)
                .map_err(|error| format!("cannot read {CONNECTIONS}: {error}"))?;
            connections(&text, format, names)
        }
        What::Timeouts => timeouts(&client.timeouts().map_err(failed)?),
        What::Daemons => daemons(&client.daemons().map_err(failed)?),
    })
}

fn entries(client: &mut IpvsClient) -> Result<Vec<Entry>, NetlinkError> {
    Ok(client.read()?.into_iter().map(entry).collect())
}

fn entry(reading: ServiceReading) -> Entry {
    Entry {
        service: reading.service,
        stats: reading.stats,
        destinations: reading.destinations,
    }
}
