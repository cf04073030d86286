//! `holdfast ipvsadm`, and this program called as `ipvsadm`, `ipvsadm-save` or `ipvsadm-restore`:
//! the effects of the command. What words mean and what tables look like, `holdfast_ipvsadm` knows.

mod batch;
mod names;
mod table;

use super::{complain, print};
use holdfast_ipvsadm::{
    Command, Line, STATUS_FAILED, STATUS_USAGE, UsageError, help, lines, parse, version,
};
use holdfast_kernel::ipvs::IpvsClient;
use names::System;
use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::Path;

/// As what the program was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The command.
    Command,
    /// `-S`, and nothing but `-n`.
    Save,
    /// `-C`, then `-R`.
    Restore,
}

impl Role {
    /// By the first word of the command line.
    pub(super) fn of(program: &OsStr) -> Option<Self> {
        match Path::new(program).file_name()?.to_str()? {
            "ipvsadm" => Some(Self::Command),
            "ipvsadm-save" => Some(Self::Save),
            "ipvsadm-restore" => Some(Self::Restore),
            _ => None,
        }
    }
}

/// Does what `arguments` (without the program's name) ask; the exit status is ipvsadm's.
pub(super) fn run(role: Role, arguments: Vec<OsString>) -> i32 {
    let words: Vec<String> = arguments
        .into_iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let status = match role {
        Role::Command => command(&words),
        Role::Save => save(&words),
        Role::Restore => restore(true),
    };
    status.into()
}

fn command(words: &[String]) -> u8 {
    match parse(words, &System::default()) {
        Ok(command) => perform(&command),
        Err(error) => wrong(&error),
    }
}

/// `ipvsadm-save [-n]`.
fn save(words: &[String]) -> u8 {
    let numeric = words.iter().any(|word| word == "-n");
    if let Some(word) = words
        .iter()
        .find(|word| word.starts_with('-') && *word != "-n")
    {
        complain(&format!(
            "ipvsadm-save: '{word}': it prints the table as ipvsadm-restore reads it, with -n in \
            numbers; nothing else can be asked"
        ));
        return 1;
    }
    perform(&Command::Save { numeric })
}

fn perform(command: &Command) -> u8 {
    match command {
        Command::Help => said(&help()),
        Command::Version => {
            let kernel = IpvsClient::open().and_then(|mut client| Ok(client.info()?));
            said(&version(kernel.ok().map(|info| info.version)))
        }
        Command::Restore => restore(false),
        Command::List(..) | Command::Save { .. } => with_client(|client| show(client, command)),
        write => with_client(|client| batch::one(client, write)),
    }
}

fn show(client: &mut IpvsClient, command: &Command) -> u8 {
    match table::text(client, command, &System::default()) {
        Ok(text) => said(&text),
        Err(error) => {
            complain(&format!("ipvsadm: {error}"));
            1
        }
    }
}

fn with_client(run: impl FnOnce(&mut IpvsClient) -> u8) -> u8 {
    let opened = IpvsClient::open().map_err(|error| match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    });
    // who may not ask for this may do nothing
    let asked = opened.and_then(|mut client| match client.info() {
        Ok(_info) => Ok(client),
        Err(error) => Err(error.to_string()),
    });
    match asked {
        Ok(mut client) => run(&mut client),
        Err(error) => {
            complain(&format!(
                "ipvsadm: {error}; this needs root, and a kernel with IPVS (`modprobe ip_vs`)"
            ));
            STATUS_USAGE
        }
    }
}

/// `-R`, and `ipvsadm-restore`, which empties the table before - but not for text that cannot be
/// read to its end.
fn restore(empty_first: bool) -> u8 {
    let mut text = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut text) {
        complain(&format!("ipvsadm: cannot read standard input: {error}"));
        return STATUS_FAILED;
    }
    let text = String::from_utf8_lossy(&text);
    let names = System::default();
    let parsed: Vec<_> = lines(&text)
        .into_iter()
        .map(|line| (parse(&line.words, &names), line))
        .collect();
    if empty_first {
        let broken = parsed
            .iter()
            .find_map(|(outcome, line)| Some((outcome.as_ref().err()?, line)));
        if let Some((error, line)) = broken {
            wrong_line(line, error);
            complain("ipvsadm-restore: the table was left as it is");
            return error.status();
        }
    }
    with_client(|client| {
        if empty_first {
            let status = batch::one(client, &Command::Clear);
            if status != 0 {
                return status;
            }
        }
        batch::many(client, &parsed)
    })
}

fn wrong(error: &UsageError) -> u8 {
    complain(&format!("ipvsadm: {error}"));
    error.status()
}

fn wrong_line(line: &Line, error: &UsageError) -> u8 {
    let number = line.number;
    complain(&format!("ipvsadm: line {number}: {error}"));
    error.status()
}

fn said(text: &str) -> u8 {
    u8::try_from(print(text)).unwrap_or(STATUS_FAILED)
}
