//! Commands that ask a running daemon.

use super::{complain, print};
use crate::cli::{StatusRequest, WhyRequest};
use holdfast_control::client::{Client, ClientError};
use holdfast_control::text;
use holdfast_supervise::exit;
use serde::Serialize;

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
