//! What a director takes of memory while nothing happens.

use super::table::{CHECK, full, measure};
use super::{compare, config, ours, usage};
use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Tools;
use std::time::Duration;

/// Of what starts, nothing goes on any more.
const SETTLE: Duration = Duration::from_secs(15);
const INSTANCE: &str = "
vrrp_instance V1 {
    interface lan
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.0.1/24
    }
}
";

/// One instance and two checked virtual servers: an ordinary director's work.
pub(super) fn idle(tools: &Tools) -> Result<bool> {
    println!(
        "memory of a director with 1 instance and 2 x 3 checked real servers, at rest, in the lab"
    );
    let text = config(2, 3, CHECK) + INSTANCE;
    let holds = |director: &mut Director, host: &Host| {
        host.ip("link add lan type dummy")?;
        host.ip("address add 10.9.0.2/24 dev lan")?;
        host.ip("link set lan up")?;
        director.start()?;
        full(host, 6)?;
        std::thread::sleep(SETTLE);
        Ok(usage::memory(director))
    };
    let mine = measure(&ours(tools), &text, holds)?;
    let theirs = measure(&Program::Keepalived, &text, holds)?;
    Ok(compare(
        "memory of all processes (PSS)",
        mine,
        theirs,
        "MiB",
        1.0,
    ))
}
