//! Options in their order become a command.
//!
//! Order counts, as it does for ipvsadm: `-6` follows `-f`, `-M` is read by the family that is
//! known by then, `-r` without a port takes the port of the service named before it.

mod draft;
mod finish;
mod number;
mod place;
mod sync;

use crate::command::{Command, Format, What};
use crate::error::UsageError;
use crate::legal;
use crate::names::Names;
use crate::options::Opt;
use crate::words::take;
use draft::Draft;
use holdfast_ipvs::{SyncRole, Timeouts};

/// Longest time that can be set: 31 days.
const LONGEST: u32 = 86400 * 31;

/// What `words` (without the program's name) ask; without a word the table is listed.
///
/// # Errors
/// What is wrong with them first, in the order in which ipvsadm looks.
pub fn parse(words: &[String], names: &dyn Names) -> Result<Command, UsageError> {
    if words.is_empty() {
        return Ok(Command::List(What::All, Format::default()));
    }
    let taken = take(words);
    let Some((first, options)) = taken.options.split_first() else {
        return Err(UsageError::NoCommand);
    };
    let command = first.row.opt;
    match command {
        Opt::Help => return Ok(Command::Help),
        Opt::Version => return Ok(Command::Version),
        other if !other.is_command() => return Err(UsageError::NoCommand),
        _known => {}
    }
    let mut draft = Draft::default();
    if matches!(command, Opt::StartDaemon | Opt::StopDaemon) {
        draft.daemon.role = role(command, first.value.as_deref().unwrap_or_default())?;
    }
    for given in options {
        if given.row.part == crate::options::Part::Command {
            return Err(UsageError::SecondCommand(given.word.clone()));
        }
        draft.set(given.row.opt, given.value.as_deref(), names)?;
    }
    if let Some(stop) = taken.stop {
        let (word, what) = (stop.word, stop.what);
        return Err(UsageError::Word { word, what });
    }
    let mut rest = taken.rest.as_slice();
    let mut timeouts = Timeouts::default();
    if command == Opt::Set {
        let [tcp, tcp_fin, udp, behind @ ..] = rest else {
            return Err(UsageError::Rule(
                "--set needs three timeouts: of TCP, of TCP after FIN, of UDP, in seconds",
            ));
        };
        let seconds = |text: &str| draft::seconds(Opt::Set, text, 0);
        timeouts = Timeouts {
            tcp: seconds(tcp)?,
            tcp_fin: seconds(tcp_fin)?,
            udp: seconds(udp)?,
        };
        rest = behind;
    }
    if let Some(word) = rest.first() {
        return Err(UsageError::Stray(word.clone()));
    }
    draft.decide_scheduler_flags()?;
    legal::check(command, &draft.given)?;
    finish::finish(command, draft, timeouts)
}

fn role(command: Opt, word: &str) -> Result<SyncRole, UsageError> {
    match word {
        "master" => Ok(SyncRole::Master),
        "backup" => Ok(SyncRole::Backup),
        _ => Err(UsageError::value(command, word, "master or backup")),
    }
}
