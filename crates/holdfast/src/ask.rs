//! Commands that ask a running daemon.

use super::{complain, print};
use crate::cli::StatusRequest;
use holdfast_control::client::{Client, ClientError};
use holdfast_control::text;
use holdfast_supervise::exit;

/// `holdfast status`: exit code 0 when everything that is to be there has answered.
pub(crate) fn status(request: &StatusRequest) -> i32 {
    let asked = Client::new(&request.run_dir).and_then(|client| client.status());
    let status = match asked {
        Ok(status) => status,
        Err(error) => return failed(&error),
    };
    let written = if request.json {
        match serde_json::to_string_pretty(&status) {
            Ok(json) => print(&format!("{json}\n")),
            Err(_never) => exit::FATAL,
        }
    } else {
        print(&text::status(&status))
    };
    if text::is_complete(&status) {
        written
    } else {
        exit::FATAL
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
