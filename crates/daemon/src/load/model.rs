//! What a file means, for commands that look at the machine by it.

use super::files;
use super::reading::{Reading, Wanted};
use holdfast_model::Model;
use holdfast_supervise::Sink;
use holdfast_supervise::log::LogOptions;
use std::path::Path;

/// The model of a file, or of the one that the daemon would take; findings are `check`'s business.
/// This process is in the network namespace that the file names from then on.
///
/// # Errors
/// If the file cannot be read.
pub fn model(path: Option<&Path>) -> Result<Model, String> {
    let path = files::find(path);
    let options = LogOptions {
        console: true,
        no_syslog: true,
        ..LogOptions::default()
    };
    let mut log = Sink::open("holdfast", &options);
    let wanted = Wanted::new(&path, None, false);
    let (reading, _facts) =
        Reading::in_place(wanted, false, &mut log).map_err(|error| error.to_string())?;
    Ok(reading.compiled.model)
}
