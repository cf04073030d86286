//! Commands that ask a running daemon.

mod words;

use super::{complain, print};
use crate::cli::{StatusRequest, WhyRequest};
use holdfast_control::client::{Client, ClientError};
use holdfast_control::report::Ordered;
use holdfast_control::text;
use holdfast_supervise::exit;
use serde::Serialize;
use std::ffi::OsString;
use std::time::{Duration, Instant};
use words::Call;

/// From one look at the connections to the next.
const LOOK: Duration = Duration::from_millis(500);

/// `holdfast status`: exit code 0 when everything that is to be there has answered.
pub(crate) fn status(request: &StatusRequest) -> i32 {
    let asked = Client::new(&request.run_dir).and_then(|client| client.status());
    let status = match asked {
        Ok(status) => status,
        Err(error) => return failed(&error),
    };
    let written = if request.json {
        json(&status)
    } else {
        print(&text::status(&status))
    };
    if text::is_complete(&status) {
        written
    } else {
        exit::FATAL
    }
}

/// `holdfast why`.
pub(crate) fn why(request: &WhyRequest) -> i32 {
    let asked = Client::new(&request.run_dir).and_then(|client| client.why(&request.instance));
    match asked {
        Ok(why) if request.json => json(&why),
        Ok(why) => print(&text::why(&why)),
        Err(error) => failed(&error),
    }
}

/// `holdfast drain`, `disable`, `enable`, `weight`.
pub(crate) fn order(command: &str, arguments: Vec<OsString>) -> i32 {
    let call = match Call::read(command, arguments) {
        Ok(call) => call,
        Err(error) => {
            complain(&format!("holdfast: {error}\nTry 'holdfast --help'."));
            return exit::FATAL;
        }
    };
    match obey(&call) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn obey(call: &Call) -> Result<i32, ClientError> {
    let client = Client::new(&call.run_dir)?;
    let ordered = client.order(&call.order)?;
    let written = if call.json {
        json(&ordered)
    } else {
        print(&text::ordered(&ordered))
    };
    match call.wait {
        Some(limit) => wait(&client, &ordered, limit),
        None => Ok(written),
    }
}

/// Until the server has no active connection: exit code 0; after `limit`: 1.
fn wait(client: &Client, ordered: &Ordered, limit: Duration) -> Result<i32, ClientError> {
    let start = Instant::now();
    let (server, real) = (&ordered.virtual_server, &ordered.real_server.name);
    loop {
        let connections = client.connections(server, real)?;
        let waited = start.elapsed().as_secs();
        let rest = connections.inactive;
        if connections.active == 0 {
            complain(&format!(
                "holdfast: {real} has no active connection after {waited} s ({rest} are ending)"
            ));
            return Ok(exit::OK);
        }
        if start.elapsed() >= limit {
            let active = connections.active;
            complain(&format!(
                "holdfast: {real} still has {active} active connections after {waited} s: it stays as ordered; \
                 --wait=TIME waits longer"
            ));
            return Ok(exit::FATAL);
        }
        let left = limit.saturating_sub(start.elapsed());
        std::thread::sleep(LOOK.min(left));
    }
}

fn json<T: Serialize>(what: &T) -> i32 {
    match serde_json::to_string_pretty(what) {
        Ok(json) => print(&format!("{json}\n")),
        Err(_never) => exit::FATAL,
    }
}

fn failed(error: &ClientError) -> i32 {
    complain(&format!("holdfast: {error}"));
    match error {
        ClientError::Permission { .. } => exit::NO_PERMISSION,
        ClientError::NoDaemon { .. } | ClientError::Refused(_) | ClientError::Broken { .. } => {
            exit::FATAL
        }
    }
}
